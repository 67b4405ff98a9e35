"""Pay: each covered minute outside working hours once, real minutes, call-outs, money to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.pay import Duty, Engaged, Line, Rates, callouts, once, shared, standby
from oncall.pay_hours import MINUTE, Clock, Hours, paid_hours
from oncall.rotation import Roster, expand
from oncall.wallclock import to_local
from tests.oncall.random_rosters import rosters

STANDBY = dict.fromkeys(Hours, Decimal(33))
CALLOUT = {
    Hours.EVENING: Decimal("1.4"),
    Hours.NIGHT: Decimal("1.4"),
    Hours.WEEKEND: Decimal("1.5"),
    Hours.HOLIDAY: Decimal("1.9"),
    Hours.SPECIAL: Decimal("2.0"),
}
CARD = Rates(datetime(1970, 1, 1, tzinfo=UTC), Decimal(40), STANDBY, CALLOUT)
LONDON, NEW_YORK, SYDNEY = (Clock(zone) for zone in ("Europe/London", "America/New_York", "Australia/Sydney"))
EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def duty(start: str, end: str, role: str = "primary", schedule: str = "payments") -> Duty:
    return Duty(at(start), at(end), role, schedule)


def card(**more: object) -> Rates:
    return Rates(**{**vars(CARD), **more})


def minutes(lines: Iterable[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        for hours, count in line.minutes.items():
            found[str(hours)] = found.get(str(hours), 0) + count
    return found


def money(lines: Iterable[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal())


def test_a_week_is_paid_outside_working_hours_only() -> None:
    lines = standby([duty("2026-11-16T09:00", "2026-11-23T09:00")], LONDON, [CARD])
    # Monday to Friday: 18-22 and 22-08, the last night to Monday 08:00; the weekend from midnight to midnight.
    assert minutes(lines) == {"evening": 5 * 4 * 60, "night": (4 * 10 + 2 + 8) * 60, "weekend": 48 * 60}
    assert money(lines) == (20 + 50 + 48) * Decimal("13.20")


@pytest.mark.parametrize(
    ("clock", "night", "hours"),
    [
        (LONDON, ("2027-03-27T22:00", "2027-03-28T07:00"), 9),  # forward: 22:00 to 08:00 lasts nine hours
        (LONDON, ("2027-10-30T21:00", "2027-10-31T08:00"), 11),
        (NEW_YORK, ("2027-03-14T03:00", "2027-03-14T12:00"), 9),
        (NEW_YORK, ("2027-11-07T02:00", "2027-11-07T13:00"), 11),
        (SYDNEY, ("2027-04-03T11:00", "2027-04-03T22:00"), 11),
        (SYDNEY, ("2027-10-02T12:00", "2027-10-02T21:00"), 9),
    ],
)
def test_a_night_in_which_the_clock_changes_pays_what_it_lasted(
    clock: Clock, night: tuple[str, str], hours: int
) -> None:
    assert to_local(at(night[0]), clock.zone).hour == 22
    assert to_local(at(night[1]), clock.zone).hour == 8
    assert minutes(standby([duty(*night)], clock, [CARD])) == {"weekend": hours * 60}


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Sydney"])
@pytest.mark.parametrize(("day", "hours"), [("long", 25), ("short", 23)])
def test_a_whole_day_of_a_change_pays_its_real_hours(zone: str, day: str, hours: int) -> None:
    days = {
        ("Europe/London", "long"): date(2027, 10, 31),
        ("Europe/London", "short"): date(2027, 3, 28),
        ("America/New_York", "long"): date(2027, 11, 7),
        ("America/New_York", "short"): date(2027, 3, 14),
        ("Australia/Sydney", "long"): date(2027, 4, 4),
        ("Australia/Sydney", "short"): date(2027, 10, 3),
    }
    sunday = days[zone, day]
    noon = datetime.combine(sunday, datetime.min.time(), UTC)
    wide = [Duty(noon - timedelta(days=2), noon + timedelta(days=3), "primary", "payments")]
    special = [card(special=frozenset({sunday}))]
    assert minutes(standby(wide, Clock(zone), special))["special"] == hours * 60


def test_holidays_are_those_of_the_persons_region() -> None:
    thanksgiving = [duty("2026-11-26T12:00", "2026-11-27T12:00")]
    theirs = Clock("America/New_York", "US")
    assert minutes(standby(thanksgiving, theirs, [CARD]))["holiday"] == 17 * 60
    assert "holiday" not in minutes(standby(thanksgiving, NEW_YORK, [CARD]))
    boxing = [duty("2026-12-25T00:00", "2026-12-26T00:00")]
    assert minutes(standby(boxing, Clock("UTC", "GB-ENG"), [CARD])) == {"holiday": 24 * 60}
    assert minutes(standby(boxing, Clock("UTC"), [CARD])) == {"night": 10 * 60, "evening": 4 * 60}
    feast = card(special=frozenset({date(2026, 12, 25)}))
    assert minutes(standby(boxing, Clock("UTC", "GB-ENG"), [feast])) == {"special": 24 * 60}


def test_several_schedules_are_paid_once_at_the_highest_rate() -> None:
    night = ("2026-11-16T22:00", "2026-11-17T08:00")
    second = duty(*night, role="secondary", schedule="a-first-by-name")
    lines = standby(
        [second, duty(*night), duty("2026-11-16T23:00", "2026-11-17T01:00", schedule="search")], LONDON, [CARD]
    )
    assert [(line.schedule, line.role, line.total) for line in lines] == [("payments", "primary", 600)]
    alone = standby([second], LONDON, [CARD])
    assert money(alone) * 2 == money(lines) == 10 * Decimal("13.20")
    part = standby([second, duty("2026-11-16T23:00", "2026-11-17T01:00")], LONDON, [CARD])
    assert minutes(part) == {"night": 600}
    assert money(part) == 2 * Decimal("13.20") + 8 * Decimal("6.60")


def test_an_amount_per_hour_instead_of_a_share() -> None:
    flat = card(flat=True, standby=dict.fromkeys(Hours, Decimal("5.50")))
    assert money(standby([duty("2026-11-16T22:00", "2026-11-17T08:00")], LONDON, [flat])) == Decimal("55.00")


def test_cards_change_at_their_instant_and_nothing_is_paid_before_the_first() -> None:
    cards = [card(starts=at("2026-11-17T00:00")), card(starts=at("2026-11-18T00:00"), hourly=Decimal(80))]
    lines = standby([duty("2026-11-16T00:00", "2026-11-19T00:00")], LONDON, cards)
    assert minutes(lines) == {"night": 2 * 600, "evening": 2 * 240}
    assert money(lines) == 14 * Decimal("13.20") + 14 * Decimal("26.40")


@given(rosters(), st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]))
@settings(max_examples=60, deadline=None)
def test_paid_minutes_are_the_covered_minutes_outside_working_hours(drawn: tuple[Roster, datetime], zone: str) -> None:
    roster, first = drawn
    blocks = expand(roster, first, first + timedelta(days=24))
    people = {block.person for block in blocks} - {None}
    for person in people:
        duties = [Duty(one.start, one.end, "primary", "a") for one in blocks if one.person == person]
        doubled = [*duties, *(one._replace(role="secondary", schedule="b") for one in duties[::2])]
        lines = standby(doubled, Clock(zone), [CARD])
        spans = sorted(span for line in lines for span in line.rows)
        assert all(one[1] <= then[0] for one, then in zip(spans, spans[1:], strict=False)), "a minute is paid twice"
        # Counted apart: by looking at the clock once for each minute that is covered.
        paid = {span[0] + n * MINUTE for span in spans for n in range((span[1] - span[0]) // MINUTE)}
        for one in duties[:3]:
            for n in range(0, (one.end - one.start) // MINUTE, 7):
                instant = one.start + n * MINUTE
                local = to_local(instant, zone)
                works = local.weekday() < 5 and 8 <= local.hour < 18
                assert (instant in paid) == (not works), (instant, zone)
        assert sum(line.total for line in lines) == len(paid)


def test_edges_within_a_minute_neither_lose_nor_double_it() -> None:
    change = datetime(2026, 11, 21, 3, 0, 40, tzinfo=UTC)
    before, after = duty("2026-11-21T02:00", "2026-11-21T03:00"), duty("2026-11-21T03:00", "2026-11-21T04:00")
    counted = [standby([one], LONDON, [CARD]) for one in (before._replace(end=change), after._replace(start=change))]
    assert [minutes(one)["weekend"] for one in counted] == [60, 60]


def calls(*spans: tuple[str, str], duties: Iterable[Duty] = (), cards: Iterable[Rates] = (CARD,)) -> list[Line]:
    engaged = [Engaged(at(start), at(end), number) for number, (start, end) in enumerate(spans, 1)]
    return callouts(engaged, duties, LONDON, list(cards), EVER)


def test_a_short_call_pays_the_shortest_block_also_without_a_roster() -> None:
    (line,) = calls(("2026-11-21T02:04", "2026-11-21T02:16"))
    assert minutes([line]) == {"weekend": 60}
    assert line.amount == Decimal("60.00")
    assert line.incidents == (1,)
    assert (line.rows[0][1] - line.rows[0][0]) // MINUTE == 12


def test_a_long_call_is_paid_by_the_hours_that_it_lay_in() -> None:
    (line,) = calls(("2026-11-20T23:00", "2026-11-21T01:30"))
    assert minutes([line]) == {"night": 60, "weekend": 90}
    assert line.amount == Decimal(40) * Decimal("1.4") + Decimal(60) * Decimal("1.5")


def test_work_that_began_in_working_hours_is_paid_from_their_end() -> None:
    (line,) = calls(("2026-11-20T16:00", "2026-11-20T19:30"))
    assert minutes([line]) == {"evening": 90}
    assert calls(("2026-11-20T10:00", "2026-11-20T17:59")) == []


def test_what_comes_within_the_block_is_the_same_call_and_overlaps_are_paid_once() -> None:
    (line,) = calls(("2026-11-21T02:00", "2026-11-21T02:10"), ("2026-11-21T02:40", "2026-11-21T02:50"))
    assert (line.total, line.incidents) == (60, (1, 2))
    (line,) = calls(("2026-11-21T02:00", "2026-11-21T04:00"), ("2026-11-21T03:00", "2026-11-21T03:30"))
    assert (line.total, line.incidents) == (120, (1, 2))
    assert len(calls(("2026-11-21T02:00", "2026-11-21T02:10"), ("2026-11-21T03:00", "2026-11-21T03:10"))) == 2


def test_an_answer_within_one_minute_is_still_a_call() -> None:
    (line,) = calls(("2026-11-21T02:00", "2026-11-21T02:00"))
    assert line.total == 60


def test_a_fixed_amount_and_time_off_for_each_call() -> None:
    cards = [card(per_callout=Decimal("12.34"), lieu=Decimal(50), block=30)]
    (line,) = calls(("2026-11-21T02:00", "2026-11-21T02:45"), cards=cards)
    assert line.amount == Decimal("57.34")
    assert line.lieu == 23  # half of 45 minutes, half up


def test_where_standby_alone_is_paid_only_who_was_pulled_in_is_paid_for_the_call() -> None:
    cards = [card(pays_callouts=False)]
    held = [duty("2026-11-21T00:00", "2026-11-21T12:00")]
    span = ("2026-11-21T02:00", "2026-11-21T02:30")
    assert calls(span, duties=held, cards=cards) == []
    assert [line.amount for line in calls(span, cards=cards)] == [Decimal("60.00")]


def test_a_call_belongs_to_the_month_in_which_it_begins() -> None:
    engaged = [Engaged(at("2026-10-31T23:30"), at("2026-11-01T00:30"), 7)]
    october, november = (
        (at("2026-10-01T00:00"), at("2026-11-01T00:00")),
        (at("2026-11-01T00:00"), at("2026-12-01T00:00")),
    )
    assert [line.total for line in callouts(engaged, [], LONDON, [CARD], october)] == [60]
    assert callouts(engaged, [], LONDON, [CARD], november) == []


def test_the_same_time_goes_to_the_first_by_role_and_name() -> None:
    night = ("2026-11-16T22:00", "2026-11-17T08:00")
    kept = once([duty(*night, schedule="b"), duty(*night, schedule="a"), duty(*night, role="secondary", schedule="0")])
    assert [(one.schedule, one.role) for one in kept] == [("a", "primary")]


@given(st.integers(-10_000_000, 10_000_000), st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9), min_size=1))
def test_shares_add_up_to_the_cent(cents: int, parts: dict[str, int]) -> None:
    amount = Decimal(cents) / 100
    found = shared(amount, parts)
    assert sum(found.values()) == amount
    whole = sum(parts.values())
    cent = Decimal("0.0100001")  # a share of a third is not exact
    assert all(abs(found[name] - amount * part / whole) <= cent for name, part in parts.items())


def test_rounding_is_half_up_and_once_for_each_line() -> None:
    odd = card(hourly=Decimal("33.33"), standby=dict.fromkeys(Hours, Decimal("33.33")))
    (line,) = standby([duty("2026-11-21T02:00", "2026-11-21T02:07")], LONDON, [odd])
    assert line.amount == Decimal("1.30")  # 33.33 * 0.3333 * 7 / 60 = 1.29604...
    half = card(hourly=Decimal("0.30"), standby=dict.fromkeys(Hours, Decimal(100)))
    (line,) = standby([duty("2026-11-21T02:00", "2026-11-21T02:01")], LONDON, [half])
    assert line.amount == Decimal("0.01")  # half a cent


def test_pieces_are_joined_over_midnight() -> None:
    span = (at("2026-11-16T22:00"), at("2026-11-17T08:00"))
    assert [piece.hours for piece in paid_hours(span, LONDON)] == [Hours.NIGHT]
