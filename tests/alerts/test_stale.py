"""An Alertmanager that cannot be asked falls silent about what it repeated: the responder is asked, and answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts import stale, unheard
from alerts.models import Alert, Body, Source
from alerts.payloads import Mark
from alerts.stale_rules import ends_by_itself, is_asked, is_stale, stale_after
from incidents import lifecycle
from incidents.models import Kind, NotAllowed
from oncall.models import Coverage
from teams.models import Notice
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes, only, statuses
from tests.factories import make_layer, make_policy, make_schedule, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
GAP = 4 * HOUR
SILENT = AT + GAP + 6 * HOUR
"""When one that was repeated once, four hours after it began, is stale."""
ASKED = SILENT + timedelta(minutes=10)


def told(*names: str, at: datetime) -> None:
    """Alertmanager tells these of one group."""
    accepted(group(*[fire(name) for name in names or ("a",)]), at=at)


def repeated(*names: str, **fields: Any) -> None:
    """They fire, and are repeated once after `GAP`."""
    make_am(**fields)
    told(*names, at=AT)
    told(*names, at=AT + GAP)


def swept(at: datetime) -> None:
    """The due look, and the one with which it asks."""
    stale.sweep(at)
    stale.sweep(at + timedelta(minutes=10))


def notes() -> list[str]:
    return list(only().timeline.filter(kind=Kind.NOTE).order_by("pk").values_list("text", flat=True))


def test_the_rules() -> None:
    assert stale_after(GAP) == 6 * HOUR
    assert stale_after(timedelta(minutes=5)) == HOUR
    assert not is_stale(None, AT, AT + timedelta(days=99))
    assert not is_stale(GAP, AT, AT + 6 * HOUR - timedelta(seconds=1))
    assert is_stale(GAP, AT, AT + 6 * HOUR)
    assert not is_asked(None, AT)
    assert [is_asked(AT, AT + timedelta(minutes=n)) for n in (9, 10)] == [False, True]
    day = timedelta(days=1)
    assert ends_by_itself(GAP, AT, AT + 6 * HOUR, AT + 6 * HOUR + day, "major")
    assert not ends_by_itself(GAP, AT, AT + 6 * HOUR, AT + 5 * HOUR + day, "major")
    assert not ends_by_itself(day, AT, AT, AT + 2 * day, "standard")
    assert not ends_by_itself(GAP, AT, AT, AT + 99 * day, "critical")


def test_only_a_delivery_without_news_shows_the_gap() -> None:
    make_am()
    told("a", at=AT)
    told("a", "b", at=minutes(20))  # news of b is no repeat of a
    told("a", "b", at=minutes(20.2))  # the other one of a pair
    assert not Alert.objects.exclude(repeat_gap=None).exists()
    told("a", "b", at=minutes(80))
    assert set(Alert.objects.values_list("repeat_gap", flat=True)) == {timedelta(minutes=59, seconds=48)}
    told("a", "b", at=minutes(100))  # a shorter one teaches nothing
    assert set(Alert.objects.values_list("repeat_gap", flat=True)) == {timedelta(minutes=59, seconds=48)}
    told("a", "b", at=minutes(100) + timedelta(days=8))  # nor does an outage
    assert set(Alert.objects.values_list("repeat_gap", flat=True)) == {timedelta(minutes=59, seconds=48)}


def test_who_has_it_is_asked_once_and_the_story_tells() -> None:
    repeated("a", "b")
    ana = make_user("Ana")
    lifecycle.acknowledge(only(), by=ana, at=minutes(1))
    before = only().version
    stale.sweep(SILENT - timedelta(seconds=1))
    assert not Alert.objects.exclude(stale_at=None).exists()
    swept(SILENT)
    (notice,) = Notice.objects.filter(person=ana)
    assert notice.subject == f"{only()}: is it still true?"
    assert notice.path == only().path
    assert "every 4 h" in notice.body
    assert "Down on a, Down on b" in notice.body
    assert notes() == ["2 alerts not heard of for 6 h 10 min; repeated every 4 h before. Are they still true?"]
    assert only().version > before
    stale.sweep(ASKED + HOUR)
    assert Notice.objects.count() == len(notes()) == 1


def test_without_a_holder_who_is_on_call_is_asked_and_else_the_team() -> None:
    ana, lead = make_user("Ana"), make_user("Lea")
    service = make_service("checkout", team=make_team(lead=lead))
    repeated(service=service)
    swept(SILENT)
    assert [one.person for one in Notice.objects.all()] == [lead]
    schedule = make_schedule()
    make_layer(schedule, ana)
    Coverage.objects.create(service=service, policy=make_policy("", (300, [f"schedule:{schedule.slug}"])))
    told(at=SILENT + HOUR)
    swept(SILENT + 30 * HOUR)
    assert list(Notice.objects.order_by("pk").values_list("person__name", flat=True)) == [lead.name, ana.name]


def test_hearing_of_it_takes_the_doubt_away_and_says_so() -> None:
    repeated()
    swept(SILENT)
    before = only().version
    told(at=ASKED + HOUR)
    assert Alert.objects.get().stale_at is None
    assert notes()[-1] == "It is heard of again."
    assert only().version > before
    told(at=ASKED + 2 * HOUR)
    assert len(notes()) == 2


def test_a_doubt_that_nobody_was_asked_about_passes_unsaid() -> None:
    """After an outage of ours each sender is silent for a few minutes more."""
    repeated()
    stale.sweep(SILENT)
    assert Alert.objects.get().stale_at == SILENT
    told(at=SILENT + timedelta(minutes=5))
    stale.sweep(ASKED)
    assert (Alert.objects.get().stale_at, notes()) == (None, [])


@pytest.mark.parametrize(
    "fields",
    [{"reconcile_urls": ["http://am:9093"]}, {"watching": True}, {"kind": "generic"}],
)
def test_who_can_be_asked_itself_or_never_repeats_is_not_doubted(fields: dict[str, Any]) -> None:
    repeated(**{key: value for key, value in fields.items() if key != "kind"})
    if "kind" in fields:
        Source.objects.update(**fields)
    swept(SILENT)
    assert Alert.objects.get().stale_at is None


def test_still_true_counts_as_a_word_about_it() -> None:
    ana = make_user("Ana")
    repeated(service=make_service("checkout", team=make_team(lead=ana)))
    with pytest.raises(NotAllowed):
        stale.still_true(only(), by=ana, at=minutes(1))
    swept(SILENT)
    stale.still_true(only(), by=ana, at=ASKED + HOUR)
    assert notes()[-1] == "It is still true."
    stale.sweep(ASKED + 6 * HOUR)
    assert Alert.objects.get().stale_at is None
    swept(ASKED + 7 * HOUR)
    assert Notice.objects.count() == 2


def test_it_is_over_ends_what_was_not_heard_of_alone() -> None:
    repeated("a", "b")
    told("a", at=AT + 2 * GAP)
    swept(SILENT)
    assert set(statuses().values()) == {"firing"}
    stale.over(only(), by=make_user("Ana"), at=ASKED + HOUR)
    assert statuses() == {"fp-a": "firing", "fp-b": "resolved"}
    assert only().is_open
    assert Body.objects.first().outcome["marks"] == ["stale"]  # type: ignore[union-attr]
    told("a", "b", at=ASKED + 2 * HOUR)
    assert statuses()["fp-b"] == "firing"


def test_nobody_answers_and_after_a_day_it_ends_but_never_a_critical_one() -> None:
    repeated("a", class_from={"label": "severity", "map": {"page": "critical"}, "default": "standard"})
    for at in (AT, AT + GAP):
        accepted(group(fire("x", severity="page"), groupLabels={"alertname": "Other"}), at=at)
    swept(SILENT)
    stale.sweep(SILENT + timedelta(hours=23))
    assert set(statuses().values()) == {"firing"}
    stale.sweep(SILENT + timedelta(days=1))
    assert statuses() == {"fp-a": "resolved", "fp-x": "firing"}
    stale.sweep(SILENT + timedelta(days=30))
    assert statuses()["fp-x"] == "firing"
    told("a", at=SILENT + timedelta(days=31))
    assert statuses()["fp-a"] == "firing"


def test_one_that_was_heard_meanwhile_does_not_end() -> None:
    repeated()
    swept(SILENT)
    alert = Alert.objects.get()
    Alert.objects.update(last_seen_at=ASKED)
    assert unheard.end(alert.source, [alert], at=ASKED + HOUR, mark=Mark.STALE) == 0
    assert set(statuses().values()) == {"firing"}
