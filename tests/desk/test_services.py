"""Services: who owns them, what burns, who would be paged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from oncall.models import Coverage, EscalationPolicy
from teams.models import Playbook, Service, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_policy, make_schedule, make_service, make_source, make_user

SignIn = Callable[[User], Client]


def test_list(world: World, sign_in: SignIn, now: object) -> None:
    make_source("am", service=world.service)
    incident = make_incident(service=world.service)
    make_service("lonely")
    rows = {row.service.slug: row for row in sign_in(world.olga).get("/services/").context["rows"]}
    checkout, lonely = rows["checkout"], rows["lonely"]
    assert (checkout.open, checkout.policy, checkout.on_call, checkout.sources) == (
        [incident],
        world.policy,
        world.ana,
        1,
    )
    assert (lonely.open, lonely.policy, lonely.on_call, lonely.sources) == ([], None, None, 0)


def test_by_team_with_whom_it_asks_said_once(world: World, sign_in: SignIn, now: object) -> None:
    Coverage.objects.create(service=make_service("basket", team=world.team), policy=world.policy)
    make_service("lonely")
    browser = sign_in(world.olga)
    payments, others = sorted(browser.get("/services/").context["groups"], key=lambda group: -len(group.rows))
    assert [row.service.slug for row in payments.rows] == ["basket", "checkout"]
    assert payments.asks == (world.policy, world.ana)
    assert others.asks == (None, None)
    assert browser.get("/services/").content.decode().count(f"{world.ana} is paged first") == 1
    assert [row.service.slug for row in browser.get("/services/?q=LONE").context["rows"]] == ["lonely"]
    assert "Nothing is called so" in browser.get("/services/?q=nothing-like-this").content.decode()


def test_nothing_unknown_is_called_well(world: World, sign_in: SignIn, now: object) -> None:
    text = sign_in(world.ana).get("/services/").content.decode()
    assert "not measured: no source" in text


def test_next_step_when_the_first_has_nobody(world: World, sign_in: SignIn, now: object) -> None:
    world.schedule.layers.all().delete()
    (row,) = sign_in(world.ana).get("/services/").context["rows"]
    assert row.on_call == world.bob


def test_restricted_incidents_of_others_are_left_out(world: World, sign_in: SignIn, now: object) -> None:
    vault = make_service("vault")
    make_incident("Stolen keys", service=vault, restricted=True)
    browser = sign_in(world.ana)
    assert all(row.open == [] for row in browser.get("/services/").context["rows"])
    assert "Stolen keys" not in browser.get("/services/vault/").content.decode()
    assert "Stolen keys" in sign_in(world.ada).get("/services/vault/").content.decode()


def test_queries_of_the_list_do_not_grow(
    world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any
) -> None:
    browser = sign_in(world.ana)

    def grow(rows: int) -> None:
        for _number in range(rows):
            service = make_service()
            schedule = make_schedule("", make_user(), team=service.team)
            policy = make_policy("", (300, [f"schedule:{schedule.slug}", f"user:{make_user().email}"]))
            Coverage.objects.create(service=service, policy=policy)
            make_source(service=service)
            make_incident(service=service)

    grow(1)
    with django_assert_max_num_queries(100) as few:
        browser.get("/services/")
    grow(15)
    with django_assert_max_num_queries(len(few)):
        browser.get("/services/")


def test_page(world: World, sign_in: SignIn, now: object) -> None:
    Playbook.objects.create(service=world.service, title="Restart the queue", body="1. look\n2. restart")
    make_source("am", service=world.service)
    incident = make_incident("Queue stuck", service=world.service)
    response = sign_in(world.olga).get("/services/checkout/")
    context, text = response.context, response.content.decode()
    assert [step["people"] for step in context["steps"]] == [[world.ana], [world.bob]]
    assert context["catch_all"] == ["Ada"]
    assert context["repeat"] == 1
    for word in ("Payments", "Restart the queue", "Queue stuck", incident.path, "/services/sources/am/"):
        assert word in text


def test_page_without_a_policy(world: World, sign_in: SignIn, now: object) -> None:
    make_service("lonely")
    response = sign_in(world.ana).get("/services/lonely/")
    assert response.status_code == 200
    assert response.context["policy"] is None


def test_archived(world: World, sign_in: SignIn, now: object) -> None:
    EscalationPolicy.objects.update(archived_at=AT)
    assert sign_in(world.ana).get("/services/checkout/").context["policy"] is None
    Service.objects.update(archived_at=AT)
    assert sign_in(world.ana).get("/services/checkout/").status_code == 404
    assert sign_in(world.ana).get("/services/").context["rows"] == []
