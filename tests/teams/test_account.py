"""Signing in by password, and setting one through a real mail."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from teams.account import Adapter, client_address
from teams.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "quite-another-secret"


@pytest.fixture
def mails(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "foundation.egress.mail_files.MailFiles"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path


def read(folder: Path) -> list[EmailMessage]:
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))]


def link_in(message: EmailMessage) -> str:
    found = re.search(r"^http://testserver(/account/password/reset/key/\S+/)\r?$", message.get_content(), re.MULTILINE)
    assert found, message.get_content()
    return found[1]


def sign_in(client: Client, email: str, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/account/login/", {"login": email, "password": password, **fields})


def test_signs_in_by_email_in_any_case(client: Client) -> None:
    ana = make_user("Ana", password=PASSWORD)
    response = sign_in(client, "ANA@example.com")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ana.pk)


def test_a_wrong_password_says_nothing_about_the_account(client: Client) -> None:
    make_user("Ana", password=PASSWORD)
    known, unknown = (sign_in(client, email, "wrong") for email in ["ana@example.com", "nobody@example.com"])
    for response in [known, unknown]:
        assert response.status_code == 200
        assert "The e-mail or the password is not right." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_is_slowed_down(client: Client) -> None:
    make_user("Ana", password=PASSWORD)
    for _ in range(5):
        sign_in(client, "ana@example.com", "wrong")
    assert "Too many attempts" in sign_in(client, "ana@example.com").content.decode()


@pytest.mark.parametrize(
    ("following", "lands"),
    [
        ("/incidents/INC-1/", "/incidents/INC-1/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://localhost/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_it_goes_on_to_addresses_of_ours_only(client: Client, following: str, lands: str) -> None:
    make_user("Ana", password=PASSWORD)
    assert sign_in(client, "ana@example.com", next=following)["Location"] == lands


def test_the_deactivated_are_told_so(client: Client) -> None:
    make_user("Ana", password=PASSWORD, is_active=False)
    response = sign_in(client, "ana@example.com")
    assert response["Location"] == "/account/inactive/"
    assert "switched off" in client.get("/account/inactive/").content.decode()
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_alone(client: Client) -> None:
    assert "By invitation" in client.get("/account/signup/").content.decode()
    assert client.post("/account/signup/", {"email": "eve@example.com", "password1": PASSWORD}).status_code == 405
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "page", ["email/", "confirm-email/", "confirm-email/x/", "login/code/confirm/", "reauthenticate/"]
)
def test_pages_that_we_do_not_need_are_not_there(client: Client, page: str) -> None:
    client.force_login(make_user())
    assert client.get(f"/account/{page}").status_code == 404


def test_signing_out_asks_by_get_and_does_by_post(client: Client) -> None:
    client.force_login(make_user())
    client.get("/account/logout/")
    assert "_auth_user_id" in client.session
    assert client.post("/account/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_new_password_through_a_mail(client: Client, mails: Path) -> None:
    ana = make_user("Ana", password=PASSWORD)
    response = client.post("/account/password/reset/", {"email": "Ana@example.com"}, headers={"host": "localhost"})
    assert response["Location"] == "/account/password/reset/done/"
    assert client.get(response["Location"]).status_code == 200

    (mail,) = read(mails)
    assert mail["To"] == "ana@example.com"
    path = link_in(mail)
    form = client.get(path, follow=True)
    assert "Choose a password" in form.content.decode()
    answer = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/"
    assert client.session["_auth_user_id"] == str(ana.pk)
    assert sign_in(Client(), "ana@example.com", NEW).status_code == 302

    again = Client().get(path, follow=True)
    assert "This link is used up" in again.content.decode()


def test_the_link_of_a_deactivated_person_does_not_sign_in(client: Client, mails: Path) -> None:
    ana = make_user("Ana", password=PASSWORD)
    client.post("/account/password/reset/", {"email": ana.email})
    User.objects.filter(pk=ana.pk).update(is_active=False)
    form = client.get(link_in(read(mails)[0]), follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/account/inactive/"
    assert "_auth_user_id" not in client.session


def test_weak_passwords_are_refused(client: Client, mails: Path) -> None:
    make_user("Ana", password=PASSWORD)
    client.post("/account/password/reset/", {"email": "ana@example.com"})
    form = client.get(link_in(read(mails)[0]), follow=True)
    for weak in ["short", "password123"]:
        answer = client.post(form.request["PATH_INFO"], {"password1": weak, "password2": weak})
        assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_strangers_and_the_deactivated_get_no_mail_and_the_same_answer(client: Client, mails: Path) -> None:
    make_user("Ana", is_active=False)
    for email in ["ana@example.com", "nobody@example.com"]:
        assert client.post("/account/password/reset/", {"email": email})["Location"] == "/account/password/reset/done/"
    assert read(mails) == []


def test_a_mail_server_that_is_down_is_said_not_a_broken_page(client: Client, settings: Any) -> None:
    make_user("Ana", password=PASSWORD)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = client.post("/account/password/reset/", {"email": "ana@example.com"}, follow=True)
    assert response.status_code == 200
    assert "could not be sent" in response.content.decode()


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("", "198.51.100.1", "0.0.0.0"),
    ],
)
def test_rate_limits_count_by_the_address_that_trusted_proxies_saw(
    settings: Any, peer: str, forwarded: str, found: str
) -> None:
    from ipaddress import ip_network

    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    assert client_address(request) == found
    assert Adapter(request).get_client_ip(request) == found
