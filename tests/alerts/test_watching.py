"""A source that only watches: everything is decided and kept, nobody is paged, and nothing is lost when it begins to page."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from alerts import watching
from alerts.models import Alert, Body, Episode, Route, Silence, Source, Watched
from incidents.models import Incident
from oncall.models import Coverage
from paging.models import Page
from teams.models import Role, User
from teams.people import Refused
from tests.alerts.posting import accepted, fire, group, make_am, minutes, post, statuses
from tests.factories import make_policy, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("Ada", role=Role.ADMIN)


@pytest.fixture
def source(ada: User) -> Source:
    return make_am(watching=True)


def would() -> Watched:
    return Watched.objects.get()


def test_what_fires_is_kept_and_opens_nothing(source: Source, ada: User) -> None:
    response = post(group(fire("a"), fire("b")))
    assert response.status_code == 202
    assert response.json().items() >= {"accepted": 2, "incidents": []}.items()
    assert not Incident.objects.exists()
    assert not Page.objects.exists()
    assert statuses() == {"fp-a": "firing", "fp-b": "firing"}
    seen = would()
    assert (seen.at, seen.over_at, seen.service, seen.severity) == (minutes(0), None, source.service, "major")
    assert (seen.paged, seen.fingerprints) == (str(ada), ["fp-a", "fp-b"])
    outcome = Body.objects.get().outcome
    assert (outcome["decision"], outcome["watched"], outcome["counts"]) == ("would have opened", 1, {"new": 2})


def test_who_would_have_been_paged_is_the_policys(source: Source) -> None:
    bob = make_user("Bob Bell")
    service = source.service
    assert service
    Coverage.objects.create(service=service, policy=make_policy("p", (300, [f"user:{bob.email}"])))
    accepted(group(fire()))
    assert would().paged == "Bob Bell"


def test_a_route_and_its_class_count(source: Source) -> None:
    other = make_service("search")
    Route.objects.create(position=1, service=other, match={"team": "search"}, severity="critical")
    accepted(group(fire(team="search")))
    assert (would().service, would().severity) == (other, "critical")


def test_a_second_alert_of_the_group_is_the_same_incident(source: Source) -> None:
    accepted(group(fire("a")))
    accepted(group(fire("a"), fire("b")), at=minutes(1))
    accepted(group(fire("a"), fire("b")), at=minutes(2))
    assert would().fingerprints == ["fp-a", "fp-b"]
    assert Body.objects.first().outcome["watched"] == 0  # type: ignore[union-attr]


def test_it_is_over_when_all_its_alerts_are(source: Source) -> None:
    accepted(group(fire("a"), fire("b")))
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    assert would().over_at is None
    accepted(group(fire("b", ends=minutes(2))), at=minutes(2))
    assert would().over_at == minutes(2)
    accepted(group(fire("a", starts=minutes(9))), at=minutes(9))
    assert Watched.objects.count() == 2


def test_back_within_the_hold_down_is_the_same(source: Source) -> None:
    Source.objects.update(resolve_hold=timedelta(minutes=5))
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(1))), at=minutes(1))
    assert would().over_at == minutes(6)
    accepted(group(fire("a", starts=minutes(3))), at=minutes(3))
    assert would().over_at is None


def test_silenced_would_page_nobody(source: Source) -> None:
    Silence.objects.create(match={"alertname": "Down"}, starts_at=minutes(-5), ends_at=minutes(60), reason="known")
    accepted(group(fire()))
    assert would().paged == ""
    assert would().silenced_because


def test_the_same_delivery_twice_is_once(source: Source) -> None:
    accepted(group(fire()))
    accepted(group(fire()))
    assert Watched.objects.count() == Alert.objects.count() == 1


def test_what_it_opened_before_it_watched_still_ends(source: Source) -> None:
    Source.objects.update(watching=False)
    numbers = accepted(group(fire()))
    Source.objects.update(watching=True)
    assert accepted(group(fire(severity="critical"), fire("b")), at=minutes(1)) == numbers
    assert Incident.objects.get().severity == "major"
    accepted(group(fire(ends=minutes(2))), at=minutes(2))
    assert not Incident.objects.get().is_open


def test_other_sources_cost_no_statement_more(source: Source, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert not watching.watches(Source(pk=source.pk))


def test_what_fires_when_it_begins_to_page_opens(source: Source, ada: User) -> None:
    accepted(group(fire("a"), fire("b"), fire("c", ends=minutes(0))))
    accepted(group(fire("d", alertname="Other"), groupLabels={"alertname": "Other"}), at=minutes(1))
    opened = watching.start_paging(Source.objects.get(), by=ada, at=minutes(5))
    assert len(opened) == 2
    assert set(Incident.objects.values_list("declared_at", flat=True)) == {minutes(5)}
    assert all(one.page_due_at == minutes(5) for one in Incident.objects.all())
    assert not Episode.objects.filter(closed_at=None, incident=None).exists()
    assert not Alert.objects.filter(firing=True, incident=None).exists()
    assert not Source.objects.get().watching
    assert not Watched.objects.filter(over_at=None).exists()


def test_after_that_its_groups_go_on(source: Source, ada: User) -> None:
    """The group is the sender's: what comes later joins, and the end resolves."""
    labels = {"alertname": "Down", "cluster": "eu"}
    accepted(group(fire("a"), groupLabels=labels))
    (incident,) = watching.start_paging(Source.objects.get(), by=ada, at=minutes(5))
    assert accepted(group(fire("a"), fire("b"), groupLabels=labels), at=minutes(6)) == [incident.number]
    accepted(group(fire("a", ends=minutes(7)), fire("b", ends=minutes(7)), groupLabels=labels), at=minutes(7))
    assert not Incident.objects.get().is_open


def test_begun_twice_is_once(source: Source, ada: User) -> None:
    accepted(group(fire()))
    seen = Source.objects.get()
    assert watching.start_paging(Source.objects.get(), by=ada, at=minutes(5))
    assert watching.start_paging(seen, by=ada, at=minutes(6)) == []
    assert Incident.objects.count() == 1


def test_one_of_the_file_is_changed_there(source: Source, ada: User) -> None:
    Source.objects.update(from_file=True)
    accepted(group(fire()))
    with pytest.raises(Refused), transaction.atomic():
        watching.start_paging(Source.objects.get(), by=ada, at=minutes(5))
    assert Source.objects.get().watching
    assert not Incident.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_delivery_on_its_way_is_not_lost(source: Source, ada: User) -> None:
    """It was let in while the source watched, and is taken in after the source has begun to page."""
    inside = threading.Event()

    def deliver() -> None:
        inside.set()
        try:
            accepted(group(fire("late")), at=minutes(1))
        finally:
            connection.close()

    posting = threading.Thread(target=deliver)
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get()
        posting.start()
        inside.wait(10)
        watching.start_paging(Source.objects.get(), by=ada, at=minutes(1))
    posting.join(20)
    assert Alert.objects.get().incident == Incident.objects.get()
