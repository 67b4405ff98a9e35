"""What was just done can be taken back where a door leads back: for ten minutes, by whoever did it, if nobody acted since."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client

from desk.undo_offer import SALT
from desk.undo_story import BACK, UNDOABLE
from foundation.templatetags.ui import undo
from incidents import command, lifecycle
from incidents.models import Incident, Kind, State
from oncall.models import Override
from paging.models import Page
from postmortems import items
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_item, make_method, make_user

SignIn = Callable[[User], Client]
Clock = time_machine.Traveller
pytestmark = pytest.mark.usefixtures("now")


def offered(page: str) -> str:
    """The token of the button that takes back; "" when there is none."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    return found[1] if found else ""


def do(client: Client, path: str, **data: object) -> str:
    """Press something; the page that follows."""
    answer = client.post(path, data, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def back(client: Client, token: str, *, status: int = 200) -> str:
    """Press Undo; the page that follows."""
    answer = client.post("/undo/", {"token": token}, follow=True)
    assert answer.status_code == status
    return str(answer.content.decode())


def kinds(incident: Incident) -> list[str]:
    """The lines of its story."""
    return list(incident.timeline.values_list("kind", flat=True))


def test_an_acknowledgement(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)

    page = do(client, f"{incident.path}acknowledge/")

    message = page.partition('class="callout toast"')[2].partition("</form>")[0]
    assert "Undo works until" in message
    assert "02:14" in message  # ten minutes from AT
    assert "paging starts again" in message
    assert '<form method="post" action="/undo/"' in message
    assert "csrfmiddlewaretoken" in message
    after = back(client, offered(page))
    assert f"{incident.number} is given back: paging starts again." in after
    incident.refresh_from_db()
    assert not incident.is_held
    assert incident.page_due_at == AT
    assert kinds(incident)[-2:] == [Kind.ACKNOWLEDGED, Kind.UNACKNOWLEDGED]


def test_one_that_was_taken_from_somebody_goes_back_to_them(world: World, sign_in: SignIn) -> None:
    make_method(world.bob)
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    lifecycle.acknowledge(incident, by=world.bob, at=AT - timedelta(minutes=1))

    page = do(client, f"{incident.path}acknowledge/")

    assert "Bob has it again, and is paged" in page
    assert "Bob Bell has" in back(client, offered(page))
    incident.refresh_from_db()
    assert incident.held_by == world.bob
    assert Page.objects.get(person=world.bob).reason == Page.Reason.HANDOVER


def test_mitigated(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service, impact_started_at=AT), sign_in(world.ana)
    lifecycle.change_state(incident, to="mitigating", by=world.ana, at=AT - timedelta(minutes=1))
    assert incident.impacts.filter(end=None).count() == 1

    page = do(client, f"{incident.path}mitigate/")
    assert incident.impacts.filter(end=None).count() == 0

    assert "customers still feel it" in back(client, offered(page))
    incident.refresh_from_db()
    assert (incident.mitigated_at, incident.state) == (None, State.MITIGATING)
    assert incident.impacts.filter(end=None).count() == 1
    assert kinds(incident)[-3:] == [Kind.MITIGATED, Kind.EDITED, Kind.STATE]


def test_resolved(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)

    page = do(client, f"{incident.path}resolve/")

    assert "it is open again, and paging starts again" in page
    assert f"{incident.number} is open again" in back(client, offered(page))
    incident.refresh_from_db()
    assert (incident.state, incident.reopened, incident.resolved_at) == (State.INVESTIGATING, 1, None)


@pytest.mark.parametrize(
    ("name", "data", "field", "before"),
    [
        ("class", {"severity": "standard", "reason": "few"}, "severity", "critical"),
        ("title", {"title": "Something else"}, "title", "Queue stuck"),
        ("state", {"state": "monitoring"}, "state", "investigating"),  # nobody can un-look at it
    ],
)
def test_what_is_said_of_it(
    name: str, data: dict[str, str], field: str, before: str, world: World, sign_in: SignIn
) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)

    page = do(client, f"{incident.path}{name}/", **data)
    back(client, offered(page))

    incident.refresh_from_db()
    assert getattr(incident, field) == before


def test_a_role_goes_back_to_whom_it_was_taken_from_or_to_nobody(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    command.take_role(incident, role="facilitator", person=world.bob, by=world.bob, at=AT - timedelta(minutes=5))

    def holders() -> list[tuple[str, User]]:
        return [(tenure.role, tenure.person) for tenure in incident.tenures.filter(end=None)]

    page = do(client, f"{incident.path}role/", role="facilitator")
    assert holders() == [("facilitator", world.ana)]
    assert "Bob Bell has this role again." in back(client, offered(page))
    assert holders() == [("facilitator", world.bob)]

    page = do(client, f"{incident.path}role/", role="scribe")
    assert "Nobody has this role now." in back(client, offered(page))
    assert holders() == [("facilitator", world.bob)]
    assert "Ana no longer writes it down" in client.get(incident.path).content.decode()


@pytest.mark.parametrize("name", ["note", "escalate", "unacknowledge", "cancel"])
def test_what_cannot_be_taken_back_has_no_such_button(name: str, world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    lifecycle.acknowledge(incident, by=world.ana, at=AT - timedelta(minutes=1))
    assert offered(do(client, f"{incident.path}{name}/", text="Looking.", reason="a test")) == ""


def test_impact_added_corrected_and_taken_out(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    form: dict[str, object] = {
        "service": world.service.pk,
        "kind": "partial",
        "start": "2026-11-21T01:00:00",
        "end": "2026-11-21T01:30:00",
        "share": 0.25,
        "customer_visible": "on",
    }

    added = offered(do(client, f"{incident.path}impact/new/", **form))
    assert incident.impacts.get().share == 0.25
    assert "The impact is as it was." in back(client, added)
    assert incident.impacts.count() == 0

    do(client, f"{incident.path}impact/new/", **form)
    row = incident.impacts.get()
    corrected = offered(do(client, f"{incident.path}impact/{row.pk}/", **form | {"share": 0.75, "reason": "more"}))
    back(client, corrected)
    row.refresh_from_db()
    assert row.share == 0.25

    removed = offered(do(client, f"{incident.path}impact/{row.pk}/", remove="1", reason="none"))
    assert incident.impacts.count() == 0
    back(client, removed)
    now = incident.impacts.get()
    assert (now.share, now.kind, now.start, now.end) == (0.25, "partial", row.start, row.end)
    assert kinds(incident).count(Kind.IMPACT) == 7


def test_an_override_made_and_taken_out(world: World, sign_in: SignIn) -> None:
    client, path = sign_in(world.bob), f"/oncall/{world.schedule.slug}/override/"
    form = {"person": world.bob.email, "starts": "2026-11-22T08:00", "ends": "2026-11-22T12:00", "reason": "dentist"}

    made = offered(do(client, path, **form, confirm="yes"))
    assert "the rotation runs as planned" in back(client, made)
    assert Override.objects.get().removed_at == AT
    assert "has been taken back already" in back(client, made, status=409)

    do(client, path, **form, confirm="yes")
    row = Override.objects.get(removed_at=None)
    removed = offered(do(client, path, remove=row.pk))
    assert "Bob Bell takes it after all." in back(client, removed)
    again = Override.objects.get(removed_at=None)
    assert (again.person, again.starts, again.ends, again.reason) == (row.person, row.starts, row.ends, "dentist")


def test_an_override_does_not_come_back_over_a_newer_one(world: World, sign_in: SignIn, now: Clock) -> None:
    client, path = sign_in(world.bob), f"/oncall/{world.schedule.slug}/override/"
    form = {"person": world.bob.email, "starts": "2026-11-22T08:00", "ends": "2026-11-22T12:00"}
    do(client, path, **form, confirm="yes")
    removed = offered(do(client, path, remove=Override.objects.get().pk))
    now.shift(60)
    do(sign_in(world.ada), path, **form | {"person": world.ada.email}, confirm="yes")

    assert "Since then it was ordered that Ada takes it." in back(client, removed, status=409)


def test_cannot_go_on_because(world: World, sign_in: SignIn) -> None:
    client, item = sign_in(world.ana), make_item(owner=world.ana)
    items.accept(item, by=world.ana, at=AT)
    block = {"code": "unknown_how", "text": "The library is not there yet."}

    # Accepted, not begun: no door leads back to that, so nothing is offered.
    assert offered(do(client, f"{item.path}block/", **block)) == ""
    do(client, f"{item.path}start/")

    page = do(client, f"{item.path}block/", **block)
    assert "goes on: nobody is asked any more" in back(client, offered(page))
    item.refresh_from_db()
    assert item.state == "in_progress"
    assert not item.blocks.filter(ended_at=None).exists()


def test_nothing_is_taken_back_once_somebody_else_acted(world: World, sign_in: SignIn, now: Clock) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}acknowledge/"))
    now.shift(60)
    do(sign_in(world.bob), f"{incident.path}mitigate/")
    before = kinds(incident)

    page = back(client, token, status=409)

    assert "Nothing was taken back" in page
    assert f"Bob Bell did something to {incident.number} since (mitigated)." in page
    assert incident.path in page
    assert kinds(incident) == before


def test_a_note_of_somebody_else_is_in_nobodys_way(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}resolve/"))
    do(sign_in(world.bob), f"{incident.path}note/", text="Looks good here.")
    back(client, token)
    assert Incident.objects.get(pk=incident.pk).is_open


def test_twice_is_once(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}resolve/"))
    back(client, token)
    assert "You did something else" in back(client, token, status=409)
    assert kinds(incident).count(Kind.REOPENED) == 1


def test_after_ten_minutes_it_is_too_late(world: World, sign_in: SignIn, now: Clock) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}resolve/"))
    now.shift(601)
    assert "This could be taken back for 10 minutes; they are over." in back(client, token, status=409)
    now.shift(-1)
    back(client, token)
    assert Incident.objects.get(pk=incident.pk).is_open


def test_only_whoever_did_it(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}resolve/"))
    back(sign_in(world.bob), token, status=403)
    assert not Incident.objects.get(pk=incident.pk).is_open


def test_a_right_that_is_gone_takes_nothing_back(world: World, sign_in: SignIn) -> None:
    incident, client = make_incident(service=world.service), sign_in(world.ana)
    token = offered(do(client, f"{incident.path}resolve/"))
    User.objects.filter(pk=world.ana.pk).update(role=Role.OBSERVER)
    back(client, token, status=403)
    assert not Incident.objects.get(pk=incident.pk).is_open


def test_an_incident_that_was_hidden_meanwhile(world: World, sign_in: SignIn) -> None:
    stranger = make_user("Sam Stranger")
    incident, client = make_incident(service=world.service), sign_in(stranger)
    token = offered(do(client, f"{incident.path}resolve/"))
    Incident.objects.filter(pk=incident.pk).update(restricted=True)
    back(client, token, status=404)


OTHERWISE_SIGNED = pytest.param(
    signing.dumps({"by": 1}, salt="another"), id="another"
)  # it says when, so it names no test


@pytest.mark.parametrize("token", ["", "forged", OTHERWISE_SIGNED])
def test_a_forged_offer(token: str, world: World, sign_in: SignIn) -> None:
    assert "There is nothing to take back here." in back(sign_in(world.ana), token, status=422)


def test_it_needs_the_token_against_forged_forms(world: World, sign_in: SignIn) -> None:
    page = do(sign_in(world.ana), f"{make_incident(service=world.service).path}resolve/")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.ana)
    assert browser.post("/undo/", {"token": offered(page)}).status_code == 403


def test_an_offer_carries_no_words_of_the_incident(world: World, sign_in: SignIn) -> None:
    """The message lies in a cookie until the next page."""
    page = do(sign_in(world.ana), f"{make_incident('Flugelhorn', service=world.service).path}resolve/")
    assert "Flugelhorn" not in json.dumps(signing.loads(offered(page), salt=SALT))


def test_a_plain_message_leads_nowhere() -> None:
    assert undo(object()) is None


def test_every_line_that_is_offered_has_a_way_back() -> None:
    assert set(BACK) == set(UNDOABLE)
