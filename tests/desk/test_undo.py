"""What was just done can be taken back where that is possible: by a button in the message, with and without a script."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from foundation.templatetags.ui import undo
from incidents.models import Incident
from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_incident

SignIn = Callable[[User], Client]


def test_an_acknowledgement_can_be_taken_back_at_once(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    back = f"/incidents/{incident.number}/unacknowledge/"

    page = client.post(f"/incidents/{incident.number}/acknowledge/", follow=True).content.decode()

    message = page.partition('class="callout toast"')[2].partition("</form>")[0]
    assert f'<form method="post" action="{back}"' in message
    assert "csrfmiddlewaretoken" in message
    assert client.post(back).status_code == 303
    assert not Incident.objects.get(pk=incident.pk).is_held


def test_what_cannot_be_taken_back_has_no_such_button(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)

    page = client.post(f"/incidents/{incident.number}/resolve/", follow=True).content.decode()

    message = page.partition('class="callout toast"')[2].partition("</div></div>")[0]
    assert "is resolved." in message
    assert "<form" not in message.partition("data-close")[0]


def test_a_plain_message_leads_nowhere() -> None:
    assert undo(object()) == ""
