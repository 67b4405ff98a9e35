"""What a rotation asks of its people: every figure and every threshold of the rules, on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.health import (
    Figures,
    Flag,
    Kind,
    Rotation,
    Shift,
    Tone,
    covered,
    fairness,
    figures,
    most_at_once,
    rest_until,
    shares,
    size_tone,
    weeks_tone,
)
from oncall.interruptions import Call, Hours, Part, interruptions, part_of

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
EVEN = {1: 10.0, 2: 10.0, 3: 10.0}
CALM = {1: 0.2, 2: 0.2, 3: 0.2}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ring(when: datetime, incident: int = 1, *, person: int = 1, zone: str = "UTC", rotation: str = "a") -> Call:
    return Call(incident * 1000 + when.hour * 60 + when.minute, person, when, zone, rotation, "", incident)


@pytest.mark.parametrize(
    ("when", "zone", "region", "part"),
    [
        ("2026-11-16 07:59", "UTC", "", Part.SLEEP),
        ("2026-11-16 08:00", "UTC", "", Part.WORK),
        ("2026-11-16 17:59", "UTC", "", Part.WORK),
        ("2026-11-16 18:00", "UTC", "", Part.OFF),
        ("2026-11-16 21:59", "UTC", "", Part.OFF),
        ("2026-11-16 22:00", "UTC", "", Part.SLEEP),
        ("2026-11-20 12:00", "UTC", "", Part.WORK),  # a Friday
        ("2026-11-21 12:00", "UTC", "", Part.OFF),  # a Saturday
        ("2026-11-21 23:00", "UTC", "", Part.SLEEP),
        ("2026-12-25 12:00", "UTC", "", Part.WORK),
        ("2026-12-25 12:00", "UTC", "GB-ENG", Part.OFF),  # Christmas is a Friday there
        ("2026-12-25 12:00", "UTC", "JP", Part.WORK),
        ("2026-11-16 23:30", "America/Los_Angeles", "", Part.WORK),  # 15:30 there
        ("2026-10-25 07:30", "Europe/London", "", Part.SLEEP),  # 07:30 GMT, the morning on which summer ends
        ("2026-10-24 07:30", "Europe/London", "", Part.OFF),  # 08:30 BST, a Saturday
        ("2026-10-23 07:30", "Europe/London", "", Part.WORK),  # 08:30 BST, a Friday
        ("2026-10-26 07:30", "Europe/London", "", Part.SLEEP),
    ],
)
def test_parts_of_the_day_by_a_persons_own_clock(when: str, zone: str, region: str, part: Part) -> None:
    assert part_of(at(when), zone, region=region) == part


def test_hours_are_settings() -> None:
    hours = Hours(work=(9, 17), sleep=(0, 6))
    found = [
        part_of(at(f"2026-11-16 {clock}"), "UTC", hours) for clock in ("05:59", "06:00", "09:00", "17:00", "23:00")
    ]
    assert found == [Part.SLEEP, Part.OFF, Part.WORK, Part.OFF, Part.OFF]


def test_the_figures_of_a_shift() -> None:
    shift = Shift(1, MONDAY + 9 * HOUR, MONDAY + 7 * DAY + 9 * HOUR)
    calls = [
        ring(MONDAY + 10 * HOUR, 1),
        ring(MONDAY + 11 * HOUR, 2),  # an hour later: one interruption
        ring(MONDAY + 20 * HOUR, 3),  # in the evening
        ring(MONDAY + 23 * HOUR, 4),  # at night
        ring(MONDAY + 26 * HOUR, 4),  # the same night, two hours later
        ring(MONDAY + 2 * DAY + 3 * HOUR, 5),  # another night
        ring(MONDAY + 8 * HOUR, 6),  # before the shift
        ring(MONDAY + 12.5 * HOUR, 7, rotation="b"),  # for another pager
        ring(MONDAY + 15 * HOUR, 8, person=2),
        ring(shift.end, 9),  # at its end: the next one's
    ]
    spans = [(MONDAY + 10 * HOUR, MONDAY + 12 * HOUR), (MONDAY + 11 * HOUR, MONDAY + 12.5 * HOUR)]
    verdicts = {1: True, 3: False, 4: True, 6: False}
    found = figures(shift, interruptions(calls), spans, verdicts, rotation="a")
    assert found == Figures(
        shift,
        pages=6,
        interruptions=5,
        off_hours=4,
        of_sleep=3,
        engaged=2.5 * HOUR,
        broken_nights=2,
        judged=3,
        worth=2,
    )
    assert found.relief


@pytest.mark.parametrize(("nights", "offered"), [(0, False), (1, False), (2, True), (3, True)])
def test_relief_is_offered_from_two_broken_nights_on(nights: int, offered: bool) -> None:
    calls = [ring(MONDAY + night * DAY + 3 * HOUR, night) for night in range(nights)]
    calls += [ring(MONDAY + night * DAY + 4.5 * HOUR, night + 10) for night in range(nights)]  # twice a night is one
    found = figures(Shift(1, MONDAY, MONDAY + 7 * DAY), interruptions(calls), (), {}, rotation="a")
    assert (found.broken_nights, found.relief) == (nights, offered)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-16 09:00", "2026-11-23 09:00", 168),
        ("2026-10-19 08:00", "2026-10-26 09:00", 169),  # London, Monday 09:00 to Monday 09:00
        ("2026-03-23 09:00", "2026-03-30 08:00", 167),
    ],
)
def test_hours_are_elapsed_hours_also_over_a_change_of_the_clocks(start: str, end: str, hours: int) -> None:
    assert figures(Shift(1, at(start), at(end)), (), (), {}, rotation="a").time == hours * HOUR


def test_a_night_in_which_the_clock_goes_back_is_one_night() -> None:
    calls = [
        ring(at(f"2026-10-25 {clock}"), n, zone="Europe/London") for n, clock in enumerate(("00:30", "01:31", "06:00"))
    ]
    shift = Shift(1, at("2026-10-19 08:00"), at("2026-10-26 09:00"))
    assert figures(shift, interruptions(calls), (), {}, rotation="a").broken_nights == 1


def test_what_two_spans_share_counts_once() -> None:
    spans = [(MONDAY, MONDAY + 2 * HOUR), (MONDAY + HOUR, MONDAY + 3 * HOUR), (MONDAY + 5 * HOUR, MONDAY + 9 * HOUR)]
    assert covered(spans, MONDAY + HOUR, MONDAY + 6 * HOUR) == 3 * HOUR
    assert covered([], MONDAY, MONDAY + HOUR) == timedelta(0)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ({}, None),
        ({1: 5.0}, None),
        ({1: 0.0, 2: 0.0}, None),
        ({1: 5.0, 2: 5.0}, 1.0),
        ({1: 65.0, 2: 35.0}, 1.3),
        ({1: 30.0, 2: 0.0, 3: 0.0}, 3.0),
    ],
)
def test_fairness(amounts: dict[int, float], expected: float | None) -> None:
    assert fairness(amounts) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(("gaps", "most"), [([], 1), ([6, 11.99], 3), ([6, 12], 2), ([1, 2, 3], 4), ([13, 26], 1)])
def test_incidents_in_twelve_hours(gaps: list[float], most: int) -> None:
    calls = [ring(MONDAY + gap * HOUR, n) for n, gap in enumerate([0, *gaps])]
    again = [ring(MONDAY + 20 * HOUR, 0)]  # a repeat of the first is no incident of its own
    assert most_at_once(calls + again) == most


@pytest.mark.parametrize(
    ("people", "all_day", "tone"),
    [
        (0, False, Tone.RED),
        (2, False, Tone.RED),
        (2, True, Tone.RED),
        (3, False, None),
        (3, True, Tone.AMBER),
        (5, True, Tone.AMBER),
        (6, True, None),
    ],
)
def test_how_few_people_are_too_few(people: int, all_day: bool, tone: Tone | None) -> None:
    assert size_tone(people, all_day=all_day) == tone


@pytest.mark.parametrize(("share", "tone"), [(0.25, None), (0.251, Tone.AMBER), (0.5, Tone.AMBER), (0.501, Tone.RED)])
def test_too_many_weeks(share: float, tone: Tone | None) -> None:
    assert weeks_tone(share) == tone


def test_rest_is_owed_after_the_last_act_of_a_night() -> None:
    eleven = 11 * HOUR
    assert rest_until(at("2026-11-17 03:00"), "UTC", eleven) == at("2026-11-17 14:00")
    assert rest_until(at("2026-11-17 21:30"), "UTC", eleven) == at("2026-11-18 08:30"), "it reaches into the morning"
    assert rest_until(at("2026-11-17 20:59"), "UTC", eleven) is None, "it ends before work begins"
    assert rest_until(at("2026-11-20 21:30"), "UTC", eleven) is None, "nobody works on Saturday"
    assert rest_until(at("2026-11-20 22:00"), "UTC", eleven) == at("2026-11-21 09:00")
    assert rest_until(at("2026-11-17 17:59"), "UTC", eleven) is None
    assert rest_until(at("2026-10-25 00:30"), "Europe/London", eleven) == at("2026-10-25 11:30")


def rotation(**changed: object) -> Rotation:
    values = {"hours": EVEN, "rang": EVEN, "weeks": CALM, "calls": (), "figures": (), "all_day": False, "trained": 2}
    return Rotation(**{**values, **changed})  # type: ignore[arg-type]


SHIFT = Shift(1, MONDAY, MONDAY + 7 * DAY)
BROKEN = Figures(SHIFT, 2, 2, 2, 2, timedelta(0), 2, 0, 0)


@pytest.mark.parametrize(
    ("changed", "flags"),
    [
        ({}, []),
        ({"trained": 1}, [Flag(Kind.SINGLE, Tone.RED, 1)]),
        ({"trained": 0}, [Flag(Kind.SINGLE, Tone.AMBER, 0)]),
        ({"all_day": True}, [Flag(Kind.SMALL, Tone.AMBER, 3)]),
        ({"weeks": {1: 0.3, 2: 0.25, 3: 0.6}}, [Flag(Kind.OFTEN, Tone.RED, 2)]),
        ({"figures": [BROKEN, BROKEN._replace(broken_nights=1)]}, [Flag(Kind.NIGHTS, Tone.AMBER, 1)]),
        ({"calls": [ring(MONDAY, 1), ring(MONDAY, 2)]}, []),
        ({"calls": [ring(MONDAY, 1), ring(MONDAY, 2), ring(MONDAY, 3)]}, [Flag(Kind.BUSY, Tone.AMBER, 3)]),
        ({"hours": {1: 13.0, 2: 9.0, 3: 8.0}}, []),
        (
            {"rang": {1: 3.0, 2: 0.0, 3: 0.0}, "trained": 1},
            [Flag(Kind.SINGLE, Tone.RED, 1), Flag(Kind.INTERRUPTIONS, Tone.AMBER, 3)],
        ),
    ],
)
def test_flags_red_first(changed: dict[str, object], flags: list[Flag]) -> None:
    assert rotation(**changed).flags() == flags


CALLS = st.lists(
    st.builds(
        lambda minute, person, incident: Call(
            minute, person, MONDAY + timedelta(minutes=minute), "UTC", "a", "", incident
        ),
        st.integers(0, 7 * 24 * 60 - 1),
        st.integers(1, 3),
        st.integers(1, 5),
    ),
    max_size=40,
)


@given(CALLS)
def test_interruptions_never_exceed_pages(calls: list[Call]) -> None:
    joined = interruptions(calls)
    found = [figures(Shift(person, MONDAY, MONDAY + 7 * DAY), joined, (), {}, rotation="a") for person in (1, 2, 3)]
    assert sum(one.pages for one in found) == len(calls)
    assert sum(one.interruptions for one in found) == len(joined)
    for one in found:
        assert one.of_sleep <= one.off_hours <= one.interruptions <= one.pages
        assert one.broken_nights <= one.pages


@given(st.dictionaries(st.integers(), st.floats(0, 1e9), max_size=12))
def test_fairness_is_at_least_one(amounts: dict[int, float]) -> None:
    found = fairness(amounts)
    assert found is None or 1 <= found <= len(amounts) * 1.000001
    assert sum(shares(amounts).values()) == pytest.approx(1 if sum(amounts.values()) > 0 else 0)
