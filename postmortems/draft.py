"""The draft that is there when people come to write: its owner, and the story's lines as rows."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from incidents.models import Incident, Kind, RoleTenure, TimelineEntry
from postmortems.models import Factor, Postmortem, Row
from teams.leads import lead_for
from teams.models import User

OFFERED = (
    Kind.OPENED,
    Kind.DECLARED,
    Kind.ALERT,
    Kind.ACKNOWLEDGED,
    Kind.HANDED_OVER,
    Kind.ACK_EXPIRED,
    Kind.STATE,
    Kind.CLASS,
    Kind.NOTE,
    Kind.ROLE,
    Kind.PULLED_IN,
    Kind.ESCALATE,
    Kind.EXHAUSTED,
    Kind.MITIGATED,
    Kind.RESOLVED,
    Kind.REOPENED,
    Kind.MERGED,
)
"""Lines of the story that a postmortem may want; what was sent to whom is left to the story."""
MOST_ALERTS = 20


def ensure(incident: Incident, at: datetime) -> Postmortem:
    """The postmortem of an incident, made with its owner if there is none; later lines of the story are added as rows.

    The caller holds the incident's lock.
    """
    found = Postmortem.objects.filter(incident=incident).first()
    if found is None:
        found = Postmortem.objects.create(incident=incident, created_at=at, owner=owner_of(incident))
    elif found.owner_id is None:
        found.owner = owner_of(incident)
        found.save(update_fields=["owner"])
    add_rows(found)
    return found


def append_merged(incident: Incident, at: datetime) -> None:
    """C12: what was written of incidents that were merged into this one goes over, and so do their duties; each once.

    The caller holds the incident's lock.
    """
    for other in Postmortem.objects.filter(incident__merged_into=incident).select_related("incident").order_by("pk"):
        told = incident.timeline.filter(kind=Kind.EDITED, data__field="postmortem", data__merged=other.incident.number)
        if not told.exists():
            _append(ensure(incident, at), other)
            incident.tell(Kind.EDITED, at=at, field="postmortem", merged=other.incident.number)


def _append(found: Postmortem, other: Postmortem) -> None:
    found.data_loss, found.security = found.data_loss or other.data_loss, found.security or other.security
    found.requested_by_id = found.requested_by_id or other.requested_by_id
    for name in ("summary", "impact", "surprises", "went_well"):
        if more := getattr(other, name):
            setattr(found, name, f"{getattr(found, name)}\n\n{other.incident}: {more}".strip())
    found.version += 1
    found.save()
    _append_rows(found, other)
    _append_factors(found, other)
    other.items.update(postmortem=found)


def _append_rows(found: Postmortem, other: Postmortem) -> None:
    had = {(row.at, row.text) for row in found.rows.all()}
    rows = [
        Row(postmortem=found, at=row.at, text=row.text, entry_id=row.entry_id, kept=row.kept)
        for row in other.rows.all()
        if (row.at, row.text) not in had
    ]
    Row.objects.bulk_create(rows, ignore_conflicts=True)


def _append_factors(found: Postmortem, other: Postmortem) -> None:
    had = set(found.factors.values_list("text", flat=True))
    for factor in other.factors.all():
        if factor.text not in had:
            Factor.objects.create(
                postmortem=found,
                position=len(had) + factor.position,
                text=factor.text,
                by_id=factor.by_id,
                created_at=factor.created_at,
            )


def owner_of(incident: Incident) -> User | None:
    """C16: who leads it, else who acknowledged last, else who answers for the team; people who left are passed over."""
    facilitators = RoleTenure.objects.filter(incident=incident, role=RoleTenure.Role.FACILITATOR)
    led = facilitators.order_by("-start", "-pk").select_related("person").first()
    if led and led.person.is_active:
        return led.person
    acks = TimelineEntry.objects.filter(incident=incident, kind=Kind.ACKNOWLEDGED, by__is_active=True)
    last = acks.order_by("-pk").select_related("by").first()
    if last and last.by:
        return last.by
    return lead_for(incident.service.team if incident.service else None)


def responders_of(incident: Incident) -> list[User]:
    """People who did something in the incident or hold a role in it, and are still here."""
    acted = TimelineEntry.objects.filter(incident=incident, by__isnull=False).values("by")
    held = RoleTenure.objects.filter(incident=incident).values("person")
    return list(User.objects.active().filter(Q(pk__in=acted) | Q(pk__in=held)).order_by("pk"))


def add_rows(written: Postmortem) -> None:
    """Offer the lines of the story that are not rows yet, and when customers began to feel it."""
    incident = written.incident
    had = set(Row.objects.filter(postmortem=written, entry__isnull=False).values_list("entry_id", flat=True))
    lines = TimelineEntry.objects.filter(incident=incident, kind__in=[str(kind) for kind in OFFERED])
    alerts, rows = 0, []
    for line in lines.select_related("by").order_by("pk"):
        alerts += line.kind == Kind.ALERT
        if line.pk not in had and (line.kind != Kind.ALERT or alerts <= MOST_ALERTS):
            rows.append(Row(postmortem=written, at=_when(line, incident), text=words(line), entry=line))
    felt = incident.impact_started_at
    if not had and felt and felt < incident.detected_at:
        rows.append(Row(postmortem=written, at=felt, text=_("Customers began to feel it.")))
    Row.objects.bulk_create(rows, ignore_conflicts=True)


def _when(line: TimelineEntry, incident: Incident) -> datetime:
    """A past incident is told at the time of its entry; what a stamp knows better, the stamp says.

    Ends that were followed by a reopening have lost their stamps.
    """
    stamps = {Kind.OPENED: incident.detected_at, Kind.DECLARED: incident.detected_at}
    if not incident.reopened:
        stamps |= {Kind.MITIGATED: incident.mitigated_at, Kind.RESOLVED: incident.resolved_at}  # type: ignore[dict-item]
    return stamps.get(Kind(line.kind)) or line.at


def words(line: TimelineEntry) -> str:
    """A line of the story as a sentence of a postmortem: what happened, in what words, by whom."""
    who = str(line.by) if line.by else line.cause
    said = line.text or _moved(line)
    label = str(Kind(line.kind).label)
    text = _("%(what)s: %(text)s") % {"what": label.capitalize(), "text": said} if said else label.capitalize()
    return f"{text} ({who})" if who else text


def _moved(line: TimelineEntry) -> str:
    data = line.data
    if data.get("from") and data.get("to"):
        return f"{data['from']} → {data['to']}"
    person = _named(data.get("person") or data.get("to"))
    if line.kind == Kind.ROLE and data.get("role") in RoleTenure.Role.values:
        label = RoleTenure.Role(data["role"]).label
        return (
            _("%(person)s no longer %(role)s") % {"person": person, "role": label}
            if data.get("left")
            else f"{person} {label}"
        )
    if line.kind == Kind.MERGED:
        return f"{data.get('merged', '')} → {data.get('into', '')}"
    return person or str(data.get("title") or "")


def _named(email: object) -> str:
    """The person whom a line names by e-mail; other words stay as they are."""
    found = User.objects.filter(email=email).first() if email and "@" in str(email) else None
    return str(found or email or "")
