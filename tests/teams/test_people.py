"""The pages of people: who sees what, invitations by mail, switching off and on, roles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams import people
from teams.models import ApiToken, Membership, Role, SignInLink, User
from teams.signin import make_link
from tests.factories import make_team, make_token, make_user
from tests.teams.test_account import NEW, link_in, mails, read  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
LIST, INVITE = "/settings/people/", "/settings/people/invite/"


def as_role(client: Client, role: str, **fields: Any) -> User:
    user = make_user(role=role, **fields)
    client.force_login(user)
    return user


def test_strangers_are_sent_to_the_sign_in(client: Client) -> None:
    bob = make_user("Bob")
    for path in [LIST, INVITE, f"{LIST}{bob.pk}/deactivate/"]:
        assert client.get(path)["Location"] == f"/account/login/?next={path}"
    for act in ["deactivate", "reactivate", "role", "invite"]:
        assert client.post(f"{LIST}{bob.pk}/{act}/")["Location"].startswith("/account/login/")


def test_everybody_reads_the_list_and_observers_see_no_acts(client: Client) -> None:
    make_user("Bob Best", role=Role.MANAGER)
    as_role(client, Role.OBSERVER)
    page = client.get(LIST).content.decode()
    assert "Bob Best" in page
    assert "Switch off" not in page
    assert "Invite" not in page
    assert client.post(LIST).status_code == 405


def test_search_and_pages_go_on_where_they_stopped(client: Client) -> None:
    as_role(client, Role.RESPONDER)
    for number in range(60):
        make_user(f"Guest {number:02}")
    first = client.get(LIST, {"q": "guest"})
    assert [person.name for person in first.context["people"]] == [f"Guest {number:02}" for number in range(50)]
    second = client.get(LIST + first.context["next_url"])
    assert [person.name for person in second.context["people"]] == [f"Guest {number:02}" for number in range(50, 60)]
    assert second.context["next_url"] is None
    assert "Nobody is called so" in client.get(LIST, {"q": "zz\x00z%"}).content.decode()


def test_the_list_costs_the_same_for_one_and_for_fifty(client: Client) -> None:
    as_role(client, Role.ADMIN)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    make_team(members=(make_user(),))
    one = cost()
    for _ in range(20):
        make_team(members=(make_user(), make_user()))
    assert cost() == one


@pytest.mark.parametrize("role", [Role.RESPONDER, Role.OBSERVER])
def test_responders_and_observers_do_not_invite(client: Client, role: str) -> None:
    as_role(client, role)
    assert client.get(INVITE).status_code == 403
    assert client.post(INVITE, {"email": "new@example.com", "role": "responder"}).status_code == 403
    assert User.objects.count() == 1


def test_an_invitation_is_mailed_and_ends_signed_in(client: Client, mails: Path) -> None:  # noqa: F811
    mia = as_role(client, Role.MANAGER, name="Mia")
    team = make_team(manager=mia)
    answer = client.post(INVITE, {"email": "New@Example.com", "name": "New", "role": "responder", "teams": [team.pk]})
    assert answer["Location"] == LIST
    new = User.objects.get(email="new@example.com")
    assert (new.role, new.has_usable_password()) == (Role.RESPONDER, False)
    assert Membership.objects.get().user == new

    (mail,) = read(mails)
    assert mail["To"] == "new@example.com"
    assert mail["Subject"] == "Mia invites you to Sharp End"
    guest = Client()
    form = guest.get(link_in(mail), follow=True)
    guest.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert guest.session["_auth_user_id"] == str(new.pk)
    assert client.post(f"{LIST}{new.pk}/invite/", follow=True).content.decode().count("needs no invitation") == 1
    assert len(read(mails)) == 1


def test_an_invitation_can_be_sent_again(client: Client, mails: Path) -> None:  # noqa: F811
    as_role(client, Role.ADMIN)
    bob = make_user("Bob")
    client.post(f"{LIST}{bob.pk}/invite/")
    client.post(f"{LIST}{bob.pk}/invite/")
    assert len({link_in(mail) for mail in read(mails)}) >= 1
    assert len(read(mails)) == 2


def test_managers_cannot_give_more_than_they_have(client: Client) -> None:
    as_role(client, Role.MANAGER)
    stranger = make_team()
    for role in [Role.ADMIN, Role.DIRECTOR, Role.MANAGER]:
        assert client.post(INVITE, {"email": "new@example.com", "role": role}).status_code == 422
    answer = client.post(INVITE, {"email": "new@example.com", "role": "responder", "teams": [stranger.pk]})
    assert answer.status_code == 422
    assert User.objects.count() == 1


def test_one_email_one_person(client: Client, mails: Path) -> None:  # noqa: F811
    root = as_role(client, Role.ADMIN)
    make_user("Bob")
    answer = client.post(INVITE, {"email": "BOB@example.com", "role": "responder"})
    assert answer.status_code == 422
    assert "Somebody has this e-mail already." in answer.content.decode()
    with pytest.raises(people.Refused, match="already"):
        people.invite("bob@EXAMPLE.com", name="", role=Role.RESPONDER, teams=[], by=root)
    assert read(mails) == []


def test_a_mail_that_fails_is_said_and_the_person_is_there(client: Client, settings: Any) -> None:
    as_role(client, Role.ADMIN)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = client.post(INVITE, {"email": "new@example.com", "role": "responder"}, follow=True)
    assert "could not be sent" in answer.content.decode()
    assert User.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.MANAGER, Role.RESPONDER, Role.OBSERVER])
@pytest.mark.parametrize("act", ["deactivate", "reactivate", "role"])
def test_only_administrators_change_people(client: Client, role: str, act: str) -> None:
    bob = make_user("Bob")
    as_role(client, role)
    assert client.post(f"{LIST}{bob.pk}/{act}/", {"role": "admin"}).status_code == 403
    bob.refresh_from_db()
    assert (bob.is_active, bob.role) == (True, Role.RESPONDER)


def test_switching_off_ends_sessions_tokens_and_links_for_good(client: Client) -> None:
    as_role(client, Role.ADMIN)
    bob, eve = make_user("Bob"), make_user("Eve")
    theirs, others = Client(), Client()
    theirs.force_login(bob)
    others.force_login(eve)
    make_token(bob)
    make_link(bob, timezone.now())
    path = f"{LIST}{bob.pk}/deactivate/"

    assert "Switch off Bob?" in client.get(path).content.decode()
    bob.refresh_from_db()
    assert bob.is_active
    for _ in range(2):
        assert client.post(path)["Location"] == LIST
    bob.refresh_from_db()
    assert not bob.is_active
    assert theirs.get(LIST).status_code == 302
    assert others.get(LIST).status_code == 200
    assert not SignInLink.objects.exists()
    assert ApiToken.objects.get().revoked_at is not None

    for _ in range(2):
        client.post(f"{LIST}{bob.pk}/reactivate/")
    bob.refresh_from_db()
    assert bob.is_active
    assert theirs.get(LIST).status_code == 302, "an old session must not live again"
    assert ApiToken.objects.get().revoked_at is not None


def test_nobody_switches_themselves_off(client: Client) -> None:
    root = as_role(client, Role.ADMIN)
    make_user(role=Role.ADMIN)
    answer = client.post(f"{LIST}{root.pk}/deactivate/", follow=True)
    assert "cannot switch yourself off" in answer.content.decode()


def test_an_administrator_always_remains(client: Client) -> None:
    root = as_role(client, Role.ADMIN)
    answer = client.post(f"{LIST}{root.pk}/role/", {"role": "observer"}, follow=True)
    assert "This is the last administrator." in answer.content.decode()
    with pytest.raises(people.Refused, match="last administrator"):
        people.deactivate(root, by=None, at=timezone.now())
    root.refresh_from_db()
    assert (root.role, root.is_active) == (Role.ADMIN, True)


def test_roles_change(client: Client) -> None:
    as_role(client, Role.ADMIN)
    bob = make_user("Bob")
    assert "is now: manager" in client.post(f"{LIST}{bob.pk}/role/", {"role": "manager"}, follow=True).content.decode()
    bob.refresh_from_db()
    assert bob.role == Role.MANAGER
    answer = client.post(f"{LIST}{bob.pk}/role/", {"role": "emperor"}, follow=True)
    assert "There is no such role." in answer.content.decode()
    assert client.get(f"{LIST}{bob.pk}/role/").status_code == 405
    assert client.post(f"{LIST}{10**30}/role/", {"role": "manager"}).status_code == 404


def test_names_are_escaped(client: Client) -> None:
    as_role(client, Role.ADMIN)
    make_user("<script>alert(1)</script>", email="x@example.com")
    assert not re.search(r"<script>alert", client.get(LIST).content.decode())
