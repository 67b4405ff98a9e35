"""The doors of heartbeats: a ping, the passing of time, pause and resume. Each holds the heartbeat's row first.

What is missed, failed or unfinished opens an alert by the way of every other alert, and the next good ping ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from alerts import beats
from alerts.beats import Pulse, Why, Word
from alerts.heartbeat_models import PULSE, Heartbeat
from alerts.intake import letter_of, receive
from alerts.models import Source
from alerts.payloads import IncomingAlert, Parsed
from foundation.dispatch.registry import Key

KIND = "healthchecks"
OWN_SOURCE = "heartbeats"
"""The source that speaks for heartbeats that belong to none of this kind."""
KEPT = 100
"""Pings of one heartbeat."""
CONTENT_KEPT = 10_000
"""Bytes of a ping's body, as Healthchecks keeps them by default."""
USED_EVERY = timedelta(minutes=1)
ENDS = (Word.SUCCESS, Word.FAIL)
"""What ends a run."""


@dataclass(frozen=True, slots=True)
class Said:
    """One ping: what it says, and what is kept of it."""

    word: Word
    exit_code: int | None = None
    rid: UUID | None = None
    sender: str | None = None
    content: bytes = b""
    size: int = 0


def ping(heartbeat: Heartbeat, said: Said, *, at: datetime, key: int = 0) -> None:
    """Take one ping in; `key` is the id of the ping key that it showed. The caller holds the heartbeat's row."""
    before = heartbeat.pulse
    after = beats.hear(before, said.word, heartbeat.rhythm, at, said.rid)
    _write(heartbeat, before, after, said, at=at, key=key)
    if said.word == Word.FAIL:
        _tell(heartbeat, after, at=at, said=said)
    elif before.down_since and not after.down_since:
        _tell(heartbeat, before, at=at, ended=True)


def due(at: datetime, limit: int) -> list[Key]:
    """Heartbeats whose time has come."""
    found = Heartbeat.objects.filter(archived_at=None, due_at__lte=at).order_by("due_at")
    return list(found.values_list("pk", flat=True)[:limit])


@transaction.atomic
def look(key: Key, at: datetime) -> bool:
    """See whether one heartbeat is late or down; returns whether it was still due."""
    rows = Heartbeat.objects.select_for_update(skip_locked=True, no_key=True)
    heartbeat = rows.filter(pk=key, archived_at=None, due_at__lte=at).first()
    if heartbeat is None:
        return False
    before = heartbeat.pulse
    after = beats.look(before, heartbeat.rhythm, at)
    store(heartbeat, after)
    if after.down_since and not before.down_since:
        _tell(heartbeat, after, at=at)
    return True


@transaction.atomic
def pause(heartbeat: Heartbeat, *, at: datetime) -> None:
    """Nobody waits for it until its next ping; what it has told ends. Twice is once."""
    heartbeat = locked(heartbeat.pk)
    before = heartbeat.pulse
    store(heartbeat, beats.pause(before))
    if before.down_since:
        _tell(heartbeat, before, at=at, ended=True)


@transaction.atomic
def resume(heartbeat: Heartbeat) -> None:
    """It waits for its first ping again. Changes nothing unless it is paused."""
    heartbeat = locked(heartbeat.pk)
    store(heartbeat, beats.resume(heartbeat.pulse))


def locked(pk: int) -> Heartbeat:
    """The row, held until the transaction ends."""
    return Heartbeat.objects.select_for_update(no_key=True).get(pk=pk)


def store(heartbeat: Heartbeat, pulse: Pulse) -> None:
    """Write where it stands now. The caller holds the row."""
    for name in PULSE:
        setattr(heartbeat, name, getattr(pulse, name))
    heartbeat.save(update_fields=PULSE)


def source_of(heartbeat: Heartbeat) -> Source:
    """The source that speaks for it: its own when that is one for heartbeats, else the one that all others share.

    With the heartbeat's service in it, which is not stored there.
    """
    source = heartbeat.source if heartbeat.source and heartbeat.source.kind == KIND else None
    if source is None:
        words = {"kind": KIND, "name": _("Heartbeats")}
        source, _made = Source.objects.get_or_create(slug=OWN_SOURCE, defaults=words)
    source.service = heartbeat.owner
    return source


def _tell(heartbeat: Heartbeat, pulse: Pulse, *, at: datetime, said: Said | None = None, ended: bool = False) -> None:
    """Open its alert, or end it, by the way of all alerts. A run that fails is news each time, whatever was open."""
    source = source_of(heartbeat)
    title = _title(heartbeat, pulse, said)
    alert = IncomingAlert(
        fingerprint=f"heartbeat-{heartbeat.slug}",
        labels={"alertname": "Heartbeat", "heartbeat": heartbeat.slug, "why": pulse.why},
        annotations={"summary": title},
        starts_at=None if ended else at if said else pulse.down_since,
        ends_at=at if ended else None,
        resolved=ended,
        title=title,
        links=((_("Heartbeat"), f"{settings.SHARPEND_URL}/services/heartbeats/{heartbeat.slug}/"),),
        group_labels={"heartbeat": heartbeat.slug},
    )
    content = said.content if said else b""
    parsed = Parsed(alerts=(alert,), group_labels=alert.group_labels)
    # The body tells one from another: two runs may fail with the same words.
    letter = letter_of(content or f"{title} {at.isoformat()} {ended}".encode(), parsed, size=len(content))
    receive(source, parsed, letter=letter, at=at)


def _title(heartbeat: Heartbeat, pulse: Pulse, said: Said | None) -> str:
    name = str(heartbeat)
    if pulse.why == Why.FAILED:
        code = said.exit_code if said else None
        return (
            _("%(name)s failed with exit code %(code)d") % {"name": name, "code": code}
            if code
            else _("%s failed") % name
        )
    if pulse.why == Why.UNFINISHED:
        return _("%s started and did not finish") % name
    if pulse.why == Why.MISSED and heartbeat.match and heartbeat.source:
        return _("No word from %s") % heartbeat.source
    return _("No word from %s") % name


def _write(heartbeat: Heartbeat, before: Pulse, after: Pulse, said: Said, *, at: datetime, key: int) -> None:
    """One statement: the pulse, the ping with how long its run took, and what is too old goes."""
    ends = said.word in ENDS and said.rid == before.started_rid
    took = at - before.started_at if ends and before.started_at else None
    with connection.cursor() as cursor:
        cursor.execute(
            _PING,
            {name: getattr(after, name) for name in PULSE}
            | {"pk": heartbeat.pk, "at": at, "key": key, "unused_since": at - USED_EVERY, "kept": KEPT - 1}
            | {"word": said.word, "exit_code": said.exit_code, "rid": said.rid, "took": took}
            | {"ends": said.word in ENDS, "sender": said.sender, "size": said.size}
            | {"content": said.content[:CONTENT_KEPT]},
        )
    for name in PULSE:
        setattr(heartbeat, name, getattr(after, name))


_PING = f"""
WITH beat AS (
  UPDATE alerts_heartbeat SET {", ".join(f"{name} = %({name})s" for name in PULSE)} WHERE id = %(pk)s
), used AS (
  UPDATE alerts_pingkey SET last_used_at = %(at)s
  WHERE id = %(key)s AND (last_used_at IS NULL OR last_used_at < %(unused_since)s)
), old AS (
  DELETE FROM alerts_ping WHERE heartbeat_id = %(pk)s AND id <= (
    SELECT id FROM alerts_ping WHERE heartbeat_id = %(pk)s ORDER BY id DESC OFFSET %(kept)s LIMIT 1
  )
), run AS (
  SELECT %(at)s::timestamptz - max(at) AS took FROM alerts_ping
  WHERE heartbeat_id = %(pk)s AND rid = %(rid)s::uuid AND word = 'start' AND %(ends)s
)
INSERT INTO alerts_ping (heartbeat_id, at, word, exit_code, rid, took, sender, content, size)
SELECT %(pk)s, %(at)s, %(word)s, %(exit_code)s, %(rid)s::uuid, COALESCE(%(took)s::interval, run.took), %(sender)s::inet,
       %(content)s, %(size)s
FROM run
"""  # noqa: S608 - the names are ours
