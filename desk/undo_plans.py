"""How impact, overrides and questions about remediation items are taken back. `desk.undo_story` has those of the story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from desk.guard import find_incident, require, roles_in
from desk.remediation_acts import find_item
from desk.undo_offer import Asking, Offer, TakenBack
from desk.undo_story import refuse_if_overtaken
from incidents import command
from incidents.models import ImpactInterval, Incident, Kind, NotAllowed
from oncall import writers
from oncall.models import Override, Schedule
from oncall.wallclock import first_instant, last_instant
from postmortems import items
from postmortems.models import Remediation
from teams.models import User
from teams.permissions import may_change_state, may_edit_team_config, may_move_shift, may_write

IMPACT_FIELDS = ("service_id", "kind", "share", "estimated", "customer_visible")


def impact_kept(interval: ImpactInterval | None) -> dict[str, Any] | None:
    """A stretch of impact as an offer keeps it."""
    if interval is None:
        return None
    kept = {name: getattr(interval, name) for name in IMPACT_FIELDS}
    return kept | {"start": interval.start.isoformat(), "end": interval.end.isoformat() if interval.end else None}


def impact_offer(
    incident: Incident, interval: ImpactInterval | None, before: dict[str, Any] | None, *, by: User, at: datetime
) -> Offer | None:
    """What takes back that `by` just added, corrected or (without `interval`) took out a stretch of impact.

    `before` is the stretch as it was (`impact_kept`); None for a new one.
    """
    entry = incident.timeline.filter(by=by, at=at, kind=Kind.IMPACT).order_by("pk").last()
    if entry is None:
        return None
    facts = {"number": incident.number, "entry": entry.pk, "row": interval.pk if interval else None, "before": before}
    return Offer("impact", facts, f"{incident.path}times/")


def impact(ask: Asking) -> TakenBack:
    """The stretch of impact as it was before, unless something rests on it since."""
    incident = Incident.objects.locked(find_incident(ask.by, str(ask.facts["number"])).pk)
    require(may_change_state(ask.standing, roles_in(incident, ask.by)))
    refuse_if_overtaken(ask, get_object_or_404(incident.timeline, pk=ask.facts["entry"]))
    row, before, reason = ask.facts["row"], ask.facts["before"], _("taken back")
    if before is None:
        interval = get_object_or_404(incident.impacts, pk=row)
        command.remove_impact(incident, interval=interval, by=ask.by, at=ask.at, reason=reason)
    else:
        values = {name: before[name] for name in IMPACT_FIELDS}
        values |= {name: parse_datetime(before[name]) if before[name] else None for name in ("start", "end")}
        interval = ImpactInterval(pk=row, incident=incident, **values)
        command.set_impact(incident, interval=interval, by=ask.by, at=ask.at, reason=reason)
    return TakenBack(_("The impact is as it was."), f"{incident.path}times/")


def override_offer(override: Override, *, removed: bool = False) -> Offer:
    """What takes back that an override was just made, or (`removed`) taken out."""
    path = reverse("desk:schedule", args=[override.schedule.slug])
    return Offer("override_back" if removed else "override", {"row": override.pk}, path)


def _override(ask: Asking) -> Override:
    """The override of the offer, its schedule locked."""
    found = Override.objects.filter(pk=ask.facts["row"], schedule__archived_at=None).first()
    if found is None:
        raise Http404(_("This override is not there any more."))
    Schedule.objects.select_for_update().get(pk=found.schedule_id)
    return Override.objects.select_related("schedule", "person").get(pk=found.pk)


def override(ask: Asking) -> TakenBack:
    """The override is taken out: the rotation runs as planned."""
    row = _override(ask)
    require(ask.by.pk in {row.person_id, row.created_by_id} or may_edit_team_config(ask.standing, row.schedule.team_id))
    if row.removed_at:
        raise NotAllowed(_("This override has been taken back already."), lost_race=True)
    writers.remove_override(row, at=ask.at)
    return TakenBack(_("Taken back: the rotation runs as planned."), reverse("desk:schedule", args=[row.schedule.slug]))


def override_back(ask: Asking) -> TakenBack:
    """The same order again, unless somebody gave another one for that time meanwhile."""
    row = _override(ask)
    team = row.schedule.team_id
    require(
        may_write(ask.standing)
        and may_move_shift(ask.standing, team=team, people={row.person_id, row.created_by_id or 0})
    )
    live = row.schedule.overrides.filter(removed_at=None, role=row.role, starts__lt=row.ends, ends__gt=row.starts)
    newer = (
        live.filter(created_at__gte=row.removed_at or row.created_at).select_related("person").exclude(pk=row.pk).last()
    )
    if newer:
        raise NotAllowed(_("Since then it was ordered that %s takes it.") % newer.person, lost_race=True)
    words: dict[str, Any] = {"person": row.person, "starts": row.starts, "ends": row.ends}
    if row.timezone:  # the schedule has another clock by now
        words |= {"starts": first_instant(row.starts, row.zone), "ends": last_instant(row.ends, row.zone)}
    words |= {"reason": row.reason, "role": row.role}
    try:
        writers.add_override(row.schedule, **words, by=ask.by, at=ask.at)
    except ValidationError as refusal:
        raise NotAllowed("; ".join(refusal.messages)) from None
    said = _("%s takes it after all.") % row.person
    return TakenBack(said, reverse("desk:schedule", args=[row.schedule.slug]))


def block_offer(item: Remediation, *, was: str) -> Offer | None:
    """What takes back "cannot go on because ..." while nobody has answered; only for an item that was in progress before.

    Other acts on an item lead no way back: an accepted date is a promise, "done" was told with its proof.
    """
    if was != Remediation.State.IN_PROGRESS or item.state != Remediation.State.BLOCKED:
        return None
    return Offer("block", {"item": item.pk, "version": item.version}, item.path)


def block(ask: Asking) -> TakenBack:
    """The item goes on as before: nobody has to answer any more."""
    item = find_item(ask.by, str(ask.facts["item"]))
    require(may_write(ask.standing))
    if item.state != Remediation.State.BLOCKED or item.version != ask.facts["version"]:
        raise NotAllowed(_("Somebody acted on it since: it is %s now.") % item.get_state_display(), lost_race=True)
    items.start(item, by=ask.by, at=ask.at)
    return TakenBack(_("“%s” goes on: nobody is asked any more.") % item.title, item.path)
