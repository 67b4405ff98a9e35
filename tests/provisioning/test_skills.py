"""Training and agreements in the organisation's file: written, changed, taken over from forms, taken back by pruning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oncall import skills
from oncall.models import Agreement, Schedule, Training
from provisioning.applying import apply
from provisioning.checking import Refused
from provisioning.exporting import export
from teams.models import User
from tests.provisioning.organisations import CONTRACT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
DAY = date(2026, 5, 4)
RECORDS = """\
training:
  - {person: alice@example.com, for: "schedule:payments-primary", on: 2026-05-04, by: Bob, until: 2027-05-04}
  - {person: bob@example.com, for: "service:checkout", on: 2026-05-04}
agreements:
  - {person: alice@example.com, for: "team:payments", on: 2026-05-04, version: "1"}
"""


def done(text: str, *, prune: bool = False) -> list[str]:
    """Apply `text`; the changes in words."""
    return [str(change) for change in apply(text.encode(), at=AT, prune=prune).changes]


def test_they_are_written_changed_and_taken_back() -> None:
    done(CONTRACT)
    assert done(RECORDS) == [
        "create training alice@example.com schedule:payments-primary 2026-05-04",
        "create training bob@example.com service:checkout 2026-05-04",
        "create agreement alice@example.com team:payments 2026-05-04",
    ]
    assert done(RECORDS) == []
    assert done(RECORDS.replace("by: Bob, until: 2027-05-04", "by: Mia")) == [
        "change training alice@example.com schedule:payments-primary 2026-05-04: by from Bob to Mia; "
        "until from 2027-05-04 to nothing"
    ]
    assert done("training: []\n") == []
    assert done("training: []\n", prune=True) == [
        "archive training alice@example.com schedule:payments-primary 2026-05-04",
        "archive training bob@example.com service:checkout 2026-05-04",
    ]
    assert set(Training.objects.values_list("removed_at", flat=True)) == {AT}
    assert Agreement.objects.get().removed_at is None
    assert len(done(RECORDS)) == 2
    assert (Training.objects.count(), Training.objects.filter(removed_at=None).count()) == (4, 2)


def test_what_a_form_said_is_kept_by_the_file_from_then_on() -> None:
    done(CONTRACT)
    bob, pager = User.objects.get(email="bob@example.com"), Schedule.objects.get()
    skills.train(bob, pager, on=DAY, at=AT, by=bob)
    said = 'training: [{person: bob@example.com, for: "schedule:payments-primary", on: 2026-05-04}]\n'
    assert done(said) == [
        "change training bob@example.com schedule:payments-primary 2026-05-04: from now on kept by the file"
    ]
    assert Training.objects.get().from_file
    assert "training:" in export()


def test_a_training_does_not_keep_its_schedule_in_use() -> None:
    done(CONTRACT + RECORDS)
    small = "schedules: []\npolicies: []\nservices: []\nroutes: []\ncomponents: []\nsources: []\n"
    assert "archive schedule payments-primary" in done(small, prune=True)
    assert "training" not in export()
    assert "agreements" in export()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"2026-05-04, by": "soon, by"}, "is not a day such as"),
        ({"2026-05-04, by": "1969-05-04, by"}, "is not between 1970 and 2199"),
        ({"schedule:payments-primary": "team:payments"}, "does not begin with schedule: or service:."),
        ({"team:payments": "service:checkout"}, "does not begin with schedule: or team:."),
        ({"alice@example.com, for": "nobody@example.com, for"}, "there is no user"),
        ({"service:checkout": "service:chekout"}, "Did you mean 'checkout'?"),
        ({"bob@example.com": "alice@example.com", "service:checkout": "schedule:payments-primary"}, "is there twice"),
        ({"until: 2027-05-04": "until: 2026-05-03"}, "before the day of the training"),
        ({'version: "1"': "versoin: 1"}, "is not a key of an agreement"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(wrong: dict[str, str], sentence: str) -> None:
    done(CONTRACT)
    text = RECORDS
    for old, new in wrong.items():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(Refused) as refused:
        done(text)
    assert sentence in str(refused.value)
    assert not Training.objects.exists()
    assert refused.value.problems[0].line > 1
    assert not Agreement.objects.filter(created_at__gt=AT - timedelta(days=1)).exists()
