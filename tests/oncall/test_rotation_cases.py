"""The rows of the rules' table, each as it stands there, and the corners beside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from oncall.duty import change_since, duty_at
from oncall.rotation import (
    Block,
    Count,
    Cover,
    Layer,
    Override,
    Roster,
    Source,
    Unit,
    Window,
    expand,
    expand_layers,
    gaps,
    handovers,
    holder_at,
    next_handover,
)
from oncall.wallclock import day_bounds, to_local

EVERY_DAY = frozenset(range(7))
WORKDAYS = frozenset(range(5))


def z(text: str) -> datetime:
    """`2026-10-26 13:00` as an instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(zone: str, starts: str, members: str = "ABC", **changes: Any) -> Layer:
    """A weekly layer, unless told otherwise."""
    fields: dict[str, Any] = {
        "name": "base",
        "every": 1,
        "unit": Unit.WEEK,
        "windows": (),
        "count": Count.CALENDAR,
    } | changes
    return Layer(members=tuple(members), starts=datetime.fromisoformat(starts), zone=zone, **fields)


def window(start: str, end: str, days: frozenset[int] = EVERY_DAY) -> Window:
    return Window(days, time.fromisoformat(start), time.fromisoformat(end))


def shifts(roster: Roster | Layer, start: str, end: str) -> list[tuple[Any, str, str]]:
    """The blocks as (person, start, end) with short times of UTC."""
    roster = roster if isinstance(roster, Roster) else Roster((roster,))
    return [(b.person, f"{b.start:%m-%d %H:%M}", f"{b.end:%m-%d %H:%M}") for b in expand(roster, z(start), z(end))]


def holder(roster: Roster | Layer, at: str) -> Any:
    return holder_at(roster if isinstance(roster, Roster) else Roster((roster,)), z(at))


def test_weekly_in_new_york_over_the_autumn_change() -> None:
    weekly = layer("America/New_York", "2026-10-19 09:00")
    assert shifts(weekly, "2026-10-26 12:00", "2026-11-02 15:00") == [
        ("A", "10-26 12:00", "10-26 13:00"),
        ("B", "10-26 13:00", "11-02 14:00"),
        ("C", "11-02 14:00", "11-02 15:00"),
    ]
    assert holder(weekly, "2026-11-02 13:30") == "B"
    assert z("2026-11-02 14:00") - z("2026-10-26 13:00") == timedelta(hours=169)


def test_weekly_in_new_york_over_the_spring_change() -> None:
    weekly = layer("America/New_York", "2026-10-19 09:00")
    row = handovers(weekly, z("2027-03-08 00:00"), z("2027-03-16 00:00"))
    assert [h.at for h in row] == [z("2027-03-08 14:00"), z("2027-03-15 13:00")]
    assert row[1].at - row[0].at == timedelta(hours=167)
    assert row[1].turn == row[0].turn + 1


def test_daily_at_a_time_that_the_clock_jumps_over() -> None:
    daily = layer("America/Chicago", "2027-03-13 02:30", unit=Unit.DAY)
    assert holder(daily, "2027-03-14 07:59") == "A"
    assert holder(daily, "2027-03-14 08:00") == "B"
    assert to_local(z("2027-03-14 08:00"), "America/Chicago").hour == 3
    assert next_handover(daily, z("2027-03-14 08:00")) == z("2027-03-15 07:30")


def test_twelve_hours_that_last_thirteen() -> None:
    halves = layer("Europe/London", "2026-10-24 08:00", "AB", every=12, unit=Unit.HOUR)
    assert shifts(halves, "2026-10-24 19:00", "2026-10-25 08:00") == [("B", "10-24 19:00", "10-25 08:00")]
    assert holder(halves, "2026-10-24 18:59") == holder(halves, "2026-10-25 08:00") == "A"


def test_covered_days_are_counted() -> None:
    office = layer(
        "UTC", "2026-11-20 09:00", unit=Unit.DAY, windows=(window("09:00", "19:00", WORKDAYS),), count=Count.COVERED
    )
    assert shifts(office, "2026-11-20 09:00", "2026-11-24 19:00") == [
        ("A", "11-20 09:00", "11-20 19:00"),
        (None, "11-20 19:00", "11-23 09:00"),
        ("B", "11-23 09:00", "11-23 19:00"),
        (None, "11-23 19:00", "11-24 09:00"),
        ("C", "11-24 09:00", "11-24 19:00"),
    ]


def test_calendar_days_are_counted() -> None:
    office = layer("UTC", "2026-11-20 09:00", unit=Unit.DAY, windows=(window("09:00", "19:00", WORKDAYS),))
    assert [holder(office, f"2026-11-{day} 12:00") for day in (20, 21, 22, 23)] == ["A", None, None, "A"]


@pytest.mark.parametrize("starts", ["2026-11-20 00:00", "2026-11-20 08:00", "2026-11-20 09:00"])
def test_two_covered_days_each_whenever_the_handover_is(starts: str) -> None:
    office = layer(
        "UTC", starts, every=2, unit=Unit.DAY, windows=(window("09:00", "19:00", WORKDAYS),), count=Count.COVERED
    )
    assert "".join(holder(office, f"2026-11-{day} 12:00") or "-" for day in range(20, 29)) == "A--ABBCC-"


def test_covered_days_from_a_day_that_is_not() -> None:
    office = layer(
        "UTC", "2026-11-21 09:00", unit=Unit.DAY, windows=(window("09:00", "19:00", WORKDAYS),), count=Count.COVERED
    )
    assert "".join(holder(office, f"2026-11-{day} 12:00") or "-" for day in range(20, 27)) == "---ABCA"


def test_covered_days_of_half_day_turns() -> None:
    halves = layer(
        "UTC",
        "2026-11-20 08:00",
        every=12,
        unit=Unit.HOUR,
        windows=(window("00:00", "00:00", WORKDAYS),),
        count=Count.COVERED,
    )
    asked = ["20 09:00", "20 21:00", "21 12:00", "23 04:00", "23 09:00", "23 21:00", "24 09:00"]
    assert [holder(halves, f"2026-11-{text}") for text in asked] == ["A", "B", None, "B", "C", "A", "B"]


def test_monthly_on_the_31st_keeps_its_anchor() -> None:
    monthly = layer("UTC", "2026-01-31 09:00", unit=Unit.MONTH)
    row = handovers(monthly, z("2026-01-01 00:00"), z("2026-06-15 00:00"))
    assert [f"{h.at:%m-%d %H:%M}" for h in row] == [
        "01-31 09:00",
        "02-28 09:00",
        "03-31 09:00",
        "04-30 09:00",
        "05-31 09:00",
    ]
    assert handovers(monthly, z("2028-02-01 00:00"), z("2028-03-01 00:00"))[0].at == z("2028-02-29 09:00")
    quarterly = layer("UTC", "2025-11-30 09:00", unit=Unit.MONTH, every=3)
    assert [f"{h.at:%m-%d}" for h in handovers(quarterly, z("2026-01-01 00:00"), z("2026-09-01 00:00"))] == [
        "02-28", "05-30", "08-30"]  # fmt: skip


@pytest.mark.parametrize("starts", ["2026-10-26 09:00", "2026-10-26 00:00", "2026-10-26 22:00"])
@pytest.mark.parametrize("unit", [Unit.DAY, Unit.WEEK])
def test_nights_in_new_york_are_one_segment(starts: str, unit: Unit) -> None:
    nights = layer("America/New_York", starts, "ABC", unit=unit, windows=(window("22:00", "06:00"),))
    autumn = [row[1:] for row in shifts(nights, "2026-10-31 12:00", "2026-11-01 20:00") if row[0]]
    assert autumn == [("11-01 02:00", "11-01 11:00")]
    spring = [row[1:] for row in shifts(nights, "2027-03-13 12:00", "2027-03-14 20:00") if row[0]]
    assert spring == [("03-14 03:00", "03-14 10:00")]


def test_a_night_belongs_to_the_day_on_which_it_starts() -> None:
    nights = layer(
        "UTC", "2026-11-20 00:00", unit=Unit.DAY, windows=(window("22:00", "06:00", WORKDAYS),), count=Count.COVERED
    )
    assert [row for row in shifts(nights, "2026-11-20 12:00", "2026-11-24 12:00") if row[0]] == [
        ("A", "11-20 22:00", "11-21 06:00"),
        ("B", "11-23 22:00", "11-24 06:00"),
    ]


def test_a_handover_typed_in_the_night_divides_it() -> None:
    nights = layer("UTC", "2026-11-20 02:00", unit=Unit.DAY, windows=(window("22:00", "06:00"),))
    assert [row for row in shifts(nights, "2026-11-20 00:00", "2026-11-21 12:00") if row[0]] == [
        ("A", "11-20 02:00", "11-20 06:00"),
        ("A", "11-20 22:00", "11-21 02:00"),
        ("B", "11-21 02:00", "11-21 06:00"),
    ]


def test_a_midnight_that_does_not_exist_in_cairo() -> None:
    weekly = layer("Africa/Cairo", "2026-04-17 00:00")
    assert handovers(weekly, z("2026-04-20 00:00"), z("2026-04-27 00:00"))[0].at == z("2026-04-23 22:00")
    assert holder(weekly, "2026-04-23 21:59") == "A"
    assert holder(weekly, "2026-04-23 22:00") == "B"
    assert to_local(z("2026-04-23 22:00"), "Africa/Cairo") == datetime.fromisoformat("2026-04-24 01:00")
    assert layer("Africa/Cairo", "2026-04-24 00:00").begin == z("2026-04-23 22:00")
    start, end = day_bounds(date(2026, 4, 24), "Africa/Cairo")
    assert (start, end) == (z("2026-04-23 22:00"), z("2026-04-24 21:00"))


def test_follow_the_sun_has_holes_after_the_clocks_change() -> None:
    sun = [
        ("Australia/Sydney", "08:00", "17:00"),
        ("Europe/London", "08:00", "16:00"),
        ("America/Los_Angeles", "08:00", "16:00"),
    ]
    roster = Roster(
        tuple(
            layer(zone, "2026-09-01 08:00", person, name=zone, unit=Unit.DAY, windows=(window(start, end),))
            for person, (zone, start, end) in zip("SLA", sun, strict=True)
        )
    )
    assert gaps(roster, z("2026-09-28 00:00"), z("2026-10-03 00:00")) == []
    dark = [
        (f"{g.start:%m-%d %H:%M}", f"{g.end:%H:%M}") for g in gaps(roster, z("2026-10-03 12:00"), z("2026-10-27 00:00"))
    ]
    assert dark[0] == ("10-04 06:00", "07:00")
    assert [row for row in dark if row[0] < "10-25"] == [(f"10-{day:02} 06:00", "07:00") for day in range(4, 25)]
    assert [row for row in dark if row[0] >= "10-25"] == [(f"10-{day} 06:00", "08:00") for day in (25, 26)]


def test_the_latest_created_override_wins() -> None:
    base = layer("UTC", "2026-11-01 00:00", "A")
    over = (
        Override("C", z("2026-11-21 12:00"), z("2026-11-21 14:00"), order=2),
        Override("B", z("2026-11-21 08:00"), z("2026-11-21 20:00"), order=1),
    )
    blocks = expand(Roster((base,), over), z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    assert [(b.person, b.start.hour, b.layer, b.source) for b in blocks] == [
        ("A", 0, "base", Source.LAYER),
        ("B", 8, None, Source.OVERRIDE),
        ("C", 12, None, Source.OVERRIDE),
        ("B", 14, None, Source.OVERRIDE),
        ("A", 20, "base", Source.LAYER),
    ]


def test_a_cover_holds_only_where_the_covered_is_on_duty() -> None:
    office = layer("UTC", "2026-11-16 00:00", "A", windows=(window("09:00", "17:00", frozenset({0, 1})),))
    roster = Roster((office,), covers=(Cover("B", "A", z("2026-11-23 00:00"), z("2026-11-25 00:00")),))
    blocks = expand(roster, z("2026-11-23 00:00"), z("2026-11-25 00:00"))
    assert [(b.person, f"{b.start:%d %H}", f"{b.end:%d %H}", b.source) for b in blocks if b.person] == [
        ("B", "23 09", "23 17", Source.COVER),
        ("B", "24 09", "24 17", Source.COVER),
    ]
    assert {b.layer for b in blocks if b.person} == {"base"}


def test_workers_down_over_three_handovers_tell_one() -> None:
    daily = Roster((layer("UTC", "2026-11-20 09:00", "ABCD", unit=Unit.DAY),))
    assert holder_at(daily, z("2026-11-23 10:00")) == "D"
    change = change_since(daily, z("2026-11-20 10:00"), z("2026-11-23 10:00"))
    assert change == (z("2026-11-23 09:00"), "C", "D")
    assert change_since(daily, z("2026-11-23 09:00"), z("2026-11-23 10:00")) is None
    assert change_since(daily, z("2026-11-23 08:59"), z("2026-11-23 09:00")) == change


def test_covers_do_not_chain_and_the_latest_decides() -> None:
    base = layer("UTC", "2026-11-01 00:00", "A")
    day = (z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    chain = Roster((base,), covers=(Cover("B", "A", *day, order=1), Cover("C", "B", *day, order=2)))
    assert holder_at(chain, z("2026-11-21 10:00")) == "B"
    rival = Roster((base,), covers=(Cover("C", "A", *day, order=2), Cover("B", "A", *day, order=1)))
    assert {b.person for b in expand(rival, *day)} == {"C"}


def test_a_cover_follows_the_covered_into_an_override() -> None:
    base = layer("UTC", "2026-11-01 00:00", "X")
    day = (z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    over = Override("A", z("2026-11-21 10:00"), z("2026-11-21 12:00"))
    blocks = expand(Roster((base,), (over,), (Cover("B", "A", *day),)), *day)
    assert [(b.person, b.start.hour, b.layer, b.source) for b in blocks] == [
        ("X", 0, "base", Source.LAYER),
        ("B", 10, None, Source.COVER),
        ("X", 12, "base", Source.LAYER),
    ]


def test_the_last_layer_with_a_holder_wins() -> None:
    base = layer("UTC", "2026-11-01 00:00", "A", name="base")
    office = layer("UTC", "2026-11-01 00:00", "B", name="office", windows=(window("09:00", "17:00"),))
    empty = layer("UTC", "2026-11-01 00:00", "", name="empty")
    roster = Roster((base, office, empty))
    assert [(b.person, b.start.hour, b.layer) for b in expand(roster, z("2026-11-21 00:00"), z("2026-11-22 00:00"))] == [
        ("A", 0, "base"), ("B", 9, "office"), ("A", 17, "base")]  # fmt: skip
    alone = expand_layers(roster, [office], z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    assert [b.person for b in alone] == [None, "B", None]


def test_nobody_before_the_start() -> None:
    weekly = layer("Europe/London", "2026-10-19 09:00")
    assert shifts(weekly, "2026-10-19 00:00", "2026-10-19 12:00") == [
        (None, "10-19 00:00", "10-19 08:00"),
        ("A", "10-19 08:00", "10-19 12:00"),
    ]
    assert next_handover(weekly, z("1970-01-01 00:00")) == z("2026-10-19 08:00")
    assert handovers(weekly, z("1970-01-01 00:00"), z("2026-01-01 00:00")) == []


def test_the_repeated_hour_does_not_hand_back() -> None:
    daily = layer("Europe/London", "2026-10-20 01:30", unit=Unit.DAY)
    asked = [holder(daily, f"2026-10-25 {at}") for at in ("00:29", "00:30", "01:10", "01:30", "02:00")]
    assert asked == ["B", "C", "C", "C", "C"]
    assert next_handover(daily, z("2026-10-25 01:10")) == z("2026-10-26 01:30")


def test_who_left_is_skipped_from_that_instant_and_the_next_one_taken() -> None:
    daily = layer("UTC", "2026-11-20 00:00", unit=Unit.DAY)
    noon = z("2026-11-21 12:00")
    over = (Override("B", z("2026-11-22 08:00"), z("2026-11-22 10:00")),)
    roster = Roster((daily,), over, inactive={"B": noon})
    assert shifts(roster, "2026-11-20 00:00", "2026-11-25 00:00") == [
        ("A", "11-20 00:00", "11-21 00:00"),
        ("B", "11-21 00:00", "11-21 12:00"),
        ("C", "11-21 12:00", "11-23 00:00"),
        ("A", "11-23 00:00", "11-24 00:00"),
        ("C", "11-24 00:00", "11-25 00:00"),
    ]
    assert holder_at(roster, noon) == holder_at(roster, z("2026-11-22 09:00")) == "C"
    nobody = Roster((daily,), inactive=dict.fromkeys("ABC", noon))
    assert holder_at(nobody, noon) is None


def test_a_cover_by_somebody_who_left_leaves_the_covered() -> None:
    base = layer("UTC", "2026-11-01 00:00", "A")
    day = (z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    roster = Roster((base,), covers=(Cover("B", "A", *day),), inactive={"B": z("2026-11-21 06:00")})
    assert [(b.person, b.start.hour) for b in expand(roster, *day)] == [("B", 0), ("A", 6)]


def test_hours_that_do_not_divide_a_day_are_elapsed() -> None:
    tens = layer("Europe/London", "2026-10-24 08:00", every=10, unit=Unit.HOUR)
    row = handovers(tens, z("2026-10-24 00:00"), z("2026-10-26 00:00"))
    assert {b.at - a.at for a, b in zip(row, row[1:], strict=False)} == {timedelta(hours=10)}
    two_days = layer("Europe/London", "2026-10-24 08:00", every=48, unit=Unit.HOUR)
    assert next_handover(two_days, two_days.begin) == two_days.begin + timedelta(hours=48)


def test_an_hour_that_is_skipped_loses_its_turn() -> None:
    hourly = layer("Europe/London", "2027-03-27 00:00", "ABCDEFGH", every=1, unit=Unit.HOUR)
    row = handovers(hourly, z("2027-03-28 00:00"), z("2027-03-28 03:00"))
    assert [(h.at.hour, h.turn) for h in row] == [(0, 24), (1, 26), (2, 27)]


def test_an_ambiguous_window_starts_at_the_first_and_ends_at_the_last() -> None:
    early = layer("Europe/London", "2026-10-01 00:00", "A", windows=(window("01:30", "02:30"),))
    assert shifts(early, "2026-10-25 00:00", "2026-10-25 03:00")[1] == ("A", "10-25 00:30", "10-25 02:30")
    late = layer("Europe/London", "2026-10-01 00:00", "A", windows=(window("00:30", "01:30"),))
    assert shifts(late, "2026-10-24 22:00", "2026-10-25 03:00")[1] == ("A", "10-24 23:30", "10-25 01:30")


def test_a_window_until_a_midnight_that_comes_twice_ends_at_the_second() -> None:
    saturdays = layer("America/Havana", "2026-10-26 00:00", "A", windows=(window("00:00", "00:00", frozenset({5})),))
    assert [row for row in shifts(saturdays, "2026-10-31 00:00", "2026-11-02 00:00") if row[0]] == [
        ("A", "10-31 04:00", "11-01 05:00")
    ]


def test_a_window_in_a_skipped_hour_is_empty() -> None:
    gone = layer("Europe/London", "2027-03-01 00:00", "A", windows=(window("01:15", "01:45"),))
    assert shifts(gone, "2027-03-28 00:00", "2027-03-29 00:00") == [(None, "03-28 00:00", "03-29 00:00")]


def test_a_whole_day_until_24_and_windows_side_by_side_are_one_block() -> None:
    base = layer(
        "UTC", "2026-11-16 09:00", "A", windows=(window("00:00", "00:00", WORKDAYS), window("09:00", "10:00", WORKDAYS))
    )
    assert [row for row in shifts(base, "2026-11-16 00:00", "2026-11-23 00:00") if row[0]] == [
        ("A", "11-16 09:00", "11-21 00:00")
    ]


def test_a_window_on_no_day_covers_nothing() -> None:
    never = layer(
        "UTC",
        "2026-11-16 09:00",
        "A",
        unit=Unit.DAY,
        windows=(window("09:00", "10:00", frozenset()),),
        count=Count.COVERED,
    )
    assert holder(never, "2026-11-17 09:30") is None


def test_half_days_from_a_day_that_is_not_covered() -> None:
    windows = (window("00:00", "00:00", WORKDAYS),)
    halves = layer("UTC", "2026-11-21 16:00", every=8, unit=Unit.HOUR, windows=windows, count=Count.COVERED)
    asked = [holder(halves, f"2026-11-23 {hour}:00") for hour in ("01", "09", "17")]
    assert asked == ["A", "B", "C"]


def test_of_two_nights_at_once_the_one_that_opened_last_decides() -> None:
    windows = (window("20:00", "08:00"), window("22:00", "06:00"), window("00:00", "04:00"))
    nights = layer("UTC", "2026-11-20 00:00", "AB", unit=Unit.DAY, windows=windows)
    assert [row for row in shifts(nights, "2026-11-20 12:00", "2026-11-21 12:00") if row[0]] == [
        ("A", "11-20 20:00", "11-21 00:00"),
        ("B", "11-21 00:00", "11-21 04:00"),
        ("A", "11-21 04:00", "11-21 08:00"),
    ]


def test_duty_says_until_when_and_who_then() -> None:
    roster = Roster((layer("Europe/London", "2026-10-19 09:00", "AB"),))
    duty = duty_at(roster, z("2026-10-21 12:00"))
    assert duty == ("A", z("2026-10-19 08:00"), z("2026-10-26 09:00"), "B", "base", Source.LAYER)
    alone = duty_at(Roster((layer("UTC", "2020-01-01 00:00", "A"),)), z("2026-10-21 12:00"))
    assert (alone.person, alone.since, alone.until, alone.following) == ("A", None, None, None)
    nobody = duty_at(Roster(()), z("2026-10-21 12:00"))
    assert (nobody.person, nobody.until, nobody.source) == (None, None, Source.GAP)


def test_the_edges_of_the_asked_span_are_exact() -> None:
    roster = Roster((layer("UTC", "2026-11-01 00:00", "A"),))
    start, end = z("2026-11-21 00:00") + timedelta(microseconds=1), z("2026-11-21 00:00") + timedelta(microseconds=2)
    assert expand(roster, start, end) == [Block("A", start, end, "base", Source.LAYER)]
    assert expand(roster, start, start) == []
    with pytest.raises(ValueError, match="ends before"):
        expand(roster, end, start)
    with pytest.raises(ValueError, match="no zone"):
        expand(roster, datetime(2026, 11, 1), end)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no zone"):
        holder_at(roster, datetime(2026, 11, 1))  # noqa: DTZ001


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("year", [1970, 2100])
def test_extremes_of_the_calendar(unit: Unit, year: int) -> None:
    weekly = layer("Europe/London", "1970-01-01 00:00", unit=unit)
    roster = Roster((weekly,))
    at = datetime(year, 1, 31, 12, tzinfo=UTC)
    assert holder_at(roster, at) == next(
        b.person for b in expand(roster, at - timedelta(3), at + timedelta(3)) if b.end > at
    )


@pytest.mark.parametrize("starts", ["0001-01-01 00:00", "9999-12-31 23:59"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("unit", list(Unit))
def test_absurd_layers_answer_all_the_same(starts: str, zone: str, unit: Unit) -> None:
    odd = layer(zone, starts, every=10**9, unit=unit, windows=(window("22:00", "06:00"),))
    at = z("2026-11-21 12:00")
    assert holder(odd, "2026-11-21 12:00") in {None, "A"}
    assert expand(Roster((odd,)), at, at + timedelta(2))[-1].end == at + timedelta(2)
    next_handover(odd, at)


def test_a_layer_refuses_what_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="no length"):
        layer("UTC", "2026-11-01 00:00", every=0)
    with pytest.raises(ValueError, match="without an offset"):
        layer("UTC", "2026-11-01 00:00+01:00")
