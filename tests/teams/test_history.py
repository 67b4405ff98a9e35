"""The history of settings: who changed what, in order, without secrets."""

from __future__ import annotations

import re

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.audit import acting
from teams.history import PAGE, event_models, latest_changes
from teams.models import Role, Service, User
from tests.factories import make_service, make_source, make_team, make_user

pytestmark = pytest.mark.django_db
HISTORY = "/settings/history/"
SECRET = re.compile(r"password|secret|token|key|hash|last_login|address", re.IGNORECASE)


def test_no_table_of_changes_has_a_column_for_a_secret() -> None:
    models = event_models()
    assert {"teams.userevent", "teams.serviceevent", "oncall.overrideevent", "alerts.sourceevent"} <= set(models)
    columns = {f"{label}.{field.name}" for label, model in models.items() for field in model._meta.get_fields()}
    assert not [column for column in columns if SECRET.search(column.split(".")[-1])]


def test_every_configured_model_is_tracked() -> None:
    from django.apps import apps

    from foundation.models import Configured

    configured = {model for model in apps.get_models() if issubclass(model, Configured)}
    tracked = {model.pgh_tracked_model for model in event_models().values()}  # type: ignore[attr-defined]
    assert configured <= tracked


def test_who_changed_what_from_what() -> None:
    mia = make_user("Mia", role=Role.MANAGER)
    old, new = make_team("payments"), make_team("shop")
    service = make_service("checkout", team=old, name="Checkout")
    with acting(mia, "service page"):
        service.team, service.customer_facing = new, False
        service.save()
    (change,) = (change for change in latest_changes().changes if change.via)
    assert (change.who, change.via, change.kind, change.name, change.made) == (
        mia,
        "service page",
        "service",
        "Checkout",
        False,
    )
    assert change.fields == [("team", "Payments", "Shop"), ("customers notice when it fails", True, False)]


def test_what_nobody_changed_is_of_the_installation() -> None:
    make_team("payments")
    change = latest_changes().changes[0]
    assert (change.who, change.via, change.made) == (None, "", True)
    assert ("slug", None, "payments") in change.fields


def test_acting_ends_with_its_block() -> None:
    with acting(make_user("Mia"), "people"):
        make_team("one")
    make_team("two")
    assert [change.via for change in latest_changes().changes[:2]] == ["", "people"]


def test_a_new_password_is_no_change_of_settings() -> None:
    user = make_user()
    before = len(latest_changes().changes)
    user.set_password("another-long-secret")
    user.save()
    assert len(latest_changes().changes) == before


def test_pages_hold_every_change_once_though_all_have_one_instant() -> None:
    team = make_team()
    for number in range(40):
        make_service(f"s{number}", team=team)
        make_source(f"a{number}")
        make_user()
    Service.objects.update(customer_facing=False)
    total = sum(model._default_manager.count() for model in event_models().values())
    assert total > 3 * PAGE
    seen, cursor, pages = [], "", 0
    while True:
        page = latest_changes(cursor)
        pages += 1
        seen += page.changes
        if page.next is None:
            break
        cursor = page.next
    assert len(seen) == total
    assert pages == -(-total // PAGE)
    assert [change.at for change in seen] == sorted((change.at for change in seen), reverse=True)


def test_a_page_costs_the_same_for_few_and_for_many() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            latest_changes()
        return len(queries)

    make_service()
    few = cost()
    for _ in range(30):
        make_service()
    assert cost() <= few


def test_foreign_cursors_are_refused(client: Client) -> None:
    with pytest.raises(signing.BadSignature):
        latest_changes("nonsense")
    client.force_login(make_user(role=Role.ADMIN))
    assert client.get(HISTORY, {"cursor": "nonsense"}).status_code == 400


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DIRECTOR, Role.MANAGER])
def test_the_page_shows_it(client: Client, role: str) -> None:
    root = make_user("Root", role=role)
    client.force_login(root)
    with acting(root, "people"):
        User.objects.create_user("x@example.com", name="<b>X</b>")
    page = client.get(HISTORY)
    assert page.status_code == 200
    assert "(people)" in page.content.decode()
    assert "<b>X" not in page.content.decode()
    assert client.post(HISTORY).status_code == 405


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.OBSERVER])
def test_others_do_not_read_it(client: Client, role: str) -> None:
    client.force_login(make_user(role=role))
    assert client.get(HISTORY).status_code == 403


def test_strangers_are_sent_to_the_sign_in(client: Client) -> None:
    assert client.get(HISTORY)["Location"] == f"/account/login/?next={HISTORY}"


def test_a_row_that_joins_two_is_called_by_them() -> None:
    make_team("payments", members=(make_user("Ana"),))
    names = [change.name for change in latest_changes().changes if change.kind == "membership"]
    assert names == ["Payments, Ana"]
