"""Who can be woken: what counts as a proof, and which of several things is said first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from paging import readiness
from paging.models import ContactMethod, Delivery, Page, PersonalRule
from paging.readiness import OLD, Missing
from teams.models import User
from tests.factories import AT, make_incident, make_method, make_page, make_user

pytestmark = pytest.mark.django_db


def _missing(person: User) -> Missing:
    return readiness.of([person], AT)[person.pk].missing


def _arrived(page: Page, method: ContactMethod, *, state: str = "delivered") -> Delivery:
    sent = page.created_at if state in {"sent", "delivered", "read"} else None
    return Delivery.objects.create(
        page=page, method=method, kind=method.kind, state=state, due_at=page.created_at, sent_at=sent
    )


def test_without_a_way_unverified_switched_off_or_of_a_medium_that_is_not_here() -> None:
    ana = make_user("Ana")
    assert _missing(ana) is Missing.NO_WAY
    off = make_method(ana, slug="off", disabled_at=AT)
    assert _missing(ana) is Missing.SWITCHED_OFF
    unproved = make_method(ana, slug="new", verified=False)
    assert _missing(ana) is Missing.UNVERIFIED
    make_method(ana, slug="phone", kind="voice", address="+447700900001")
    assert _missing(ana) is Missing.NO_MEDIUM
    assert not any(way.rings for way in readiness.of([ana], AT)[ana.pk].ways)
    for method in (off, unproved):
        method.delete()
    assert _missing(ana).cannot_be_woken


def test_taken_by_a_provider_proves_nothing_a_receipt_does() -> None:
    ana = make_user("Ana")
    mail = make_method(ana)
    assert _missing(ana) is Missing.UNPROVED
    delivery = _arrived(make_page(ana, at=AT - timedelta(days=1)), mail, state="sent")
    assert _missing(ana) is Missing.UNPROVED
    Delivery.objects.filter(pk=delivery.pk).update(state="delivered")
    found = readiness.of([ana], AT)[ana.pk]
    assert found.missing is Missing.NOTHING
    assert found.ways[0].proved_at == AT - timedelta(days=1)


def test_an_answer_proves_the_one_way_that_left_and_of_several_only_the_person() -> None:
    ana = make_user("Ana")
    mail, other = make_method(ana), make_method(ana, slug="other")
    page = make_page(ana, make_incident(), seen_at=AT)
    _arrived(page, mail, state="sent")
    assert readiness.of([ana], AT)[ana.pk].ways[0].proved_at == AT
    _arrived(page, other, state="sent")
    found = readiness.of([ana], AT)[ana.pk]
    assert [way.proved_at for way in found.ways] == [None, None]
    assert found.answered_at == AT
    assert found.missing is Missing.NOTHING


def test_an_old_proof_is_renewed() -> None:
    ana = make_user("Ana")
    _arrived(make_page(ana, at=AT - OLD - timedelta(hours=1)), make_method(ana))
    assert _missing(ana) is Missing.OLD


def test_a_proof_on_a_way_that_no_longer_rings_is_none() -> None:
    ana = make_user("Ana")
    _arrived(make_page(ana), make_method(ana, slug="old", disabled_at=AT))
    make_method(ana)
    assert _missing(ana) is Missing.UNPROVED


def test_a_rule_that_names_a_dead_way() -> None:
    ana = make_user("Ana")
    make_method(ana)
    dead = make_method(ana, slug="phone", disabled_at=AT)
    PersonalRule.objects.create(user=ana, severity="critical", method=dead)
    assert _missing(ana) is Missing.RULE_DEAD


def test_push_on_an_iphone_alone_is_not_enough(settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = "set"
    ana = make_user("Ana")
    address = '{"endpoint": "https://web.push.apple.com/x", "p256dh": "BA", "auth": "AA", "device": "iPhone"}'
    make_method(ana, slug="push", kind="webpush", address=address)
    assert _missing(ana) is Missing.NOT_ENOUGH
    make_method(ana)
    assert _missing(ana) is Missing.UNPROVED


def test_the_same_few_statements_for_many_people(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    people = [make_user() for _ in range(30)]
    for one in people:
        _arrived(make_page(one), make_method(one))
    with django_assert_num_queries(5):
        found = readiness.of(people, AT)
    assert {one.missing for one in found.values()} == {Missing.NOTHING}
    assert readiness.of([], AT) == {}
