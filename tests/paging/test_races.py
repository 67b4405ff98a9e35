"""Acknowledging against a due step, with real threads and real locks: who is first wins, and nothing follows an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from incidents.models import Incident
from paging import answers, delivery, escalation
from paging.models import Delivery, DeliveryAttempt, Page
from tests.factories import make_user
from tests.paging.conftest import World
from tests.threads import raised, together

pytestmark = pytest.mark.django_db(transaction=True)
TRIALS = 1000
STEPS = 20


class Trial:
    """Ten incidents whose second step is due now; one thread works the steps off, another acknowledges them."""

    def __init__(self, world: World, count: int) -> None:
        self.at = timezone.now()
        self.pks = [world.open(at=self.at - timedelta(minutes=5)).pk for _one in range(count)]
        for pk in self.pks:
            escalation.escalate_one(pk, self.at - timedelta(minutes=5))
        Delivery.objects.update(state="sent", sent_at=self.at)
        self.by = world.alice
        self.acknowledged: dict[int, tuple[set[int], set[int]]] = {}

    def steps(self) -> None:
        """The worker: escalate, then claim whatever may be sent."""
        for pk in self.pks:
            escalation.escalate_one(pk, self.at)
            for method in delivery.due(self.at, 100):
                delivery.claim(int(method), self.at)

    def acks(self) -> None:
        """The person: acknowledge, and at once see what pages and attempts are there, in the same snapshot as the commit."""
        for pk in self.pks:
            with transaction.atomic():
                incident = answers.acknowledge(Incident(pk=pk), by=self.by, at=timezone.now())
                pages = set(Page.objects.filter(incident=incident).values_list("pk", flat=True))
                attempts = set(
                    DeliveryAttempt.objects.filter(delivery__page__incident=incident).values_list("pk", flat=True)
                )
            self.acknowledged[pk] = (pages, attempts)


@pytest.fixture
def _no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are data: none here, so that each claim is a race."""
    monkeypatch.setattr("paging.throttle.DEFAULT_GAP", timedelta())


@pytest.mark.usefixtures("_no_throttle")
def test_a_thousand_acknowledgements_against_a_due_step(world: World) -> None:
    """After the commit of the acknowledgement no page is created and no attempt to send begins."""
    before = 0
    for _trial in range(TRIALS // STEPS):
        trial = Trial(world, STEPS)
        assert raised(together(trial.steps, trial.acks)) == []
        trial.steps()
        for pk, (pages, attempts) in trial.acknowledged.items():
            assert set(Page.objects.filter(incident=pk).values_list("pk", flat=True)) == pages
            assert (
                set(DeliveryAttempt.objects.filter(delivery__page__incident=pk).values_list("pk", flat=True))
                == attempts
            )
            before += len(pages) - 1
        assert not Delivery.objects.filter(page__incident__in=trial.pks, state="queued").exists()
    assert 0 < before < TRIALS, f"{before} steps ran before their acknowledgement: the races were none"


def test_two_dispatchers_write_each_page_once(world: World) -> None:
    at = timezone.now()
    incident = world.open(at=at)
    assert raised(together(*[lambda: escalation.escalate_one(incident.pk, at)] * 8)) == []
    assert Page.objects.filter(incident=incident).count() == 1


def test_eight_claims_make_one_attempt(world: World) -> None:
    at = timezone.now()
    incident = world.open(at=at)
    escalation.escalate_one(incident.pk, at)
    method = world.alice.contact_methods.get()
    assert raised(together(*[lambda: delivery.claim(method.pk, at)] * 8)) == []
    assert DeliveryAttempt.objects.count() == 1


def test_two_people_at_once_one_has_it_and_both_are_in_the_story(world: World) -> None:
    incident = world.open()
    zoe = make_user("Zoe")
    acts = [lambda who=who: answers.acknowledge(incident, by=who, at=timezone.now()) for who in (world.bob, zoe)]
    assert raised(together(*acts)) == []
    incident.refresh_from_db()
    assert incident.held_by in {world.bob, zoe}
    assert incident.timeline.filter(kind="acknowledged").count() == 2
