"""The reference set: the demo with years before it, in which nothing is due and nothing has yet to happen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import F, Max, Min

from alerts.models import Alert, Episode
from incidents.models import ImpactInterval, Incident, Kind, TimelineEntry
from paging.models import Delivery, Page
from postmortems.models import Clock, Postmortem, Remediation
from provisioning.reference.build import YEARS, build
from status.models import ComponentChange, PublicIncident, PublicUpdate
from tests.provisioning.demos import AT

pytestmark = pytest.mark.django_db

COUNT = 400


@pytest.fixture(scope="module")
def reference(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[str]]:
    """What it said while it was built; the set is there until the module is done."""
    said: list[str] = []
    with time_machine.travel(AT, tick=False), django_db_blocker.unblock(), transaction.atomic():
        build(AT, COUNT, say=said.append, months=1)
        yield said
        transaction.set_rollback(True)


def test_as_many_as_were_asked_for_and_it_says_how_far_it_is(reference: list[str]) -> None:
    assert Incident.objects.count() == COUNT
    assert any("copies, until" in line for line in reference)


def test_spread_over_the_years_and_numbered_as_they_happened(reference: list[str]) -> None:
    found = Incident.objects.aggregate(first=Min("detected_at"), last=Max("detected_at"))
    assert found["first"] < AT - timedelta(days=365 * (YEARS - 3)) < AT - timedelta(hours=8) < found["last"]
    copies = Incident.objects.filter(pk__lte=COUNT).order_by("pk").values_list("detected_at", flat=True)
    assert list(copies) == sorted(copies)


def test_nothing_of_a_copy_is_still_to_come_and_nothing_is_due(reference: list[str]) -> None:
    copies = Incident.objects.filter(pk__lte=COUNT)
    assert not copies.open().exists()
    assert not copies.exclude(page_due_at=None, resolve_due_at=None, clocks_due_at=None).exists()
    assert not TimelineEntry.objects.filter(at__gt=AT).exists()
    assert not Clock.objects.filter(postmortem__incident__in=copies, ended_at=None).exists()
    assert not Delivery.objects.filter(state__in=["queued", "sending"], page__incident__in=copies).exists()
    assert not Remediation.objects.filter(postmortem__incident__in=copies, look_due_at__isnull=False).exists()
    assert not Alert.objects.filter(firing=True, incident__in=copies).exists()
    assert not Episode.objects.filter(closed_at=None, incident__in=copies).exists()


def test_a_copy_keeps_its_hours_and_has_everything_that_its_incident_has(reference: list[str]) -> None:
    copies = Incident.objects.filter(pk__lte=COUNT)
    for found in (
        TimelineEntry.objects.filter(incident__in=copies),
        ImpactInterval.objects.filter(incident__in=copies),
        Page.objects.filter(incident__in=copies, escalation__incident=F("incident")),
        Episode.objects.filter(incident__in=copies),
        Postmortem.objects.filter(incident__in=copies),
        Remediation.objects.filter(postmortem__incident__in=copies),
        PublicIncident.objects.filter(incident__in=copies),
        ComponentChange.objects.filter(update__public__incident__in=copies),
    ):
        assert found.exists(), found.model
    opened = TimelineEntry.objects.filter(incident__in=copies, kind="opened")
    assert not opened.exclude(at=F("incident__detected_at")).exists()
    assert PublicUpdate.objects.count() == PublicUpdate.objects.values("code").distinct().count()
    connection.check_constraints()


def test_new_rows_get_numbers_of_their_own(reference: list[str]) -> None:
    with transaction.atomic():
        made = Incident.objects.create(title="new", detected_at=AT, declared_at=AT)
        made.tell(Kind.OPENED, at=AT)
        assert made.pk > COUNT
        transaction.set_rollback(True)
