"""What of the stored words still counts, and how each component is by them. Queries only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from status.models import Component, ComponentChange, ComponentState, PublicIncident, PublicUpdate

FINE = (ComponentState.OPERATIONAL, ComponentState.MAINTENANCE)


def _not_withdrawn(public: str, at: str) -> Q:
    """Withdrawing cuts off what was said until then; what is written later stands again."""
    return Q(**{f"{public}withdrawn_at": None}) | Q(**{f"{at}__gt": F(f"{public}withdrawn_at")})


def shown_components() -> QuerySet[Component]:
    """The components of the public page, in its order."""
    return Component.objects.filter(public=True, archived_at=None)


def standing_updates() -> QuerySet[PublicUpdate]:
    """Updates that were not withdrawn, oldest first."""
    return PublicUpdate.objects.filter(_not_withdrawn("public__", "at"))


def standing_changes() -> QuerySet[ComponentChange]:
    """Changes of components by updates that were not withdrawn, oldest first."""
    return ComponentChange.objects.filter(_not_withdrawn("update__public__", "at"))


def changes_since(start: datetime) -> QuerySet[ComponentChange]:
    """Standing changes of shown components from `start` on, and the last one of each before, which says how it began."""
    before = standing_changes().filter(component=OuterRef("pk"), at__lt=start).order_by("-at", "-pk").values("pk")
    shown = shown_components()
    last = [pk for pk in shown.values_list(Subquery(before[:1]), flat=True) if pk is not None]
    return standing_changes().filter(Q(pk__in=last) | Q(component__in=shown.order_by(), at__gte=start))


def current_states(components: Iterable[Component]) -> dict[int, str]:
    """Component's key -> its state by the latest word; operational when nobody ever said otherwise. One query."""
    pks = [component.pk for component in components]
    words = standing_changes().filter(component=OuterRef("pk")).order_by("-at", "-pk").values("new")
    latest = Component.objects.filter(pk__in=pks).order_by().values_list("pk", Subquery(words[:1]))
    return dict.fromkeys(pks, str(ComponentState.OPERATIONAL)) | {pk: new for pk, new in latest if new}


def last_words(public: PublicIncident) -> dict[int, str]:
    """Component's key -> what this incident's updates last said of it. One query."""
    found = standing_changes().filter(update__public=public)
    return dict(found.order_by("component_id", "-at", "-pk").distinct("component_id").values_list("component", "new"))


def troubled_elsewhere(public: PublicIncident, components: Iterable[int]) -> dict[int, str]:
    """Component's key -> the trouble that another incident, not yet resolved, last said of it. One query."""
    others = PublicIncident.objects.filter(unresolved=True).exclude(pk=public.pk)
    found = standing_changes().filter(update__public__in=others, component__in=list(components))
    latest = found.order_by("component_id", "-at", "-pk").distinct("component_id").values_list("component", "new")
    return {pk: state for pk, state in latest if state not in FINE}
