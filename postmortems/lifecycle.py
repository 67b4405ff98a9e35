"""The only writer of a postmortem's state; every other writer of this room is reached through here as well."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents import lifecycle as incidents
from incidents.models import Incident, Kind, NotAllowed
from incidents.severity import CRITICAL
from postmortems import clocks, doors, draft
from postmortems.deadline_acts import ask_extension, extend, flag, request, waive
from postmortems.doors import enter, latest_clock, leave, stop
from postmortems.facts import known_of
from postmortems.language import hints
from postmortems.models import Clock, Postmortem, Remediation
from postmortems.prompts import MANAGER
from postmortems.publication import not_seen, public_checks_of, publish, seen, sign, unpublish
from postmortems.requirements import Check, Content, hard, soft, unmet
from postmortems.writing import add_row, answer, edit, hand_over, keep_rows, set_factors
from teams.models import User

__all__ = [
    "add_row",
    "answer",
    "ask_extension",
    "checks_of",
    "close_incident",
    "edit",
    "ensure",
    "extend",
    "file",
    "flag",
    "hand_over",
    "keep_rows",
    "not_seen",
    "public_checks_of",
    "publish",
    "request",
    "review",
    "seen",
    "set_factors",
    "sign",
    "soft_checks_of",
    "unpublish",
    "waive",
]
State = Postmortem.State
DROPPED = (Remediation.State.DECLINED, Remediation.State.SUPERSEDED)


@transaction.atomic
def ensure(incident: Incident, at: datetime) -> Postmortem:
    """The postmortem of this incident, made with draft and owner when there is none."""
    return doors.ensured(incident, at)


def content_of(written: Postmortem) -> Content:
    """What it holds, as the checks read it."""
    items = [item for item in written.items.all() if item.state not in DROPPED]
    involved = draft.responders_of(written.incident)
    if written.owner:
        involved.append(written.owner)
    return Content(
        summary=written.summary,
        impact=written.impact,
        impact_unknown_because=written.impact_unknown_because,
        rows=[row.at for row in written.rows.all() if row.kept],
        detected_at=written.incident.detected_at,
        factors=[factor.text for factor in written.factors.all()],
        answered_groups=[one.group for one in written.answers.all() if one.text.strip()],
        whole_items=len([item for item in items if item.owner_id and item.due and item.done_when.strip()]),
        no_items_because=written.no_items_because,
        people={person.name or person.short_name for person in involved},
        went_well=written.went_well,
        surprises=written.surprises,
        item_types={item.type for item in items},
    )


def checks_of(written: Postmortem) -> list[Check]:
    """The six hard checks as it stands."""
    return hard(content_of(written))


def soft_checks_of(written: Postmortem) -> list[Check]:
    """What is shown and counted, and stops nothing."""
    content = content_of(written)
    texts = (written.summary, written.impact, written.surprises, *content.factors)
    hinted = any(hints(text, content.people) for text in texts)
    return [*soft(content), Check("language", not hinted, _("Some words look for somebody to blame."))]


@transaction.atomic
def file(written: Postmortem, by: User, at: datetime) -> Postmortem:
    """C3: it is complete, and the internal clock stops. Raises NotAllowed with the unmet checks in `fields["checks"]`."""
    written = enter(written, at)
    if written.is_filed:
        raise NotAllowed(_("It is filed already."), lost_race=True)
    if written.incident.is_open:
        raise NotAllowed(_("%s is open: resolve it first.") % written.incident)
    missing = unmet(checks_of(written))
    if missing:
        sentence = _("Not complete yet: %s") % " ".join(one["sentence"] for one in missing)
        raise NotAllowed(sentence, fields={"checks": missing})
    written.state = State.FILED
    written.filed_at = written.filed_at or at
    stop(latest_clock(written, Clock.Kind.INTERNAL), at)
    written = leave(written, by, at)
    written.incident.tell(Kind.EDITED, at=at, by=by, field="postmortem", new="filed")
    return written


@transaction.atomic
def review(written: Postmortem, by: User, at: datetime) -> Postmortem:
    """From filed to in review, from in review to reviewed: one step.

    Raises NotAllowed before it is filed, and for a critical incident whose manager answered no manager question yet.
    """
    written = enter(written, at)
    if written.state == State.FILED:
        written.state = State.IN_REVIEW
        return leave(written, by, at)
    if written.state == State.REVIEWED:
        raise NotAllowed(_("It is reviewed already."), lost_race=True)
    if written.state != State.IN_REVIEW:
        raise NotAllowed(_("File it first."))
    asked = written.answers.filter(group=MANAGER).exists()
    if written.incident.severity == CRITICAL and not asked:
        raise NotAllowed(_("Its manager answers at least one of the manager's questions first."))
    written.state, written.reviewed_at = State.REVIEWED, at
    return leave(written, by, at)


def duties(incident: Incident, at: datetime) -> dict[str, str]:
    """What stands between a resolved incident and `closed`: kind of deadline -> sentence; empty when nothing does."""
    known = known_of(incident)
    wanted, written = clocks.plans(known, incident.clocks_due_at), known.postmortem
    waived = {clock.kind for clock in known.clocks if clock.waiver and clock.round == known.round(clock.kind)}
    owed: dict[str, str] = {}
    if wanted["internal"] and "internal" not in waived and not (written and written.is_filed):
        owed["internal"] = _("%s needs its internal postmortem first.") % incident
    if wanted["public"] and "public" not in waived and not (written and written.published_at):
        owed["public"] = _("%s needs its public postmortem first.") % incident
    return owed


@transaction.atomic
def close_incident(incident: Incident, by: User, at: datetime) -> Incident:
    """Nothing is left to do: internal postmortem filed or waived, public one published, waived or not required.

    Raises NotAllowed with the duties that are left in `fields`, or while the incident is open.
    """
    incident = doors.settled(incident.pk, at)
    if not incident.is_open and (owed := duties(incident, at)):
        fields = {kind: [sentence] for kind, sentence in owed.items()}
        raise NotAllowed(" ".join(owed.values()), fields=fields)
    return incidents.close(incident, by=by, at=at)
