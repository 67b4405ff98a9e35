"""Absences in the organisation's file: added, kept, pruned, exported; what a calendar or a person says stays theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall import rosters, writers
from oncall.models import Absence
from provisioning.applying import apply
from provisioning.checking import Refused
from provisioning.exporting import export
from teams.models import User
from tests.factories import make_schedule, make_user

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
ANA = "users:\n  - {email: ana@example.com, timezone: Europe/London, absences: [%s]}\n"
WEEK = '{from: "2026-12-21T00:00", to: "2026-12-28T00:00", reason: Skiing}'


def done(said: str, *, prune: bool = False) -> list[str]:
    return [str(change) for change in apply((ANA % said).encode(), at=AT, prune=prune).changes]


def held() -> list[tuple[datetime, bool]]:
    return list(Absence.objects.filter(removed_at=None).order_by("starts").values_list("starts", "from_file"))


def test_an_absence_of_the_file_is_one_like_any() -> None:
    done("")
    ana, bob = User.objects.get(email="ana@example.com"), make_user("Bob")
    schedule = make_schedule("pair", ana, bob)
    assert any("absences" in line for line in done(WEEK))
    assert done(WEEK) == []
    assert rosters.who_is_on_call(schedule, datetime(2026, 12, 23, tzinfo=UTC)) == bob
    text = export()
    assert "Skiing" in text
    Absence.objects.all().delete()
    apply(text.encode(), at=AT)
    assert export() == text


def test_what_a_person_typed_stays_until_pruned() -> None:
    done("")
    ana = User.objects.get(email="ana@example.com")
    writers.add_absence(
        ana, starts=datetime(2027, 1, 4, tzinfo=UTC), ends=datetime(2027, 1, 5, tzinfo=UTC), by=ana, at=AT
    )
    done(WEEK)
    assert [from_file for _starts, from_file in held()] == [True, False]
    done("")
    assert len(held()) == 2
    done(WEEK, prune=True)
    assert [from_file for _starts, from_file in held()] == [True]
    assert Absence.objects.exclude(removed_at=None).count() == 1


def test_another_clock_of_a_schedule_moves_no_exception_that_a_person_typed() -> None:
    done("")
    ana = User.objects.get(email="ana@example.com")
    schedule = make_schedule("pair", ana, make_user("Bob"), timezone="Europe/London")
    start = datetime(2026, 12, 1, 14, tzinfo=UTC)
    writers.add_override(schedule, person=ana, starts=start, ends=start + timedelta(hours=4), by=ana, at=AT)
    text = export()
    layers = "layers: [{name: weekly, members: [ana@example.com], starts: '2026-01-05T09:00'}]"
    tokyo = f"schedules:\n  - {{slug: pair, team: {schedule.team.slug}, timezone: Asia/Tokyo, {layers}}}\n"
    apply(tokyo.encode(), at=AT)
    schedule.refresh_from_db()
    (row,) = schedule.overrides.filter(removed_at=None)
    assert (schedule.timezone, row.zone, row.starts.hour) == ("Asia/Tokyo", "Europe/London", 14)
    moved = export()
    apply(moved.encode(), at=AT)
    assert moved == export() != text


def test_another_zone_of_the_person_moves_no_absence() -> None:
    done(WEEK)
    User.objects.update(timezone="Asia/Tokyo")
    apply(b"users:\n  - {email: ana@example.com, name: Ana}\n", at=AT + timedelta(hours=1))
    assert Absence.objects.get().timezone == "Europe/London"


@pytest.mark.parametrize(
    "said",
    [
        '{from: "2026-12-28T00:00", to: "2026-12-21T00:00"}',
        '{from: "2027-03-28T01:30", to: "2027-03-29T00:00"}',  # the clock jumps over it
        '{from: "2026-12-21T00:00"}',
        f"{WEEK}, {WEEK}",
    ],
)
def test_nonsense_is_refused_by_line(said: str) -> None:
    with pytest.raises(Refused) as refusal:
        done(said)
    assert refusal.value.problems[0].line == 2
    assert not Absence.objects.exists()
