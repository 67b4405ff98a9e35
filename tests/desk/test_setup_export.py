"""What forms made leaves as a file that an empty installation takes, and comes out of it equal to the byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from oncall.models import Schedule
from provisioning.applying import apply
from provisioning.exporting import export
from teams.models import Role, Team, User
from tests.desk.test_setup import a_policy, a_schedule, a_service, a_source, a_team
from tests.factories import AT, make_user

SignIn = Callable[[User], Client]


def set_up(browser: Client, ada: User, bob: User) -> None:
    """Everything by forms, with all that they can say."""
    sent = [
        ("organisation", {"name": "Acme “& Söhne”", "timezone": "Europe/London"}),
        ("area", {"name": "North: 1", "lead": ada.email}),
        ("team", a_team(ada, bob, name="Pay # ments", manager=ada.email, director=bob.email, area="north-1")),
    ]
    windows = {
        "windows-rows": 1,
        "windows-0-days": ["sun", "mon"],
        "windows-0-start": "22:00",
        "windows-0-end": "06:00",
    }
    layer = {f"layers-0-{name}": value for name, value in windows.items()} | {"layers-0-count": "covered"}
    layer |= {"layers-0-role": "secondary", "layers-0-ends": "2027-01-31T09:00", "read": "yes"}
    sent.append(("schedule", a_schedule(bob, ada, team="pay-ments", **layer)))
    sent.append(("policy", a_policy(team="pay-ments") | {"steps-0-notify-0-target": "schedule:second-line/secondary"}))
    book = {"playbooks-rows": 1, "playbooks-0-title": "yes", "playbooks-0-match": "b=1\nb=2\na!=x y"}
    book["playbooks-0-body"] = "- a\r\n\r\n  b: |"
    service = {"team": "pay-ments", "policy": "checkout", "target": "99.950", "exposure_per_hour": "1000000"}
    sent.append(("service", a_service(**service) | book | {"default_class": "major"}))
    sent.append(("source", a_source(service="cart")))
    for name, typed in sent:
        response = browser.post(f"/setup/{name}/", typed)
        assert response.status_code in {200, 303}, (name, response.content.decode())


@pytest.mark.django_db
def test_export_apply_export(sign_in: SignIn, now: object) -> None:
    with transaction.atomic():
        ada, bob = make_user("Ada", role=Role.ADMIN), make_user("Bob")
        set_up(sign_in(ada), ada, bob)
        made = export()
        transaction.set_rollback(True)
    assert not Team.objects.exists()
    apply(made.encode(), at=AT)
    assert export() == made
    assert "key_hash" in made
    layer = Schedule.objects.get().layers.get()
    assert layer.windows == [{"days": ["mon", "sun"], "from": "22:00", "to": "06:00"}]
