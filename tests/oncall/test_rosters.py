"""Who is on call, asked of the database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from oncall import rosters, writers
from oncall.models import Cover, Layer, Override, Schedule
from oncall.reasons import sentences
from oncall.rotation import Source
from teams.models import User
from tests.factories import make_layer, make_schedule, make_user

pytestmark = pytest.mark.django_db
local = datetime.fromisoformat
LONDON = "Europe/London"
Counter = Callable[[int], AbstractContextManager[Any]]


def z(text: str) -> datetime:
    return local(text).replace(tzinfo=UTC)


AT = z("2026-11-21 10:00")


def three() -> tuple[User, User, User]:
    return make_user("Ana"), make_user("Bob"), make_user("Cleo")


def add(schedule: Schedule, person: User, starts: str, ends: str, at: datetime = AT, **fields: Any) -> Override:
    times: dict[str, Any] = {"starts": local(starts), "ends": local(ends)}
    return writers.add_override(schedule, person=person, by=None, at=at, **times, **fields)


def cover(schedule: Schedule, person: User, covered: User, starts: str, ends: str) -> Cover:
    times: dict[str, Any] = {"starts": local(starts), "ends": local(ends)}
    return writers.add_cover(schedule, person=person, covered=covered, by=None, at=AT, **times)


def test_a_weekly_rotation_in_its_zone() -> None:
    ana, bob, cleo = three()
    schedule = make_schedule("pay", ana, bob, cleo, timezone="America/New_York", starts=local("2026-10-19 09:00"))
    assert rosters.who_is_on_call(schedule, z("2026-11-02 13:30")) == bob
    assert rosters.who_is_on_call(schedule, z("2026-11-02 14:00")) == cleo
    assert rosters.who_is_on_call(schedule, z("2026-10-19 12:59")) is None
    assert rosters.shifts(schedule, z("2026-10-26 13:00"), z("2026-11-02 15:00")) == [
        (bob, z("2026-10-26 13:00"), z("2026-11-02 14:00"), "layer 0", Source.LAYER),
        (cleo, z("2026-11-02 14:00"), z("2026-11-02 15:00"), "layer 0", Source.LAYER),
    ]
    now = rosters.on_call(schedule, z("2026-10-30 00:00"))
    assert now == (bob, z("2026-10-26 13:00"), z("2026-11-02 14:00"), cleo, "layer 0", Source.LAYER)
    assert rosters.handover_since(schedule, z("2026-10-20 00:00"), z("2026-11-03 00:00")) == (
        z("2026-11-02 14:00"), bob, cleo)  # fmt: skip


def test_windows_counting_and_a_zone_of_the_layer() -> None:
    ana, bob, cleo = three()
    schedule = make_schedule("office", timezone=LONDON)
    window = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "24:00"}
    make_layer(
        schedule,
        ana,
        bob,
        cleo,
        unit="day",
        starts=local("2026-11-20 09:00"),
        windows=[window],
        count="covered",
        timezone="Asia/Tokyo",
    )
    nine = [rosters.who_is_on_call(schedule, z(f"2026-11-{day} 00:00")) for day in (20, 21, 23, 24)]
    assert nine == [ana, None, bob, cleo]
    assert [gap.start for gap in rosters.gaps(schedule, z("2026-11-20 00:00"), z("2026-11-23 12:00"))] == [
        z("2026-11-20 15:00")
    ]


def test_overrides_and_covers_lie_over_the_layers() -> None:
    ana, bob, cleo = three()
    schedule = make_schedule("pay", ana, timezone=LONDON)
    add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00")
    add(schedule, cleo, "2026-11-21T12:00", "2026-11-21T14:00", at=AT + timedelta(minutes=1))
    cover(schedule, bob, ana, "2026-11-21T22:00", "2026-11-21T23:00")
    day = rosters.shifts(schedule, z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    assert [(s.person, s.start.hour, s.source) for s in day] == [
        (ana, 0, "layer"), (bob, 8, "override"), (cleo, 12, "override"), (bob, 14, "override"),
        (ana, 20, "layer"), (bob, 22, "cover"), (ana, 23, "layer")]  # fmt: skip
    rows = rosters.layer_shifts(schedule, z("2026-11-21 00:00"), z("2026-11-22 00:00"))
    assert [(name, [s.person for s in row]) for name, row in rows] == [("layer 0", [ana])]


def test_exceptions_taken_back_hold_no_more() -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana)
    override = add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00")
    stand_in = cover(schedule, bob, ana, "2026-11-21T08:00", "2026-11-21T20:00")
    writers.remove_override(override, at=AT)
    assert rosters.who_is_on_call(schedule, AT) == bob
    writers.remove_cover(stand_in, at=AT)
    assert rosters.who_is_on_call(schedule, AT) == ana
    assert writers.remove_override(override, at=AT + timedelta(1)).removed_at == AT
    assert writers.remove_cover(stand_in, at=AT + timedelta(1)).removed_at == AT


def test_exceptions_far_from_utc_are_found() -> None:
    ana, bob, _cleo = three()
    for zone, starts, ends in [
        ("Pacific/Kiritimati", "2026-11-22T00:00", "2026-11-22T00:30"),
        ("Pacific/Midway", "2026-11-20T23:00", "2026-11-20T23:30"),
    ]:
        schedule = make_schedule("", ana, timezone=zone)
        add(schedule, bob, starts, ends)
        assert rosters.who_is_on_call(schedule, AT + timedelta(minutes=5)) == bob, zone


def test_who_is_not_active_is_skipped() -> None:
    ana, bob, cleo = three()
    schedule = make_schedule("pay", ana, bob, cleo, unit="day", starts=local("2026-11-21 00:00"))
    add(schedule, ana, "2026-11-21T00:00", "2026-11-21T23:00")
    ana.is_active = False
    ana.save()
    assert rosters.who_is_on_call(schedule, AT) == bob
    User.objects.update(is_active=False)
    assert rosters.who_is_on_call(schedule, AT) is None
    assert sentences(schedule, AT) == [
        "layer 0: all its members have been deactivated or are away",
        "Nobody is on call",
    ]


def test_the_trace_in_words() -> None:
    ana, bob, cleo = three()
    schedule = make_schedule("pay", ana, bob, timezone=LONDON, starts=local("2026-11-16 09:00"))
    make_layer(schedule, name="empty")
    add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00")
    cover(schedule, cleo, bob, "2026-11-21T09:00", "2026-11-21T11:00")
    assert sentences(schedule, AT) == [
        "empty: has no members",
        "layer 0: the last layer that has somebody now",
        "layer 0: turn 1 is Ana's, 2026-11-16 09:00 to 2026-11-23 09:00",
        "Override: Bob, 2026-11-21 08:00 to 2026-11-21 20:00",
        "Cleo covers Bob, 2026-11-21 09:00 to 2026-11-21 11:00",
    ]
    assert rosters.why(schedule, AT)[-1].person == cleo
    assert sentences(schedule, z("2026-01-01 00:00"))[1:] == [
        "layer 0: starts only on 2026-11-16 09:00",
        "Nobody is on call",
    ]


def test_a_row_with_nonsense_in_it_does_not_keep_the_others_from_waking(caplog: pytest.LogCaptureFixture) -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana)
    for wrong in (
        {"windows": [{"days": ["someday"], "from": "x"}]},
        {"timezone": "Mars/Base"},
        {"windows": ["?"]},
        {"unit": "eon"},
    ):
        make_layer(schedule, bob, **wrong)
    with caplog.at_level(logging.CRITICAL):
        assert rosters.who_is_on_call(schedule, AT) == ana


@pytest.mark.parametrize("schedules", [1, 5])
def test_the_number_of_statements_is_constant(schedules: int, django_assert_num_queries: Counter) -> None:
    people = three()
    row = [make_schedule("", *people) for _ in range(schedules)]
    for schedule in row:
        make_layer(schedule, *people, unit="day")
        for day in range(1, 6):
            add(schedule, people[0], f"2026-11-2{day}T08:00", f"2026-11-2{day}T10:00")
        cover(schedule, people[1], people[2], "2026-11-21T08:00", "2026-11-21T10:00")
    with django_assert_num_queries(2):
        found = rosters.on_call_now(row, AT)
        assert [schedule for schedule, _now in found] == row
        assert len({str(now.person) for _schedule, now in found}) == 1
    with django_assert_num_queries(2):
        rosters.who_is_on_call(row[0], AT)
    with django_assert_num_queries(2):
        rosters.shifts(row[0], AT, AT + timedelta(365))
    with django_assert_num_queries(2):
        rosters.why(row[0], AT)


def test_an_answer_is_never_stale() -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana)
    assert rosters.who_is_on_call(schedule, AT) == ana
    Layer.objects.get().turns.update(user=bob)
    assert rosters.who_is_on_call(schedule, AT) == bob


def test_the_same_override_twice_is_one() -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana)
    first = add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00", reason="dentist")
    assert add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00", at=AT + timedelta(1)) == first
    add(schedule, ana, "2026-11-21T08:00", "2026-11-21T20:00", at=AT + timedelta(2))
    assert add(schedule, bob, "2026-11-21T08:00", "2026-11-21T20:00", at=AT + timedelta(3)) != first
    assert rosters.who_is_on_call(schedule, AT) == bob


def test_instants_become_the_schedules_wall_clock() -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana, timezone="America/New_York")
    row = writers.add_override(schedule, person=bob, starts=AT, ends=AT + timedelta(hours=2), by=ana, at=AT)
    row.refresh_from_db()
    assert (row.starts, row.ends, row.created_by) == (local("2026-11-21 05:00"), local("2026-11-21 07:00"), ana)


@pytest.mark.parametrize(
    ("starts", "ends", "field", "said"),
    [
        ("2026-10-25T01:30", "2026-10-25T08:00", "starts", "happens twice"),
        ("2027-03-27T01:30", "2027-03-28T01:30", "ends", "does not exist"),
        ("2026-11-21T08:00", "2026-11-21T08:00", "ends", "end after it starts"),
        ("2026-11-21T08:00", "2026-11-20T08:00", "ends", "end after it starts"),
        ("0001-01-01T08:00", "2026-11-20T08:00", "starts", "1970 to 2100"),
        ("2026-10-25T00:30+00:00", "2026-10-25T08:00+00:00", "starts", "happens twice"),
    ],
)
def test_what_cannot_be_meant_is_asked_back(starts: str, ends: str, field: str, said: str) -> None:
    ana, bob, _cleo = three()
    schedule = make_schedule("pay", ana, timezone=LONDON)
    with pytest.raises(ValidationError, match=said) as refused:
        add(schedule, bob, starts, ends)
    assert list(refused.value.message_dict) == [field]
    assert not Override.objects.exists()


def test_who_cannot_hold_the_pager() -> None:
    ana, _bob, _cleo = three()
    schedule = make_schedule("pay", ana)
    gone = make_user("Gone", is_active=False)
    with pytest.raises(ValidationError, match="not active"):
        add(schedule, gone, "2026-11-21T08:00", "2026-11-21T20:00")
    with pytest.raises(ValidationError, match="not active"):
        cover(schedule, gone, ana, "2026-11-21T08:00", "2026-11-21T20:00")
    with pytest.raises(ValidationError, match="cover themselves"):
        cover(schedule, ana, ana, "2026-11-21T08:00", "2026-11-21T20:00")
    with pytest.raises(ValidationError, match="at most 300"):
        add(schedule, ana, "2026-11-21T08:00", "2026-11-21T20:00", reason="x" * 301)
    assert not Override.objects.exists()


def test_ten_thousand_overrides(django_assert_num_queries: Counter) -> None:
    """Half an hour each, one after the other, from two people in turn: every instant has its own, and a year is right."""
    ana, bob, cleo = three()
    schedule = make_schedule("busy", cleo)
    begin, half = local("2026-12-01 00:00"), timedelta(minutes=30)
    Override.objects.bulk_create(
        Override(
            schedule=schedule,
            person=(ana, bob)[number % 2],
            starts=begin + number * half,
            ends=begin + (number + 1) * half,
            created_at=AT + timedelta(seconds=number),
        )
        for number in range(10_000)
    )
    first = begin.replace(tzinfo=UTC)
    with django_assert_num_queries(2):
        assert rosters.who_is_on_call(schedule, first + 9_999 * half + timedelta(minutes=1)) == bob
    with django_assert_num_queries(2):
        found = rosters.shifts(schedule, first - half, first + 10_001 * half)
    assert [len(found), found[0].person, found[1].person, found[-2].person, found[-1].person] == [
        10_002,
        cleo,
        ana,
        bob,
        cleo,
    ]


def test_what_was_taken_back_stood_until_then() -> None:
    """A page that went to Bob under an override is not rewritten when the override is taken back."""
    ana, bob, _cleo = three()
    schedule = make_schedule("s", ana)
    row = add(schedule, bob, "2026-11-21 08:00", "2026-11-21 20:00")
    writers.remove_override(row, at=AT + timedelta(hours=2))
    found = rosters.shifts(schedule, AT - timedelta(hours=4), AT + timedelta(hours=8))
    assert [(one.person, one.start) for one in found] == [
        (ana, AT - timedelta(hours=4)),
        (bob, z("2026-11-21 08:00")),
        (ana, AT + timedelta(hours=2)),
    ]
    later = add(schedule, bob, "2026-11-22 08:00", "2026-11-22 20:00")
    writers.remove_override(later, at=AT + timedelta(hours=3))
    assert rosters.who_is_on_call(schedule, z("2026-11-22 12:00")) == ana
