"""Profile, ways to be woken, and the mail settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from desk import verification
from paging.models import ContactMethod, Delivery, Page, PersonalRule
from teams.models import User
from tests.clock import work_off
from tests.desk.conftest import World
from tests.factories import AT, make_method

SignIn = Callable[[User], Client]
PAGE = "/settings/methods/"


@pytest.fixture
def mails(tmp_path: Path, settings: Any) -> Callable[[], list[str]]:
    """The mails so far, as text."""
    settings.EMAIL_BACKEND = "foundation.egress.mail_files.MailFiles"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    cache.clear()
    return lambda: [
        path.read_text() for path in sorted(tmp_path.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    ]


def code_in(mail: str) -> str:
    """The code of a mail."""
    found = re.search(r"Your code is (\d{6})", mail)
    assert found
    return found[1]


class TestProfile:
    """Name and zone."""

    def test_saved(self, world: World, sign_in: SignIn, now: object) -> None:
        browser = sign_in(world.ana)
        response = browser.post("/settings/", {"name": "Ana B. Ames", "timezone": "Asia/Tokyo"})
        assert (response.status_code, response.headers["Location"]) == (303, "/settings/")
        world.ana.refresh_from_db()
        assert (world.ana.name, world.ana.timezone) == ("Ana B. Ames", "Asia/Tokyo")

    @pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "\x00"])
    def test_zone_that_is_none(self, zone: str, world: World, sign_in: SignIn, now: object) -> None:
        assert sign_in(world.ana).post("/settings/", {"name": "Ana", "timezone": zone}).status_code == 422
        world.ana.refresh_from_db()
        assert world.ana.timezone == "UTC"

    def test_role_is_not_ones_own_to_choose(self, world: World, sign_in: SignIn, now: object) -> None:
        data = {"name": "Ana", "timezone": "UTC", "role": "admin", "email": "x@example.com", "is_active": "1"}
        sign_in(world.ana).post("/settings/", data)
        world.ana.refresh_from_db()
        assert (world.ana.role, world.ana.email) == ("responder", "ana.ames@example.com")


class TestMethods:
    """Adding, proving, testing and removing a way."""

    def test_add_and_verify(self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]) -> None:
        browser = sign_in(world.bob)
        added = browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        assert (added.status_code, added.headers["Location"]) == (303, f"{PAGE}#verify")
        method = ContactMethod.objects.get(user=world.bob)
        assert (method.slug, method.verified_at) == ("mail", None)
        (mail,) = mails()
        assert "To: bob@home.example.com" in mail
        page = browser.get(PAGE).content.decode()
        assert page.index('id="verify"') < page.index("We sent a code to") < page.index("Ways to reach you")
        assert 'action="#verify"' in page
        assert "autofocus" in page
        done = browser.post(PAGE, {"act": "verify", "method": "mail", "code": f" {code_in(mail)} "})
        assert done.status_code == 303
        method.refresh_from_db()
        assert method.verified_at == AT
        again = browser.post(PAGE, {"act": "verify", "method": "mail", "code": code_in(mail)})
        assert again.status_code == 422  # a code is good once

    def test_code_is_not_kept_in_the_clear(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        browser = sign_in(world.bob)
        browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        assert code_in(mails()[0]) not in str(dict(browser.session))

    def test_wrong_codes_use_up_the_tries(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        browser = sign_in(world.bob)
        browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        right = code_in(mails()[0])
        wrong = f"{(int(right) + 1) % 1_000_000:06}"
        used_up = "Too many tries, or too old: have a new code sent."
        for turn in range(verification.TRIES):
            answer = browser.post(PAGE, {"act": "verify", "method": "mail", "code": wrong})
            assert answer.status_code == 422
            is_last = turn == verification.TRIES - 1
            assert (used_up in answer.content.decode()) is is_last
            assert ('id="verify"' in answer.content.decode()) is not is_last
        assert browser.post(PAGE, {"act": "verify", "method": "mail", "code": right}).status_code == 422

    def test_old_codes_are_none(
        self, world: World, sign_in: SignIn, now: time_machine.Traveller, mails: Callable[[], list[str]]
    ) -> None:
        browser = sign_in(world.bob)
        browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        now.shift(verification.LIFE + timedelta(seconds=1))
        code = code_in(mails()[0])
        assert browser.post(PAGE, {"act": "verify", "method": "mail", "code": code}).status_code == 422

    def test_a_code_that_could_not_be_sent_is_not_waited_for(
        self, world: World, sign_in: SignIn, now: object, settings: Any
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        cache.clear()
        browser = sign_in(world.bob)
        added = browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        assert added.headers["Location"] == PAGE
        page = browser.get(PAGE).content.decode()
        assert "The code could not be sent" in page
        assert "We sent a code to" not in page

    def test_what_was_switched_off_is_switched_on_by_a_code(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        ContactMethod.objects.update(disabled_at=AT, disabled_because="x" * 300)
        browser = sign_in(world.ana)
        page = browser.get(PAGE).content.decode()
        assert "Switch on again by a code" in page
        assert '<span class="break">xxx' in page, "a reason without blanks must not be wider than a phone"
        browser.post(PAGE, {"act": "send_code", "method": "mail"})
        browser.post(PAGE, {"act": "verify", "method": "mail", "code": code_in(mails()[0])})
        method = ContactMethod.objects.get()
        assert (method.usable, method.disabled_because) == (True, "")

    def test_what_a_member_of_slack_types(self, world: World, sign_in: SignIn, settings: Any) -> None:
        settings.SLACK_BOT_TOKEN = "xoxb-1"
        assert "For Slack your e-mail there" in sign_in(world.ana).get(PAGE).content.decode()

    def test_code_of_one_address_proves_no_other(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        make_method(world.bob, slug="victim", verified=False, address="victim@example.com")
        browser = sign_in(world.bob)
        browser.post(PAGE, {"act": "add", "kind": "email", "address": "bob@home.example.com"})
        code = code_in(mails()[0])
        assert browser.post(PAGE, {"act": "verify", "method": "victim", "code": code}).status_code == 422

    def test_codes_are_bounded(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        make_method(world.bob, verified=False)
        browser = sign_in(world.bob)
        for _turn in range(verification.CODES_AN_HOUR + 3):
            browser.post(PAGE, {"act": "send_code", "method": "mail"})
        assert len(mails()) == verification.CODES_AN_HOUR

    def test_same_address_twice_is_one(
        self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]
    ) -> None:
        browser = sign_in(world.bob)
        for address in ("bob@home.example.com", "Bob@home.example.com"):
            browser.post(PAGE, {"act": "add", "kind": "email", "address": address})
        assert ContactMethod.objects.filter(user=world.bob).count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"address": "x"},
            {"address": ""},
            {"kind": "voice"},
            {"kind": "pigeon"},
            {"address": "a@b.example.com\nBcc: x@y.z"},
        ],
    )
    def test_refused(self, wrong: dict[str, str], world: World, sign_in: SignIn, now: object) -> None:
        data = {"act": "add", "kind": "email", "address": "bob@home.example.com", **wrong}
        assert sign_in(world.bob).post(PAGE, data).status_code == 422
        assert not ContactMethod.objects.filter(user=world.bob).exists()

    def test_test_of_one_way(self, world: World, sign_in: SignIn, now: object, mails: Callable[[], list[str]]) -> None:
        make_method(world.ana, slug="second", address="second@example.com")
        assert sign_in(world.ana).post(PAGE, {"act": "test", "method": "second"}).status_code == 303
        work_off(AT, "sending")
        (mail,) = mails()
        assert "To: second@example.com" in mail
        assert Page.objects.get().reason == Page.Reason.TEST
        assert "sent" in sign_in(world.ana).get(PAGE).content.decode()

    def test_unverified_ways_do_not_ring(self, world: World, sign_in: SignIn, now: object) -> None:
        make_method(world.bob, verified=False)
        assert sign_in(world.bob).post(PAGE, {"act": "test", "method": "mail"}).status_code == 422
        assert not Delivery.objects.exists()

    def test_remove(self, world: World, sign_in: SignIn, now: object) -> None:
        browser = sign_in(world.ana)
        for _turn in range(2):
            assert browser.post(PAGE, {"act": "remove", "method": "mail"}).status_code == 303
        assert not ContactMethod.objects.exists()

    def test_what_the_file_says_stays(self, world: World, sign_in: SignIn, now: object) -> None:
        ContactMethod.objects.update(from_file=True)
        response = sign_in(world.ana).post(PAGE, {"act": "remove", "method": "mail"})
        assert response.status_code == 422
        assert "change it there" in response.content.decode()
        assert ContactMethod.objects.exists()

    def test_nobody_elses(self, world: World, sign_in: SignIn, now: object) -> None:
        browser = sign_in(world.bob)
        assert "ana.ames" not in browser.get(PAGE).content.decode()
        assert browser.get(f"{PAGE}?person={world.ana.email}").status_code == 404
        assert browser.post(f"{PAGE}?person={world.ana.email}", {"act": "remove", "method": "mail"}).status_code == 404
        assert browser.post(PAGE, {"act": "test", "method": "mail"}).status_code == 404
        assert ContactMethod.objects.filter(user=world.ana).exists()

    def test_administrators_see_those_of_others(self, world: World, sign_in: SignIn, now: object) -> None:
        browser = sign_in(world.ada)
        assert "ana.ames@example.com" in browser.get(f"{PAGE}?person={world.ana.email}").content.decode()
        assert browser.get(f"{PAGE}?person=nobody@example.com").status_code == 404

    def test_it_is_said_whose_ways_they_are(self, world: World, sign_in: SignIn, now: object, settings: Any) -> None:
        settings.VAPID_PRIVATE_KEY, settings.TELEGRAM_TOKEN = "key", "7:abc"
        his = f"{PAGE}?person={world.bob.email}"
        browser = sign_in(world.ada)
        page = browser.get(his).content.decode().split("<h1>")[1]
        for said in (
            "Ways to reach Bob Bell</h1>",
            "You are looking at somebody else's ways.",
            "We cannot reach Bob Bell.",
            "When Bob Bell is paged",
            "nothing: we cannot reach Bob Bell",
        ):
            assert said in page
        for own in (
            "Only you and",
            "Ways to reach you",
            "This browser",
            "cannot push",
            "Page me</button></form></section>",
        ):
            assert own not in page
        make_method(world.bob)
        browser.post(his, {"act": "test", "method": "mail"})
        page_of = Page.objects.get()
        assert (page_of.person, page_of.because) == (world.bob, "Ada asked for a test of this way")
        mine = sign_in(world.bob).get(PAGE).content.decode()
        assert "somebody else" not in mine
        assert "This browser" in mine

    def test_unknown_act(self, world: World, sign_in: SignIn) -> None:
        assert sign_in(world.ana).post(PAGE, {"act": "explode"}).status_code == 422


class TestRules:
    """When I am paged for this class, this way rings so many minutes later."""

    def test_ordered_and_previewed(self, world: World, sign_in: SignIn, now: object) -> None:
        make_method(world.ana, slug="second", address="second@example.com")
        browser = sign_in(world.ana)
        for method, after in (("mail", 0), ("second", 3), ("second", 3)):
            data = {"act": "rule", "severity": "critical", "method": method, "after": after}
            assert browser.post(PAGE, data).status_code == 303
        rules = list(PersonalRule.objects.values_list("position", "method__slug", "after"))
        assert rules == [(0, "mail", 0), (1, "second", 180)]
        preview = {item["label"]: item["lines"] for item in browser.get(PAGE).context["preview"]}
        assert preview["critical"] == [
            "at once: e-mail ana.ames@example.com",
            "after 3 min: e-mail second@example.com",
        ]
        assert len(preview["major"]) == 2  # without a rule every verified way

    @pytest.mark.parametrize(
        "wrong", [{"after": "61"}, {"after": "-1"}, {"after": "x"}, {"severity": "huge"}, {"method": "nothing"}]
    )
    def test_refused(self, wrong: dict[str, str], world: World, sign_in: SignIn, now: object) -> None:
        data = {"act": "rule", "severity": "critical", "method": "mail", "after": "0", **wrong}
        assert sign_in(world.ana).post(PAGE, data).status_code == 422
        assert not PersonalRule.objects.exists()

    def test_removed_by_its_person_only(self, world: World, sign_in: SignIn, now: object) -> None:
        rule = PersonalRule.objects.create(user=world.ana, method=world.ana.contact_methods.get())
        sign_in(world.bob).post(PAGE, {"act": "remove_rule", "rule": rule.pk})
        assert PersonalRule.objects.exists()
        for number in (rule.pk, rule.pk, "x"):
            assert sign_in(world.ana).post(PAGE, {"act": "remove_rule", "rule": number}).status_code == 303
        assert not PersonalRule.objects.exists()


class TestMail:
    """The administrator's test of the mail settings."""

    def test_only_administrators(self, world: World, sign_in: SignIn) -> None:
        browser = sign_in(world.ana)
        assert browser.get("/settings/mail/").status_code == 403
        assert browser.post("/settings/mail/", {"to": "x@example.com"}).status_code == 403

    def test_into_files(self, world: World, sign_in: SignIn, mails: Callable[[], list[str]]) -> None:
        response = sign_in(world.ada).post("/settings/mail/", {"to": "x@example.com"})
        assert response.context["result"].ok
        assert "To: x@example.com" in mails()[0]

    def test_no_address(self, world: World, sign_in: SignIn) -> None:
        assert sign_in(world.ada).post("/settings/mail/", {"to": "x"}).status_code == 422

    def test_no_server(self, world: World, sign_in: SignIn, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_PASSWORD = "127.0.0.1", 1, "secret-password"
        response = sign_in(world.ada).post("/settings/mail/", {"to": "x@example.com"})
        assert response.status_code == 200
        assert not response.context["result"].ok
        assert "refused" in response.content.decode()
        assert "secret-password" not in response.content.decode()
