"""What alert rules cost: counted from what happened, offered by a rule that is written down, decided once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.models import Source
from incidents import command, lifecycle
from incidents.metrics import Window
from incidents.models import Incident, NotAllowed
from review.noise import decide, decided, noise_of
from review.noise_rows import NoiseDecision
from review.noise_rules import Case, Rule, count
from teams.models import User
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes
from tests.factories import make_page, make_service, make_user

WEEK = Window(AT - timedelta(days=5), AT + timedelta(days=2))
DOWN, SLOW = Rule(1, 1, "Down"), Rule(1, 1, "Slow")
SHORT = Case(DOWN, pages=2, off_hours=1, by_itself=True, lasted=timedelta(minutes=4))
IDLE = Case(DOWN, pages=1, acked=True, by_itself=True, lasted=timedelta(minutes=40))
REAL = Case(DOWN, pages=3, acked=True, acted=True, lasted=timedelta(minutes=40))


def test_the_sums_of_a_rule() -> None:
    (found,) = count([SHORT, IDLE, REAL, Case(DOWN, beginnings=3)])
    assert (found.incidents, found.pages, found.off_hours) == (4, 6, 1)
    assert (found.short, found.idle, found.for_nothing, found.flaps) == (1, 1, 2, 2)


@pytest.mark.parametrize(
    ("cases", "offered"),
    [
        ([SHORT], False),
        ([SHORT, IDLE], True),
        ([SHORT, IDLE, REAL, REAL], True),
        ([SHORT, IDLE, REAL, REAL, REAL], False),
        ([SHORT._replace(lasted=timedelta(minutes=5))] * 3, False),
        ([Case(DOWN, beginnings=6)], True),
        ([Case(DOWN, beginnings=5)], False),
        ([SHORT._replace(acked=True)] * 2, True),
    ],
)
def test_what_is_offered(cases: list[Case], offered: bool) -> None:
    (found,) = count(cases)
    assert found.is_offered is offered
    assert found.for_nothing <= found.incidents


def test_what_wants_to_be_tuned_stands_first() -> None:
    found = count([REAL._replace(rule=SLOW, pages=50), SHORT, IDLE])
    assert [one.rule for one in found] == [DOWN, SLOW]


@pytest.fixture
def am(db: None) -> Source:
    """Alertmanager of checkout; its incidents end at once."""
    return make_am(make_service("checkout"), class_from={"default": "major", "label": "severity", "map": {}})


@pytest.fixture
def ana(db: None) -> User:
    """On call, in London."""
    return make_user("Ana", timezone="Europe/London")


def test_read_from_what_happened(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    make_page(ana, Incident.objects.get(), at=AT)  # Saturday, 02:04
    accepted(group(fire("a", ends=minutes(3))), at=minutes(3))
    day = 24 * 60
    accepted(group(fire("a", starts=minutes(day))), at=minutes(day))
    second = Incident.objects.latest("pk")
    lifecycle.acknowledge(second, by=ana, at=minutes(day + 1))
    accepted(group(fire("a", starts=minutes(day), ends=minutes(day + 30))), at=minutes(day + 30))
    lifecycle.open_one(lifecycle.Opening("By hand", am.service, "major", by=ana), at=AT)
    rule = Rule(am.pk, am.service_id, "Down")
    (found,) = noise_of(WEEK, ana)
    assert (found.rule, found.incidents, found.pages, found.off_hours) == (rule, 2, 1, 1)
    assert (found.short, found.idle, found.is_offered) == (1, 1, True)
    command.note(second, by=ana, text="I restarted it.", at=minutes(day + 40))
    (found,) = noise_of(WEEK, ana)
    assert (found.idle, found.is_offered) == (0, False)
    assert noise_of(Window(WEEK.start - timedelta(days=7), WEEK.start), ana) == []


def test_restricted_ones_are_not_told(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    Incident.objects.update(restricted=True)
    assert noise_of(WEEK, ana) == []


def test_a_word_is_kept_by_week_and_twice_is_once(am: Source, ana: User) -> None:
    rule = Rule(am.pk, am.service_id, "Down")
    said: dict[str, Any] = {
        "week": "2026-W47",
        "verdict": "tuned",
        "because": "Waits 10 minutes now",
        "by": ana,
        "at": AT,
    }
    made = decide(rule, **said)
    assert decide(rule, **said) == made
    kept = decide(rule, **said | {"verdict": "kept"})
    assert decided(["2026-W47"]) == {("2026-W47", rule): kept}
    assert decided(["2026-W46"]) == {}
    with pytest.raises(NotAllowed):
        decide(rule, **said | {"because": " "})
    assert NoiseDecision.objects.count() == 2
