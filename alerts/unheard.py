"""Ending what its sender does not speak of any more, as if it had said so: by asking it, by its silence, or by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from alerts import rows
from alerts.intake import letter_of, receive
from alerts.models import Alert, Source
from alerts.payloads import IncomingAlert, Mark, Parsed
from alerts.routing import Routing
from alerts.stored import as_told


@transaction.atomic
def end(source: Source, gone: Sequence[Alert], *, at: datetime, mark: Mark) -> int:
    """End these alerts of `source` at `at`, but for those that were heard of since they were read; how many ended.

    Locks as every delivery does: groups before alerts, alerts before incidents. The caller holds none of them.
    """
    alerts = {one.fingerprint: as_told(one, ends_at=at) for one in gone}
    seen = {one.fingerprint: one.last_seen_at for one in gone}
    if not alerts:
        return 0
    routing = Routing.of(source, at)
    rows.lock(source.pk, {routing.place(alert).key for alert in alerts.values()})
    found = Alert.objects.filter(pk__in=[one.pk for one in gone], firing=True).order_by("fingerprint")
    still = found.select_for_update(no_key=True).values_list("fingerprint", "last_seen_at")
    ended = tuple(alerts[name] for name, last_seen_at in still if last_seen_at == seen[name])
    if ended:
        take_in(source, ended, at=at, mark=mark)
    if mark is Mark.STALE:  # a repeat of it, the same byte for byte, brings it back
        Alert.objects.filter(source=source, fingerprint__in=[one.fingerprint for one in ended]).update(stale_at=at)
    return len(ended)


def take_in(source: Source, alerts: Sequence[IncomingAlert], *, at: datetime, mark: Mark) -> None:
    """Words about these alerts that no sender posted; they stand under the source's deliveries with `mark`."""
    parsed = Parsed(alerts=tuple(alerts), marks=(mark,))
    content = "\n".join(f"{one.fingerprint} {one.resolved}" for one in alerts)
    # With the instant: the same may be found again, and each time is news.
    letter = letter_of(f"{mark} at {at.isoformat()}:\n{content}".encode(), parsed, size=len(content))
    receive(source, parsed, letter=letter, at=at)
