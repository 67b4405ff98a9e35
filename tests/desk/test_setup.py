"""Setting things up by forms: who may, what is refused and where, and that nothing is half-written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from alerts.models import Source
from desk.setup_index import FIRST
from oncall.models import EscalationPolicy, Schedule
from teams.history import latest_changes
from teams.models import Area, Organisation, Playbook, Role, Service, Team, User
from tests.desk.conftest import World
from tests.factories import AT, make_schedule, make_source, make_team, make_user

SignIn = Callable[[User], Client]
Typed = dict[str, Any]


@pytest.fixture
def mia(world: World) -> User:
    """The manager of payments."""
    mia = make_user("Mia", role=Role.MANAGER)
    world.team.manager = mia
    world.team.save()
    return mia


def a_team(*people: User, **more: Any) -> Typed:
    """A team of these people."""
    typed = {"name": "Shop", "members-rows": len(people)}
    for number, one in enumerate(people):
        typed |= {f"members-{number}-user": one.email, f"members-{number}-place": "responder"}
    return typed | more


def a_schedule(*people: User, **more: Any) -> Typed:
    """A weekly schedule of payments."""
    layer = {
        "layers-rows": 1,
        "layers-0-name": "weekly",
        "layers-0-every": 1,
        "layers-0-unit": "week",
        "layers-0-starts": "2026-11-16T09:00",
        "layers-0-count": "calendar",
        "layers-0-role": "primary",
        "layers-0-members-rows": len(people),
    }
    turns = {f"layers-0-members-{number}-user": one.email for number, one in enumerate(people)}
    return {"name": "Second line", "team": "payments", "timezone": "Europe/London", **layer, **turns, **more}


def a_policy(**more: Any) -> Typed:
    """One step, and Ada in the end."""
    return {
        "name": "Checkout",
        "team": "payments",
        "repeat": 2,
        "steps-rows": 1,
        "steps-0-wait": "5",
        "steps-0-notify-rows": 1,
        "steps-0-notify-0-target": "schedule:payments-primary",
        "catch_all-rows": 1,
        "catch_all-0-target": "user:ada@example.com",
        **more,
    }


def a_service(**more: Any) -> Typed:
    """Cart, of payments."""
    return {
        "name": "Cart",
        "team": "payments",
        "policy": "payments",
        "demand": "medium",
        "customer_facing": "on",
    } | more


def a_source(**more: Any) -> Typed:
    """Alertmanager, about checkout."""
    classes = {"classes-rows": 1, "classes-0-value": "critical", "classes-0-severity": "critical"}
    rule = {"class_label": "severity", "class_default": "standard"}
    return {
        "name": "Main",
        "kind": "alertmanager",
        "service": "checkout",
        "grouping": "labels",
        **rule,
        **classes,
    } | more


ALL: dict[str, tuple[Any, Callable[..., Typed]]] = {
    "team": (Team, a_team),
    "schedule": (Schedule, a_schedule),
    "policy": (EscalationPolicy, a_policy),
    "service": (Service, a_service),
    "source": (Source, a_source),
}


def typed_for(name: str, world: World) -> Typed:
    """What a right form of this kind sends."""
    makes: Callable[..., Typed] = ALL[name][1]
    return makes(world.ana) if name in {"team", "schedule"} else makes()


def was(browser: Client, path: str) -> str:
    """What the form says it was made from."""
    return str(browser.get(path).context["was"])


@pytest.mark.parametrize("name", ALL)
def test_observers_and_responders_set_nothing_up(world: World, sign_in: SignIn, now: object, name: str) -> None:
    model: Any = ALL[name][0]
    before = model.objects.count()
    for user in (world.olga, world.ana):
        browser = sign_in(user)
        assert browser.get(f"/setup/{name}/").status_code == 403
        assert browser.post(f"/setup/{name}/", typed_for(name, world)).status_code == 403
    assert model.objects.count() == before


@pytest.mark.parametrize("name", ["schedule", "policy", "service"])
def test_a_manager_sets_up_nothing_for_another_team(
    world: World, mia: User, sign_in: SignIn, now: object, name: str
) -> None:
    make_team("shop")
    model: Any = ALL[name][0]
    before = model.objects.count()
    assert sign_in(mia).get(f"/setup/{name}/").status_code == 200
    assert sign_in(mia).post(f"/setup/{name}/", typed_for(name, world) | {"team": "shop"}).status_code == 403
    assert model.objects.count() == before


def test_what_belongs_to_another_team_is_not_theirs_to_change(
    world: World, mia: User, sign_in: SignIn, now: object
) -> None:
    make_schedule("shop-primary", world.ana, team=make_team("shop"))
    assert sign_in(mia).get("/setup/schedule/shop-primary/").status_code == 403
    assert sign_in(mia).post("/setup/schedule/shop-primary/", a_schedule(world.ana)).status_code == 403
    assert sign_in(mia).get("/setup/team/shop/").status_code == 403
    assert sign_in(mia).get("/setup/team/").status_code == 403
    assert sign_in(mia).get("/setup/area/").status_code == 403
    assert sign_in(mia).get("/setup/organisation/").status_code == 403


@pytest.mark.parametrize("name", ALL)
def test_twice_is_once(world: World, sign_in: SignIn, now: object, name: str) -> None:
    model: Any = ALL[name][0]
    before = model.objects.count()
    browser = sign_in(world.ada)
    typed = typed_for(name, world)
    first = browser.post(f"/setup/{name}/", typed)
    again = browser.post(f"/setup/{name}/", typed)
    assert {first.status_code, again.status_code} <= {200, 303}
    assert model.objects.count() == before + 1
    other = browser.post(f"/setup/{name}/", typed | OTHERWISE[name])
    assert other.status_code == 422
    assert "There is one of this name already." in other.content.decode()
    assert model.objects.count() == before + 1


OTHERWISE: dict[str, Typed] = {
    "team": {"members-0-place": "lead"},
    "schedule": {"timezone": "Asia/Tokyo"},
    "policy": {"repeat": 3},
    "service": {"target": "99.9"},
    "source": {"grouping": "none"},
}

REFUSED: list[tuple[str, Typed, str]] = [
    ("team", {"name": ""}, "This field is required."),
    ("team", {"name": "Sh\x01op"}, "There is a control character or a line break in it."),
    ("team", {"members-rows": 0}, "A team needs somebody in it."),
    ("team", {"members-rows": "x"}, "A team needs somebody in it."),
    ("team", {"members-0-user": "nobody@example.com"}, "Select a valid choice."),
    ("schedule", {"timezone": "Europe/Lundon"}, "Europe/Lundon is not a time zone such as Europe/London."),
    ("schedule", {"layers-0-members-rows": 0}, "A layer needs somebody who takes it."),
    ("schedule", {"layers-0-every": 0}, "Ensure this value is greater than or equal to 1."),
    ("schedule", {"layers-0-starts": "yesterday"}, "Type a day and a time such as 2026-11-21T08:00."),
    ("schedule", {"layers-0-starts": "2210-01-01T09:00"}, "Choose a year from 1970 to 2199."),
    ("schedule", {"layers-0-members-0-user": "olga@example.com"}, "Select a valid choice."),
    ("policy", {"steps-rows": 0}, "A policy needs a step."),
    ("policy", {"steps-0-wait": "0.2"}, "Ensure this value is greater than or equal to 0.5."),
    ("policy", {"steps-0-notify-rows": 0, "steps-0-wait": "7"}, "A step needs somebody to page."),
    ("policy", {"steps-0-notify-0-target": "user:gone@example.com"}, "Select a valid choice."),
    ("policy", {"catch_all-rows": 0}, "A policy needs somebody who is paged when nobody else answers."),
    ("policy", {"repeat": 20}, "Ensure this value is less than or equal to 19."),
    ("service", {"team": ""}, "This field is required."),
    ("service", {"target": "101"}, "Ensure this value is less than or equal to 100."),
    ("service", {"playbooks-rows": 1, "playbooks-0-title": "x", "playbooks-0-match": "queue"}, "is not a matcher"),
    ("service", {"playbooks-rows": 1, "playbooks-0-title": "x", "playbooks-0-match": "a=~("}, "is not valid RE2"),
    ("source", {"kind": "carrier pigeon"}, "Select a valid choice."),
    ("source", {"class_label": ""}, "Name the label that says these words."),
    ("source", {"service": "nothing"}, "Select a valid choice."),
]


@pytest.mark.parametrize(("name", "wrong", "sentence"), REFUSED)
def test_bad_input_is_refused_at_its_field(
    world: World, sign_in: SignIn, now: object, name: str, wrong: Typed, sentence: str
) -> None:
    model: Any = ALL[name][0]
    before = model.objects.count()
    act = {"act": "look"} if name == "schedule" else {}
    response = sign_in(world.ada).post(f"/setup/{name}/", typed_for(name, world) | wrong | act)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert model.objects.count() == before


def test_a_team_by_its_form(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    Area.objects.create(slug="north", name="North")
    typed = a_team(world.ana, world.bob, manager="ada@example.com", area="north", next="/start/")
    response = browser.post("/setup/team/", typed)
    assert (response.status_code, response["Location"]) == (303, "/start/")
    team = Team.objects.get(slug="shop")
    assert (team.name, team.manager, team.area and team.area.slug, team.from_file) == (
        "Shop",
        world.ada,
        "north",
        False,
    )
    assert set(team.members.all()) == {world.ana, world.bob}
    typed = a_team(world.bob, name="The shop", was=was(browser, "/setup/team/shop/"))
    assert browser.post("/setup/team/shop/", typed).status_code == 303
    team.refresh_from_db()
    assert (team.name, list(team.members.all()), team.manager, team.area) == ("The shop", [world.bob], None, None)
    assert {(change.who, change.via) for change in latest_changes().changes if change.name == "The shop"} == {
        (world.ada, "form")
    }


def test_who_changed_it_meanwhile_is_not_overwritten(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    seen = was(browser, "/setup/team/payments/")
    assert browser.post("/setup/team/payments/", a_team(world.ana, name="Pay", was=seen)).status_code == 303
    late = browser.post("/setup/team/payments/", a_team(world.bob, name="Late", was=seen))
    assert late.status_code == 409
    assert "Somebody changed it while this form was open." in late.content.decode()
    assert Team.objects.get(slug="payments").name == "Pay"


def test_rows_come_and_go_without_a_script(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    typed = a_team(world.ana, world.bob, name="")
    more = browser.post("/setup/team/", typed | {"act": "add:members"})
    assert (more.status_code, len(more.context["form"].groups[0])) == (200, 3)
    assert "This field is required." not in more.content.decode()
    fewer = browser.post("/setup/team/", typed | {"act": "drop:members-0"})
    assert [row["user"].value() for row in fewer.context["form"].groups[0]] == ["bob.bell@example.com"]
    typed = a_schedule(world.ana, world.bob)
    swapped = browser.post("/setup/schedule/", typed | {"act": "up:layers-0-members-1"})
    (layer,) = swapped.context["form"].groups[0]
    assert [row["user"].value() for row in layer.groups[0]] == ["bob.bell@example.com", "ana.ames@example.com"]
    gone = browser.post("/setup/schedule/", typed | {"act": "drop:layers-0"})
    assert len(gone.context["form"].groups[0]) == 0
    odd = ("add:../x", "drop:members-99", "up:members-0", "drop:nothing-0", "add:" + "a" * 500)
    assert {browser.post("/setup/team/", a_team(world.ana) | {"act": act}).status_code for act in odd} <= {200, 303}


def test_a_schedule_shows_the_next_two_weeks_before_it_is_saved(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    typed = a_schedule(world.ana, world.bob)
    window = {"windows-rows": 1, "windows-0-days": ["mon", "tue"], "windows-0-start": "08:00", "windows-0-end": "00:00"}
    typed |= {f"layers-0-{name}": value for name, value in window.items()}
    seen = browser.post("/setup/schedule/", typed | {"act": "look"})
    assert seen.status_code == 200
    assert not Schedule.objects.filter(slug="second-line").exists()
    assert {str(shift.person) for shift in seen.context["preview"].shifts} == {"None", "Ana Ames", "Bob Bell"}
    assert "Nobody has the pager for" in seen.content.decode()
    sent: dict[str, list[str]] = {}
    for name, value in seen.context["typed"]:
        sent.setdefault(name, []).append(value)
    again = browser.post("/setup/schedule/", sent | {"act": "edit"})
    assert again.context["form"]["name"].value() == "Second line"
    unread = browser.post("/setup/schedule/", sent | {"act": "save"})
    assert unread.status_code == 422
    assert "Say below that you have read when nobody has the pager." in unread.content.decode()
    assert not Schedule.objects.filter(slug="second-line").exists()
    sent["read"] = ["yes"]
    assert browser.post("/setup/schedule/", sent | {"act": "save"})["Location"] == "/oncall/second-line/"
    layer = Schedule.objects.get(slug="second-line").layers.get()
    assert layer.windows == [{"days": ["mon", "tue"], "from": "08:00", "to": "24:00"}]
    assert [turn.user for turn in layer.turns.all()] == [world.ana, world.bob]
    again = browser.get("/setup/schedule/second-line/")
    assert 'value="00:00"' in again.content.decode()


def test_a_policy_by_its_form(world: World, mia: User, sign_in: SignIn, now: object) -> None:
    browser = sign_in(mia)
    seen = browser.post("/setup/policy/", a_policy(act="look"))
    assert [step.who for step in seen.context["preview"].steps] == ["Ana Ames"]
    assert not EscalationPolicy.objects.filter(slug="checkout").exists()
    assert browser.post("/setup/policy/", a_policy()).status_code == 303
    policy = EscalationPolicy.objects.get(slug="checkout")
    assert (policy.team, policy.repeat, policy.catch_all) == (world.team, 2, ["user:ada@example.com"])
    assert [(step.wait, step.notify) for step in policy.steps.all()] == [(300, ["schedule:payments-primary"])]
    typed = a_policy(repeat=0, was=was(browser, "/setup/policy/checkout/"))
    typed |= {"steps-0-wait": "0.5", "steps-0-during": "working_hours"}
    assert browser.post("/setup/policy/checkout/", typed).status_code == 303
    assert [(step.wait, step.during) for step in policy.steps.all()] == [(30, "working_hours")]
    assert browser.post("/setup/policy/", a_policy(name="All", team="")).status_code == 403


def test_a_service_with_its_playbooks(world: World, mia: User, sign_in: SignIn, now: object) -> None:
    browser = sign_in(mia)
    book = {"title": "Restart", "match": 'alertname="QueueStuck"\nseverity=~crit.*', "body": "One\r\nTwo"}
    typed = a_service(target="99.90", exposure_per_hour="5000") | {"playbooks-rows": 1}
    typed |= {f"playbooks-0-{name}": value for name, value in book.items()}
    assert browser.post("/setup/service/", typed)["Location"] == "/services/cart/"
    service = Service.objects.get(slug="cart")
    made = service.playbooks.get()
    assert (made.match, made.body) == ({"alertname": "QueueStuck", "severity": "=~crit.*"}, "One\nTwo")
    assert service.coverage.policy == world.policy
    form = browser.get("/setup/service/cart/")
    assert "alertname=QueueStuck\nseverity=~crit.*" in form.content.decode()
    typed = a_service(policy="", was=form.context["was"])
    assert browser.post("/setup/service/cart/", typed).status_code == 303
    service = Service.objects.get(slug="cart")
    assert not hasattr(service, "coverage")
    assert Playbook.objects.get().archived_at == AT


def test_a_source_shows_its_key_once(world: World, mia: User, sign_in: SignIn, now: object) -> None:
    browser = sign_in(mia)
    response = browser.post("/setup/source/", a_source(next="/start/"))
    secret = response.context["new_key"]
    text = response.content.decode()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert f"/api/in/alertmanager/{secret}" in text
    assert "webhook_configs" in text
    assert 'href="/start/"' in text
    again = browser.post("/setup/source/", a_source()).context["new_key"]
    source = Source.objects.get(slug="main")
    assert again != secret
    assert source.keys.filter(revoked_at=None).count() == 1
    body = '{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "A", "severity": "critical"}}]}'
    path = f"/api/in/alertmanager/{again}"
    assert Client().post(path, body, content_type="application/json").status_code == 202
    third = browser.post("/setup/source/", a_source())
    assert (third.status_code, third["Location"]) == (303, "/services/sources/main/")
    assert source.class_from == {"label": "severity", "map": {"critical": "critical"}, "default": "standard"}
    assert any(change.kind == "key" and change.who == mia for change in latest_changes().changes)


def test_a_source_without_a_service_is_for_who_answers_for_all(
    world: World, mia: User, sign_in: SignIn, now: object
) -> None:
    assert sign_in(mia).post("/setup/source/", a_source(service="")).status_code == 403
    assert sign_in(world.ada).post("/setup/source/", a_source(service="")).status_code == 200


@pytest.mark.parametrize("name", ["team", "schedule", "policy", "service"])
def test_the_file_s_own_is_shown_and_not_changed(world: World, sign_in: SignIn, now: object, name: str) -> None:
    for row in (world.team, world.schedule, world.policy, world.service):
        row.from_file = True
        row.save()
    slug = "checkout" if name == "service" else "payments-primary" if name == "schedule" else "payments"
    browser = sign_in(world.ada)
    shown = browser.get(f"/setup/{name}/{slug}/").content.decode()
    assert "This comes from the organisation&#x27;s file" in shown or "organisation's file" in shown
    assert "Save it" not in shown
    for act in ("save", "archive", "add:members"):
        assert browser.post(f"/setup/{name}/{slug}/", typed_for(name, world) | {"act": act}).status_code == 422
    world.team.refresh_from_db()
    assert (world.team.name, world.team.archived_at) == ("Payments", None)


def test_archived_and_brought_back(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    for name, slug, user in (
        ("team", "payments", "Checkout"),
        ("schedule", "payments-primary", "payments"),
        ("policy", "payments", "Checkout"),
    ):
        response = browser.post(f"/setup/{name}/{slug}/", {"act": "archive"})
        assert response.status_code == 422
        assert f"is still needed by {user}" in response.content.decode()
    make_source("am", service=world.service)
    assert browser.post("/setup/service/checkout/", {"act": "archive"}).status_code == 422
    for _time in range(2):
        assert browser.post("/setup/source/am/", {"act": "archive"})["Location"] == "/setup/"
    assert Source.objects.get().archived_at == AT
    assert browser.post("/setup/source/am/", a_source()).status_code == 409
    assert "Bring it back" in browser.get("/setup/source/am/").content.decode()
    assert browser.post("/setup/source/am/", {"act": "bring_back"}).status_code == 303
    assert Source.objects.get().archived_at is None


def test_the_organisation_and_its_areas(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    assert browser.post("/setup/organisation/", {"name": "Acme", "timezone": "Europe/Paris"}).status_code == 303
    assert (Organisation.the().name, Organisation.the().timezone) == ("Acme", "Europe/Paris")
    assert browser.post("/setup/organisation/", {"name": "Acme", "timezone": "Paris"}).status_code == 422
    typed = {"name": "North", "lead": "ana.ames@example.com", "teams": ["payments"]}
    assert browser.post("/setup/area/", typed).status_code == 303
    area = Area.objects.get()
    assert (area.lead, [team.slug for team in area.teams.all()]) == (world.ana, ["payments"])
    typed = {"name": "North", "lead": "", "was": was(browser, "/setup/area/north/")}
    assert browser.post("/setup/area/north/", typed).status_code == 303
    assert not Area.objects.get().teams.exists()
    assert any(change.kind == "organisation" and change.who == world.ada for change in latest_changes().changes)


def test_the_index(world: World, mia: User, sign_in: SignIn, now: object, django_assert_max_num_queries: Any) -> None:
    assert sign_in(world.ana).get("/setup/").status_code == 403
    for number in range(5):
        make_schedule(f"s-{number}", team=world.team)
    browser = sign_in(mia)
    with django_assert_max_num_queries(40):
        text = browser.get("/setup/").content.decode()
    assert 'href="/setup/schedule/s-1/"' in text
    assert 'href="/setup/team/"' not in text


def test_the_index_says_what_matters_and_finds_by_name(world: World, sign_in: SignIn, now: object) -> None:
    """Who leads, who has the pager, whom a policy asks; a search of names; one kind alone."""
    make_schedule("empty", team=world.team)
    for number in range(FIRST):
        make_team(f"crew-{number}")
    browser = sign_in(world.ada)
    text = browser.get("/setup/").content.decode()
    assert "nobody" in text
    assert 'href="?only=team"' in text
    assert "/setup/team/payments/" not in text, "the first of each kind, then a way to all"
    assert "/setup/team/payments/" in browser.get("/setup/?only=team").content.decode()
    found = browser.get("/setup/?q=crew-7").content.decode()
    assert "/setup/team/crew-7/" in found
    assert "/setup/team/payments/" not in found
    assert "Nothing is called so" in browser.get("/setup/?q=nothing-like-this").content.decode()
    assert browser.get("/setup/?q=%00&only=nonsense").status_code == 200


def test_a_way_back_to_a_stranger_s_site_is_not_taken(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ada)
    for bad in ("https://evil.example.com/", "javascript:alert(1)", "//evil.example.com"):
        assert "evil" not in browser.get("/setup/team/", {"next": bad}).content.decode()
        assert "alert(1)" not in browser.get("/setup/team/", {"next": bad}).content.decode()
