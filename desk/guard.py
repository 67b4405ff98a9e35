"""Who asks, and what they may see: loaded once per request, refused in one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.db.models.expressions import Combinable
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from incidents.models import Incident, IncidentQuerySet, RoleTenure
from teams.models import User
from teams.permissions import Standing, may_change_state, standing


def person(request: HttpRequest) -> User:
    """The signed-in person. The sign-in middleware lets nobody else reach a view of the desk."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def who(request: HttpRequest) -> Standing:
    """What is true of the person who asks; two queries, once per request."""
    found: Standing | None = getattr(request, "_standing", None)
    if found is None:
        found = standing(person(request))
        request._standing = found  # type: ignore[attr-defined]
    return found


def require(allowed: bool, sentence: str = "") -> None:
    """Refuse with 403 and a sentence unless `allowed`."""
    if not allowed:
        raise PermissionDenied(sentence or _("Your role does not allow this."))


def hidden(user: User) -> IncidentQuerySet:
    """The few incidents that `user` may not see: what hangs on incidents is found by leaving these out."""
    return IncidentQuerySet(Incident).hidden_from(user)


def not_hidden(user: User, way: str) -> Combinable:
    """A condition on rows that hang on an incident at the end of `way`: `user` may see it.

    Asked as NOT EXISTS: what is hidden is found once, and only for rows that are wanted for another reason, while NOT IN
    reads the whole table before anything else.
    """
    return ~Exists(hidden(user).filter(pk=OuterRef(way)))


def visible(user: User) -> IncidentQuerySet:
    """The incidents that `user` may see."""
    return IncidentQuerySet(Incident).visible_to(user)


def find_incident(user: User, number: str, *, related: tuple[str, ...] = ()) -> Incident:
    """The incident called `number`. Raises Http404 when it is not there or not theirs to see.

    Whoever was paged for a restricted incident is one of its people.
    """
    numbered = IncidentQuerySet(Incident).numbered(number).select_related(*related or (None,))
    found = numbered.visible_to(user).first() or numbered.filter(pages__person=user).first()
    if found is None:
        raise Http404(_("There is no incident %s, or it is not yours to see.") % number[:20])
    return found


def roles_in(incident: Incident, user: User) -> set[str]:
    """The names of the roles that `user` holds in the incident now."""
    return set(incident.tenures.filter(person=user, end=None).values_list("role", flat=True))


def movable(who: Standing, incidents: Iterable[Incident]) -> set[int]:
    """The ids of the open ones among them whose state this person may change; one query."""
    ids = {incident.pk for incident in incidents if incident.is_open}
    roles: dict[int, set[str]] = defaultdict(set)
    if ids:
        held = RoleTenure.objects.filter(incident__in=ids, person=who.user_id, end=None)
        for incident, role in held.values_list("incident_id", "role"):
            roles[incident].add(role)
    return {pk for pk in ids if may_change_state(who, roles[pk])}


def row_number(text: str) -> int | None:
    """The id of a row that a form or an address names; None for anything that no bigint can be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 - bigint
