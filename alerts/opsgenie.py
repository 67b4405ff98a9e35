"""What Opsgenie's requests about an alert do: notes, snooze, escalate, assign, and changes of what it says.

Making, acknowledging and closing an alert go the way of every alert (`alerts.intake`). Nothing here has a person's name: what
is done is done by the source. Lock order: the alert, then its incident.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from alerts import quieted, rows
from alerts.episodes import Said
from alerts.models import Alert, Body, Episode, Source
from alerts.payloads.alert import bounded_key, details_of, one_line
from alerts.payloads.instants import read_instant
from alerts.payloads.opsgenie import NOTE_LENGTH, priority_of, tags_of, text_in
from alerts.routing import Routing
from alerts.rows import Letter
from incidents import alerts_end, lifecycle
from incidents.models import Incident, Kind
from incidents.severity import rank
from paging.policy import acknowledgements_for
from teams.models import Severity

ID, ALIAS, TINY = "id", "alias", "tiny"
UNCHANGED = "unchanged"
LARGEST = 2**63 - 1
MOST_LABELS = 200
CUT = 300
"""How much of a new text stands in the line that tells of it."""


@dataclass(slots=True)
class Spoken:
    """An alert that fires, its incident under its lock, and what the sender says of it."""

    source: Source
    alert: Alert
    episode: Episode
    incident: Incident
    body: Mapping[str, Any]
    at: datetime

    def tell(self, text: str) -> None:
        """A line of the story; the person whom the sender names stands in it."""
        user = one_line(text_in(self.body, "user"), 100)
        self.incident.tell(
            Kind.NOTE, at=self.at, cause=str(self.source)[:200], text=f"{text} ({user})" if user else text
        )
        self.incident = lifecycle.save(self.incident)


def id_of(episode: Episode) -> str:
    """The id of an alert in Opsgenie's form: each stretch of firing is an alert of its own there."""
    return f"{uuid.UUID(int=episode.pk)}-{int(episode.opened_at.timestamp() * 1000)}"


def find(source: Source, identifier: str, kind: str) -> Episode | None:
    """The alert of `source` that the identifier names: by id, alias or tiny id; the newest one where an alias had several."""
    found = Episode.objects.filter(alert__source=source).select_related("alert", "incident")
    number = _number(identifier, kind)
    if number is not None:
        return found.filter(pk=number).first()
    return found.filter(alert__fingerprint=_key(source, identifier, kind)).order_by("-starts_at", "-pk").first()


def fingerprint_of(source: Source, identifier: str, kind: str) -> str:
    """By what the open alert is known that the identifier names. What names none, or one that is over, is known by nothing."""
    if _number(identifier, kind) is None:
        return _key(source, identifier, kind)
    episode = find(source, identifier, kind)
    return (
        episode.alert.fingerprint if episode and episode.closed_at is None else bounded_key(f"not open: {identifier}")
    )


def _key(source: Source, identifier: str, kind: str) -> str:
    """An alias as alerts are known by it. Some senders (Apprise) keep the id of the request that made the alert for its own."""
    made = request_of(source, identifier) if kind == ID else None
    return next(iter(made.outcome.get("alerts", {})), "") if made else bounded_key(identifier)


def _number(identifier: str, kind: str) -> int | None:
    """The episode that an id or a tiny id stands for; an alias that was sent as an id is an alias."""
    number: int | None = None
    if kind == TINY and identifier.isdecimal():
        number = int(identifier[:20])
    if kind == ID:
        try:
            number = uuid.UUID(identifier[:36]).int if identifier[36:37] in ("", "-") else None
        except ValueError:
            return None
    return number if number is not None and number <= LARGEST else None


@transaction.atomic
def act(
    source: Source, fingerprint: str, name: str, body: Mapping[str, Any], *, at: datetime, letter: Letter | None = None
) -> str:
    """Do what `name` of `ACTS` says to the open alert, and keep the request; returns what came of it."""
    alert = Alert.objects.select_for_update(no_key=True).filter(source=source, fingerprint=fingerprint).first()
    episode = Episode.objects.filter(alert=alert, closed_at=None).first() if alert else None
    incident = Incident.objects.locked(episode.incident_id) if episode and episode.incident_id else None
    said = str(Said.DROPPED)
    if alert and episode and incident and incident.is_open:
        said = name if ACTS[name](Spoken(source, alert, episode, incident, body, at)) else UNCHANGED
    if letter:
        numbers = [str(incident)] if incident and said != Said.DROPPED else []
        outcome = {
            "decision": said,
            "counts": {said: 1},
            "alerts": {fingerprint: said},
            "incidents": numbers,
            "marks": [],
        }
        rows.write(source, letter, [], at=at, accepted=1, outcome=outcome)
    return said


def _note(spoken: Spoken) -> bool:
    text = text_in(spoken.body, "note")[:NOTE_LENGTH]
    if text:
        spoken.tell(text)
    return bool(text)


def _unacknowledge(spoken: Spoken) -> bool:
    """What a person of ours has stays with them."""
    if not Episode.objects.filter(pk=spoken.episode.pk, acked_at__isnull=False).update(acked_at=None):
        return False
    spoken.tell(_("The acknowledgement was taken back at the sender."))
    lifecycle.let_go_at_sender(spoken.incident, sender=str(spoken.source), at=spoken.at)
    return True


def _snooze(spoken: Spoken) -> bool:
    """Quiet until then, at most as long as a person may keep it quiet; not while other alerts of it fire.

    Where the policy asks for several people a sender does not stand for them, as with an acknowledgement (`alerts.acks`).
    """
    until, _mark = read_instant(spoken.body.get("endTime"))
    if until is None or until <= spoken.at:
        return False
    others = Episode.objects.filter(incident=spoken.incident, closed_at=None).exclude(pk=spoken.episode.pk)
    if others.exists():
        spoken.tell(_("Snoozed at the sender. Other alerts of it fire: paging goes on."))
        return True
    if acknowledgements_for(spoken.incident) > 1 and not spoken.incident.held_by_id:
        spoken.tell(_("Snoozed at the sender. The policy asks for several people: paging goes on."))
        return True
    critical = spoken.incident.severity == Severity.CRITICAL
    end = min(until, spoken.at + (lifecycle.QUIET_CRITICAL if critical else lifecycle.QUIET_OTHERS))
    why = text_in(spoken.body, "note") or _("Snoozed at the sender (%s).") % spoken.source
    lifecycle.silence(spoken.incident, until=end, because=why, at=spoken.at, snoozed=spoken.alert.pk)
    return True


def _escalate(spoken: Spoken) -> bool:
    lifecycle.escalate(spoken.incident, at=spoken.at, cause=str(spoken.source)[:200])
    return True


def _assign(spoken: Spoken) -> bool:
    owner = spoken.body.get("owner")
    named = owner if isinstance(owner, dict) else {"name": owner}
    name = next((found for key in ("username", "name", "id") if (found := text_in(named, key))), "")
    if name:
        spoken.tell(_("Given to %s at the sender.") % one_line(name, 100))
    return bool(name)


def _tags(spoken: Spoken) -> bool:
    tags = tags_of(spoken.body, spoken.alert.labels.get("tags", ""))
    return _labelled(spoken, {"tags": tags} if tags else {}, {})


def _details(spoken: Spoken) -> bool:
    return _labelled(spoken, *details_of(spoken.body.get("details")))


def _description(spoken: Spoken) -> bool:
    text = text_in(spoken.body, "description")
    return _labelled(spoken, {}, {"description": text} if text else {})


def _message(spoken: Spoken) -> bool:
    title = one_line(text_in(spoken.body, "message"))
    if not title or title == spoken.alert.title:
        return False
    spoken.alert.title = title
    spoken.alert.annotations["summary"] = text_in(spoken.body, "message")
    spoken.alert.save(update_fields=["title", "annotations"])
    spoken.tell(_("The sender calls it now: %s") % title)
    return True


def _priority(spoken: Spoken) -> bool:
    """A worse class by the priority; senders never make a class better, as alerts never do."""
    incident, at, cause = spoken.incident, spoken.at, str(spoken.source)[:200]
    routing = Routing.of(spoken.source, at)
    before = routing.class_of(spoken.alert.labels, incident.service)
    if not _labelled(spoken, priority_of(spoken.body, []), {}):
        return False
    wanted = routing.class_of(spoken.alert.labels, incident.service)
    if rank(wanted) < rank(incident.severity):
        lifecycle.change_class(spoken.incident, to=wanted, at=at, cause=cause)
    elif rank(wanted) < rank(before) and quieted.snoozed(spoken.incident, at):
        alerts_end.end_silence(spoken.incident, at=at, cause=cause, text=quieted.ROSE)
    return True


def _labelled(spoken: Spoken, labels: Mapping[str, str], annotations: Mapping[str, str]) -> bool:
    """Write what is new on the alert, and one line of it."""
    alert = spoken.alert
    before = alert.labels | alert.annotations
    all_labels, all_annotations = _cut({**alert.labels, **labels}), _cut({**alert.annotations, **annotations})
    now = all_labels | all_annotations
    fresh = {name: text for name, text in now.items() if before.get(name) != text}
    if not fresh:
        return False
    alert.labels, alert.annotations = all_labels, all_annotations
    alert.save(update_fields=["labels", "annotations"])
    spoken.tell(
        _("The sender says now: %s") % one_line(", ".join(f"{name}: {text}" for name, text in fresh.items()), CUT)
    )
    return True


def _cut(texts: dict[str, str]) -> dict[str, str]:
    """Those that were there first stay."""
    return dict(list(texts.items())[:MOST_LABELS])


ACTS: Mapping[str, Callable[[Spoken], bool]] = {
    "notes": _note,
    "unacknowledge": _unacknowledge,
    "snooze": _snooze,
    "escalate": _escalate,
    "assign": _assign,
    "tags": _tags,
    "details": _details,
    "message": _message,
    "description": _description,
    "priority": _priority,
}


def request_of(source: Source, request_id: str) -> Body | None:
    """The request that was answered with this id, while it is kept."""
    return Body.objects.filter(source=source, digest=request_id[:64]).defer("content").order_by("-pk").first()
