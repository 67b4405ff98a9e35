"""What the last days would have become under other rules: stored bodies, read and routed twice. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest

from alerts.kinds import read_as
from alerts.models import Body, Route, Source
from alerts.payloads import IncomingAlert, Malformed, Oversize
from alerts.quieting import Blanket
from alerts.routing import Routing
from paging.forecast import names, would_page
from teams.models import Service

SPAN = timedelta(days=7)
MOST_BODIES = 2000
MOST_BYTES = 10 * 2**20
EXAMPLES = 20

Rules = Mapping[int, tuple[Routing, Routing]]
"""By the number of a source: as it is, and as it would be."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What one alert comes to: whether it fires, its service, its class, and who is paged first as things stand now."""

    fires: bool
    service: Service | None
    severity: str
    paged: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An alert that came in at `at` and would have another fate; None where the rules do not read it at all."""

    at: datetime
    title: str
    before: Fate | None
    after: Fate | None


@dataclass(slots=True)
class Replay:
    """How many alerts were looked at and how they differ; each alert counts once, however often it was told.

    `whole` is False when the newest bodies were too many, and only those were looked at. Silences are left out of it.
    """

    bodies: int = 0
    unread: int = 0
    whole: bool = True
    since: datetime | None = None
    alerts: int = 0
    elsewhere: int = 0
    nobody: int = 0
    service: int = 0
    severity: int = 0
    lost: int = 0
    found: int = 0
    incidents: tuple[int, int] = (0, 0)
    differences: int = 0
    examples: list[Difference] = field(default_factory=list)


def rules_of(
    before: Iterable[Source], after: Mapping[int, Source], routes: Sequence[Route] | None, at: datetime
) -> Rules:
    """The rules of sources as they are, with those that `after` holds changed and, where given, all routes as `routes`."""
    stored = list(Route.objects.select_related("service", "playbook"))
    planned, quiet = stored if routes is None else routes, Blanket((), at)
    return {
        source.pk: (
            Routing(source, _tried(stored, source), quiet),
            Routing(after.get(source.pk, source), _tried(planned, source), quiet),
        )
        for source in before
    }


def _tried(routes: Sequence[Route], source: Source) -> list[Route]:
    return [one for one in routes if one.source_id in (None, source.pk)]


def replay(rules: Rules, at: datetime) -> Replay:
    """What the bodies of these sources in the seven days before `at` would have become; the newest, while there are many."""
    seen = Replay()
    known: set[tuple[int, str, datetime | None]] = set()
    groups: tuple[set[str], set[str]] = (set(), set())
    asked: dict[int | None, str] = {}
    for body in _bodies(rules, at, seen):
        seen.bodies, seen.since = seen.bodies + 1, body.received_at
        was, new = rules[body.source_id]
        old = _read(was.source, body)
        now = old if _reads_alike(was.source, new.source) else _read(new.source, body)
        if old is None and now is None:
            seen.unread += 1
        for first, second in _pairs(old or (), now or ()):
            told = first or second
            key = (body.source_id, told.fingerprint, told.starts_at)  # type: ignore[union-attr]  # one of them is there
            if key in known or not any(one and not one.resolved for one in (first, second)):
                continue
            known.add(key)
            before, after = _fate(was, first, at, asked, groups[0]), _fate(new, second, at, asked, groups[1])
            _count(seen, Difference(body.received_at, told.title, before, after))  # type: ignore[union-attr]
    seen.incidents = (len(groups[0]), len(groups[1]))
    return seen


def _bodies(rules: Rules, at: datetime, seen: Replay) -> Iterator[Body]:
    """The newest first, until they are too many or too large together."""
    found = Body.objects.filter(source__in=list(rules), received_at__gt=at - SPAN, accepted__gt=0).order_by("-pk")
    size = 0
    for number, body in enumerate(found[: MOST_BODIES + 1].iterator(chunk_size=50)):
        size += len(body.content)
        if number == MOST_BODIES or size > MOST_BYTES:
            seen.whole = False
            return
        yield body


def _reads_alike(one: Source, other: Source) -> bool:
    return (one.kind, one.mapping) == (other.kind, other.mapping)


def _read(source: Source, body: Body) -> Sequence[IncomingAlert] | None:
    try:
        parsed = read_as(source.kind, source, bytes(body.content), body.content_type)
    except (Malformed, Oversize):
        return None
    return parsed.alerts


def _pairs(
    old: Sequence[IncomingAlert], new: Sequence[IncomingAlert]
) -> Iterator[tuple[IncomingAlert | None, IncomingAlert | None]]:
    """The same alert under both rules: by its place in the body where both find as many, else by its fingerprint."""
    if len(old) == len(new):
        yield from zip_longest(old, new)
        return
    there = {one.fingerprint: one for one in new}
    for one in old:
        yield one, there.pop(one.fingerprint, None)
    for one in there.values():
        yield None, one


def _fate(
    routing: Routing, alert: IncomingAlert | None, at: datetime, asked: dict[int | None, str], groups: set[str]
) -> Fate | None:
    if alert is None:
        return None
    place = routing.place(alert)
    number = place.service.pk if place.service else None
    if number not in asked:
        asked[number] = would_page(place.service, at).asked
    if not alert.resolved:
        groups.add(place.key)
    return Fate(not alert.resolved, place.service, place.severity, "" if alert.resolved else asked[number])


def _count(seen: Replay, one: Difference) -> None:
    """Each alert is counted under everything that differs."""
    before, after = one.before, one.after
    seen.alerts += 1
    if before == after:
        return
    seen.differences += 1
    if len(seen.examples) < EXAMPLES:
        seen.examples.append(one)
    if before is None or not before.fires:
        seen.found += 1
    elif after is None or not after.fires:
        seen.lost += 1
    else:
        silent = after.paged == names([]) != before.paged
        seen.nobody += silent
        seen.elsewhere += before.paged != after.paged and not silent
        seen.service += before.service != after.service
        seen.severity += before.severity != after.severity
