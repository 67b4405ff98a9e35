"""The only writers of what the public is told. Each locks the incident first and publishes once its change is committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import Incident, Kind, NotAllowed
from status import publishing, states
from status.models import Component, ComponentChange, ComponentState, PublicIncident, PublicUpdate
from teams.models import User

LONGEST_TITLE = 200


@transaction.atomic
def post_update(
    incident: Incident,
    *,
    title: str,
    status: str,
    body: str,
    components: Mapping[str, str],
    by: User,
    at: datetime,
    next_by: datetime | None = None,
) -> PublicUpdate:
    """Tell the public. `components` maps slugs to their states; those that are not named stay as they are.

    `title` is needed for the first update and may be empty later, when it stays; the incident's own title is never taken
    for it. With `resolved`, components that this incident troubled and that are not named are operational again, unless
    another unresolved incident troubles them. `next_by` is the promise of the next update.
    Raises NotAllowed with the sentence for each field, and for a drill.
    """
    incident = Incident.objects.locked(incident.pk)
    title, body = _clean(title), _clean(body)
    public = PublicIncident.objects.filter(incident=incident).first()
    _check(incident, _needs_title(public), title, status, body)
    if status == PublicUpdate.Status.RESOLVED:
        next_by = None
    if next_by and next_by <= at:
        raise NotAllowed(
            _("The next update is promised for a time that is over."), fields={"next_by": [_("Too early.")]}
        )
    wanted = _components(components)
    public = titled(public, incident, title, by=by, at=at)
    update = PublicUpdate.objects.create(public=public, status=status, body=body, at=at, by=by, next_by=next_by)
    _change(update, wanted)
    public.unresolved = status != PublicUpdate.Status.RESOLVED
    public.save(update_fields=["unresolved"])
    lifecycle.reacted(incident, at)
    incident.tell(Kind.NOTE, by=by, at=at, text=body, public=update.code, status=status)
    lifecycle.save(incident)
    publishing.publish_after_commit(at, incident)
    return update


@transaction.atomic
def withdraw(incident: Incident, *, reason: str, by: User, at: datetime) -> PublicIncident:
    """Take back everything that the public was told of it: published by mistake. What is written later stands again.

    Raises NotAllowed without a reason, when nothing is public, and while its postmortem is.
    """
    if not reason.strip():
        raise NotAllowed(_("Say why it is withdrawn."), fields={"reason": [_("This is needed.")]})
    incident = Incident.objects.locked(incident.pk)
    public = PublicIncident.objects.filter(incident=incident).first()
    if public is None or not states.standing_updates().filter(public=public).exists():
        raise NotAllowed(_("Nothing of %s is public.") % incident)
    if publishing.published_postmortem(incident):
        raise NotAllowed(_("The postmortem of %s is public: take it back first.") % incident)
    public.withdrawn_at, public.unresolved = at, False
    public.save(update_fields=["withdrawn_at", "unresolved"])
    incident.tell(Kind.NOTE, by=by, at=at, text=reason, withdrawn=public.code)
    lifecycle.save(incident)
    publishing.publish_after_commit(at, incident)
    return public


def titled(public: PublicIncident | None, incident: Incident, title: str, *, by: User, at: datetime) -> PublicIncident:
    """The incident as the public knows it, with `title` when there is one. The caller holds the lock."""
    if public is None:
        return PublicIncident.objects.create(incident=incident, title=title, created_at=at, created_by=by)
    if title and title != public.title:
        public.title = title
        public.save(update_fields=["title"])
    return public


def _needs_title(public: PublicIncident | None) -> bool:
    return public is None or (
        public.withdrawn_at is not None and not states.standing_updates().filter(public=public).exists()
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _check(incident: Incident, needs_title: bool, title: str, status: str, body: str) -> None:
    if incident.drill:
        raise NotAllowed(_("%s is a drill: the public hears nothing of it.") % incident)
    wrong = {}
    if needs_title and not title:
        wrong["title"] = [_("Customers need a title of their own.")]
    if len(title) > LONGEST_TITLE:
        wrong["title"] = [_("At most %d characters.") % LONGEST_TITLE]
    if status not in PublicUpdate.Status.values:
        wrong["status"] = [_("%s is not one of %s.") % (status, ", ".join(PublicUpdate.Status.values))]
    if not body:
        wrong["body"] = [_("This is empty.")]
    if wrong:
        raise NotAllowed(_("The update is not complete."), fields=wrong)


def _components(wanted: Mapping[str, str]) -> dict[Component, str]:
    """Component -> its new state, the rows locked. Raises NotAllowed for one that the public does not see."""
    found = {one.slug: one for one in states.shown_components().select_for_update(no_key=True).order_by("pk")}
    wrong = [_("%s is not on the public page.") % slug for slug in wanted if slug not in found]
    wrong += [
        _("%s is not a state of a component.") % one for one in wanted.values() if one not in ComponentState.values
    ]
    if wrong:
        raise NotAllowed(" ".join(wrong), fields={"components": wrong})
    return {found[slug]: state for slug, state in wanted.items()}


def _change(update: PublicUpdate, wanted: dict[Component, str]) -> None:
    """Remember what the update said of each component, and how it was before."""
    if update.status == PublicUpdate.Status.RESOLVED:
        wanted = {**_restored(update.public), **wanted}
    before = states.current_states(wanted)
    ComponentChange.objects.bulk_create(
        ComponentChange(component=component, update=update, at=update.at, old=before[component.pk], new=new)
        for component, new in wanted.items()
    )


def _restored(public: PublicIncident) -> dict[Component, str]:
    """What is fine again once this incident is resolved, or as bad as another one left it."""
    troubled = {pk for pk, state in states.last_words(public).items() if state not in states.FINE}
    elsewhere = states.troubled_elsewhere(public, troubled)
    return {
        component: elsewhere.get(component.pk, str(ComponentState.OPERATIONAL))
        for component in Component.objects.filter(pk__in=troubled)
    }
