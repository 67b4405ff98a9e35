"""Random rosters for the properties: zones whose clocks change in every known way, layers, windows, exceptions, leavers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from oncall.away import Span
from oncall.rotation import Count, Cover, Fixed, Layer, Override, Person, Roster, Unit, Window
from oncall.wallclock import to_local
from tests.oncall.clockwork import STEP

PEOPLE = "ABCDE"
DAYS = 24
STEPS = DAYS * 96
# By 30 minutes; at midnight; twice a year; with a pause in summer; a day left out; never.
ZONES = [
    ("Australia/Lord_Howe", 2026), ("Africa/Cairo", 2026), ("America/Sao_Paulo", 2017), ("America/Havana", 2026),
    ("America/New_York", 2026), ("Europe/London", 2027), ("Africa/Casablanca", 2027), ("Pacific/Apia", 2011),
    ("Asia/Kolkata", 2026), ("UTC", 2026), ("Asia/Beirut", 2022), ("America/Santiago", 2019),
]  # fmt: skip
WILD = [name for name, _ in ZONES] + [
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Kwajalein",
    "Africa/Monrovia",
    "Antarctica/Troll",
]
NAIVE = st.datetimes(datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2100-12-30"))
QUARTERS = st.integers(0, 95).map(lambda q: time(q // 4, q % 4 * 15))


@lru_cache
def changes(zone: str, year: int) -> list[datetime]:
    """The days of a year on which the zone's clock changes, or New Year when it never does."""
    tz, first = ZoneInfo(zone), datetime(year, 1, 2, tzinfo=UTC)
    days = [first + timedelta(days=d) for d in range(364)]
    found = [a for a, b in pairwise(days) if a.astimezone(tz).utcoffset() != b.astimezone(tz).utcoffset()]
    return found or [first]


@st.composite
def windows(draw: st.DrawFn) -> Window:
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Window(days, draw(QUARTERS), draw(st.one_of(QUARTERS, st.just(time(0)))))


@st.composite
def layers(draw: st.DrawFn, zone: str, first: datetime, number: int = 0) -> Layer:
    """A layer whose first handover lies in the first ten days after `first`."""
    unit = draw(st.sampled_from(list(Unit)))
    every = draw(st.sampled_from([1, 2, 4, 5, 8, 12, 24, 36]) if unit == Unit.HOUR else st.integers(1, 3))
    day = to_local(first, zone).date() + timedelta(days=draw(st.integers(3, 10)))
    starts = datetime.combine(day, draw(st.one_of(st.sampled_from([time(0), time(2), time(2, 30), time(9)]), QUARTERS)))
    return Layer(
        name=f"layer {number}",
        members=tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=4))),
        every=every,
        unit=unit,
        starts=starts,
        zone=zone,
        windows=tuple(draw(st.lists(windows(), max_size=3))),
        count=draw(st.sampled_from(list(Count))),
        spans=draw(st.one_of(st.just(()), spoken(first))),
    )


@st.composite
def spoken(draw: st.DrawFn, first: datetime) -> tuple[Span, ...]:
    """The times for which one version of a layer speaks: disjoint, in order."""
    edges = sorted(draw(st.sets(st.integers(0, STEPS), min_size=2, max_size=4)))
    instants = [first + edge * STEP for edge in edges]
    return tuple(zip(instants[::2], instants[1::2], strict=False))


@st.composite
def spans(draw: st.DrawFn, first: datetime) -> tuple[datetime, datetime]:
    start, length = draw(st.integers(0, STEPS - 1)), draw(st.integers(1, 400))
    return first + start * STEP, first + (start + length) * STEP


@st.composite
def rosters(draw: st.DrawFn) -> tuple[Roster, datetime]:
    """A roster and an instant some days before everything in it begins, with a change of the clock soon after."""
    zone, year = draw(st.sampled_from(ZONES))
    first = draw(st.sampled_from(changes(zone, year))) - timedelta(days=draw(st.integers(8, 16)))
    zones = [zone, *draw(st.lists(st.sampled_from([zone, "Europe/London", "America/New_York"]), max_size=2))]
    row = tuple(draw(layers(name, first, number)) for number, name in enumerate(zones))
    person = st.sampled_from(PEOPLE)
    over = [Override(draw(person), *draw(spans(first)), order=i) for i in range(draw(st.integers(0, 4)))]
    pairs = draw(st.lists(st.permutations(PEOPLE), max_size=4))
    covers = [Cover(pair[0], pair[1], *draw(spans(first)), order=i) for i, pair in enumerate(pairs)]
    left: dict[Person, datetime] = {p: draw(spans(first))[0] for p in draw(st.sets(person, max_size=2))}
    away: dict[Person, tuple[Span, ...]] = {
        p: tuple(draw(spans(first)) for _n in range(draw(st.integers(1, 3)))) for p in draw(st.sets(person, max_size=2))
    }
    shuffled = tuple(draw(st.permutations(over)))
    fixed = tuple(Fixed(draw(person), *draw(spans(first)), name="theirs") for _i in range(draw(st.integers(0, 4))))
    return Roster(row, shuffled, tuple(draw(st.permutations(covers))), zone, left, away, fixed), first
