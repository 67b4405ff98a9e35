"""Which incident, which class, when it ends, and when somebody is paged again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.models import Body, Route, Silence, Source
from incidents import alerts_end, lifecycle
from incidents.models import Incident, Kind, State
from paging.models import Escalation
from teams.models import Playbook
from tests.alerts.posting import AT, KEY, accepted, fire, group, make_am, minutes, only
from tests.factories import make_service, make_user

pytestmark = pytest.mark.django_db

CLASSES = {"label": "severity", "map": {"crit": "critical", "warn": "major"}, "default": "standard"}


def event(**fields: Any) -> dict[str, Any]:
    return {"title": "Disk full", "dedup_key": "d1"} | fields


def generic(body: object, **more: Any) -> list[str]:
    return accepted(body, path=f"/api/in/generic/{KEY}", **more)


def make_generic(**fields: Any) -> Source:
    return make_am(kind="generic", **fields)


def test_the_hold_down_keeps_it_open_for_a_while() -> None:
    make_am(resolve_hold=None)
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(3))), at=minutes(4))
    assert (only().resolve_as_of, only().resolve_due_at) == (minutes(3), minutes(9))
    assert not alerts_end.due(minutes(8), 10)
    assert alerts_end.resolve_one(only().pk, minutes(9))
    assert (only().state, only().resolved_at) == (State.RESOLVED, minutes(3))


def test_an_alert_in_the_hold_down_stops_the_end() -> None:
    make_am(resolve_hold=None)
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(3))), at=minutes(4))
    accepted(group(fire("a", starts=minutes(5))), at=minutes(5))
    assert only().resolve_due_at is None
    assert only().is_open
    assert Incident.objects.count() == 1


def test_class_by_label_and_worse_later() -> None:
    make_am(class_from=CLASSES)
    accepted(group(fire("a", severity="warn")))
    assert only().severity == "major"
    lifecycle.acknowledge(only(), by=make_user("Ana"), at=minutes(1))
    accepted(group(fire("b", severity="info")), at=minutes(2))
    assert only().severity == "major"
    assert only().is_held
    accepted(group(fire("c", severity="crit")), at=minutes(3))
    assert only().severity == "critical"
    assert not only().is_held  # it pages again
    assert only().page_due_at == minutes(3)


def test_the_same_alert_may_get_worse() -> None:
    make_generic(class_from={"label": "severity", "map": {"critical": "critical"}, "default": "standard"})
    generic(event(severity="info"))
    assert only().severity == "standard"
    generic(event(severity="critical"), at=minutes(1))
    assert only().severity == "critical"
    generic(event(severity="info"), at=minutes(2))
    assert only().severity == "critical"


def test_class_of_the_service_else_major() -> None:
    make_am(make_service(default_class="critical"))
    accepted(group(fire("a")))
    assert only().severity == "critical"


def test_the_first_route_decides_and_a_broken_one_loses_nothing() -> None:
    source = make_am()
    search, pay = make_service("search"), make_service("pay")
    playbook = Playbook.objects.create(service=pay, title="Restart")
    routes: list[dict[str, Any]] = [
        {"match": {"team": "=~("}, "service": search, "source": source},
        {"match": {"team": "=~pay.*"}, "service": pay, "severity": "critical", "playbook": playbook},
        {"match": {}, "service": search, "source": None},
    ]
    for position, route in enumerate(routes):
        Route.objects.create(**({"position": position, "source": source} | route))
    accepted(group(fire("a", team="payments")))
    assert (only().service, only().severity) == (pay, "critical")
    assert only().timeline.get().data["playbook"] == "Restart"
    accepted(group(fire("b", team="web")), at=minutes(1))
    assert Incident.objects.latest("pk").service == search


def test_without_any_service_there_is_an_incident_all_the_same() -> None:
    Source.objects.all().delete()
    source = make_am()
    source.service = None
    source.save()
    accepted(group(fire("a")))
    assert only().service is None
    assert only().page_due_at == AT


def test_grouping_none_is_one_incident_for_each_alert() -> None:
    make_am(grouping="none")
    assert len(accepted(group(fire("a"), fire("b")))) == 2


def test_grouping_by_service_within_the_window() -> None:
    make_am(grouping="service", group_window=timedelta(minutes=30))
    accepted(group(fire("a")))
    accepted(group(fire("b"), groupLabels={"alertname": "Other"}), at=minutes(25))
    accepted(group(fire("c")), at=minutes(50))  # within the window of the last
    assert Incident.objects.count() == 1
    accepted(group(fire("d")), at=minutes(81))
    first, second = Incident.objects.order_by("pk")
    assert first.is_open
    assert second.is_open
    accepted(group(fire("e")), at=minutes(82))
    assert set(second.episodes.values_list("alert__fingerprint", flat=True)) == {"fp-d", "fp-e"}
    ends = [fire(name, ends=minutes(83)) for name in "abcde"]
    accepted(group(*ends), at=minutes(83))
    assert set(Incident.objects.values_list("state", flat=True)) == {"resolved"}


def test_reopened_within_the_window_and_recurring_after_it() -> None:
    make_am(reopen_window=timedelta(minutes=30))
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    accepted(group(fire("b", starts=minutes(20))), at=minutes(20))
    assert only().reopened == 1
    accepted(group(fire("b", starts=minutes(20), ends=minutes(21))), at=minutes(21))
    accepted(group(fire("c", starts=minutes(60))), at=minutes(60))
    first, second = Incident.objects.order_by("pk")
    assert second.recurrence_of == first
    accepted(group(fire("c", starts=minutes(60), ends=minutes(61))), at=minutes(61))
    accepted(group(fire("c", starts=minutes(6000))), at=minutes(6000))
    assert Incident.objects.latest("pk").recurrence_of is None


def test_a_silence_keeps_the_opening_quiet_until_another_alert_comes() -> None:
    make_am()
    Silence.objects.create(match={"instance": "a"}, starts_at=AT, ends_at=minutes(60), reason="known")
    accepted(group(fire("a")))
    assert (only().silenced_until, only().page_due_at) == (minutes(60), minutes(60))
    assert Body.objects.get().outcome["silenced"] == {"fp-a": "known"}
    accepted(group(fire("b")), at=minutes(1))
    assert (only().silenced_until, only().page_due_at) == (None, minutes(1))


def test_a_later_alert_starts_paging_again_when_everybody_was_asked() -> None:
    make_am()
    accepted(group(fire("a")))
    incident = only()
    lifecycle.next_look(incident, due_at=None)
    Escalation.objects.create(
        incident=incident, fence=incident.page_fence, policy={}, state=Escalation.State.EXHAUSTED, started_at=AT
    )
    accepted(group(fire("a")), at=minutes(30))
    assert only().page_due_at is None  # a repeat is no news
    accepted(group(fire("b")), at=minutes(31))
    assert only().page_due_at == minutes(31)
    assert only().page_fence == incident.page_fence + 1


def test_alerts_do_not_end_what_a_person_declared() -> None:
    make_am()
    accepted(group(fire("a")))
    incident = only()
    incident.stamp("human", detected_at=AT)
    incident.save()
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    assert only().is_open


def test_an_acknowledgement_at_the_sender_is_one_of_the_incident() -> None:
    make_generic()
    generic(event())
    generic(event(status="ack"), at=minutes(1))
    assert only().timeline.filter(kind=Kind.ACKNOWLEDGED).count() == 1
    assert (only().holder, only().held_by, only().acked_at) == (str(Source.objects.get()), None, minutes(1))
    assert generic(event(dedup_key="nobody-knows", status="ack"), at=minutes(2)) == []


def test_generic_events_without_times() -> None:
    make_generic()
    generic(event())
    generic(event(), at=minutes(1))
    generic(event(status="resolved"), at=minutes(2))
    assert (only().state, only().resolved_at) == (State.RESOLVED, minutes(2))
    generic(event(), at=minutes(3))
    assert only().reopened == 1


def test_what_maps_to_nothing_pages() -> None:
    make_generic()
    generic({"foo": 1})
    assert only().title == "Unmapped event from am"
    assert only().page_due_at == AT


def test_it_is_called_by_the_name_of_its_source() -> None:
    make_generic(name="Batch jobs")
    generic({"foo": 1})
    assert only().title == "Unmapped event from Batch jobs"


def test_other_known_kinds_are_read_as_generic() -> None:
    make_am(kind="zabbix")
    accepted(event(), path=f"/api/in/zabbix/{KEY}")
    assert only().title == "Disk full"
