"""What apply writes, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from alerts.models import Key, Route, Source
from incidents.models import Incident
from oncall.models import Coverage, EscalationPolicy, Override, Schedule
from paging.models import ContactMethod
from provisioning.applying import apply, look
from provisioning.checking import Refused
from provisioning.exporting import export
from status.models import Component
from teams.models import Area, Playbook, Service, Team, User, digest
from tests.alerts.posting import fire, group, post
from tests.provisioning.organisations import CONTRACT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)


def done(text: str, *, prune: bool = False, at: datetime = LATER) -> list[str]:
    """Apply `text`; the changes in words."""
    return [str(change) for change in apply(text.encode(), at=at, prune=prune).changes]


def test_the_documented_example_becomes_rows() -> None:
    done(CONTRACT, at=AT)
    alice = User.objects.get(email="alice@example.com")
    assert not alice.has_usable_password()
    assert set(alice.contact_methods.values_list("slug", "kind", "verified_at")) == {
        ("mail", "email", AT),
        ("phone", "voice", AT),
    }
    assert list(alice.personal_rules.values_list("severity", "position", "method__slug", "after")) == [
        ("critical", 0, "mail", 0),
        ("critical", 1, "phone", 120),
        ("default", 0, "mail", 0),
    ]
    team = Team.objects.get(slug="payments")
    assert (team.manager, team.director, team.area) == (
        User.objects.get(email="mia@example.com"),
        User.objects.get(email="dan@example.com"),
        Area.objects.get(slug="shop", lead=alice),
    )
    assert dict(team.memberships.values_list("user__email", "place")) == {
        "alice@example.com": "lead",
        "bob@example.com": "responder",
    }
    layer = Schedule.objects.get(slug="payments-primary").layers.get()
    assert (layer.every, layer.unit, layer.count, layer.starts) == (1, "week", "covered", datetime(2026, 10, 19, 9))  # noqa: DTZ001
    assert layer.windows == [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:30", "to": "17:30"}]
    policy = EscalationPolicy.objects.get(slug="payments")
    assert (policy.repeat, policy.catch_all) == (2, ["user:mia@example.com"])
    assert list(policy.steps.values_list("wait", "notify")) == [
        (300, ["schedule:payments-primary"]),
        (600, ["user:alice@example.com", "team:payments"]),
    ]
    service = Service.objects.get(slug="checkout")
    assert (service.coverage.policy, service.target, service.exposure_per_hour) == (
        policy,
        Decimal("99.9"),
        Decimal(500000),
    )
    assert (service.demand, service.default_class, service.customer_facing) == ("high", "major", True)
    source = Source.objects.get(slug="am")
    assert source.resolve_hold == timedelta(0)
    assert source.class_from == {
        "label": "severity",
        "map": {"critical": "critical", "warning": "major"},
        "default": "standard",
    }
    assert source.keys.get().key_hash == digest("use-a-long-random-key-0001")
    route = Route.objects.get()
    assert (route.source, route.service, route.severity) == (source, service, "critical")
    assert route.playbook == Playbook.objects.get(title="Restart the queue")
    assert Component.objects.get(slug="checkout").service == service


def test_everything_named_is_marked() -> None:
    done(CONTRACT, at=AT)
    for model in (
        User,
        Team,
        Area,
        Schedule,
        Override,
        EscalationPolicy,
        Service,
        Playbook,
        Source,
        Key,
        Route,
        Component,
        ContactMethod,
    ):
        assert not model.objects.filter(from_file=False).exists(), model


def test_what_was_made_by_hand_is_taken_over_and_says_so() -> None:
    Team.objects.create(slug="payments", name="Payments")
    words = done(CONTRACT)
    assert next(one for one in words if "team payments" in one).endswith("from now on kept by the file")
    assert done(CONTRACT) == []


def test_a_part_made_by_hand_is_taken_over() -> None:
    done(CONTRACT, at=AT)
    ContactMethod.objects.filter(slug="mail").update(from_file=False)
    assert done(CONTRACT) == ["change user alice@example.com: from now on kept by the file"]
    assert ContactMethod.objects.get(slug="mail").from_file


def test_changes_in_words() -> None:
    done(CONTRACT, at=AT)
    text = (
        CONTRACT.replace("target: 99.9", "target: 99.95")
        .replace("{wait: 5m,", "{wait: 6m,")
        .replace("bob@example.com: responder}", "bob@example.com: observer}")
        .replace('address: "+447700900001"', 'address: "+447700900002"')
        .replace("use-a-long-random-key-0001", "use-a-long-random-key-0002")
    )
    assert done(text) == [
        "change user alice@example.com: methods: phone changed",
        "change team payments: members: bob@example.com changed",
        "change policy payments: steps: changed",
        "change service checkout: target from 99.9 to 99.95",
        "change source am: keys: 1 added",
    ]
    assert done(text) == []


def test_looking_changes_nothing() -> None:
    before = export()
    assert len(look(CONTRACT.encode()).changes) == 13
    assert export() == before
    assert not User.objects.exists()


def test_no_word_of_the_plan_holds_a_secret() -> None:
    done(CONTRACT, at=AT)
    text = CONTRACT.replace("use-a-long-random-key-0001", "another-long-secret-key-9").replace(
        "kind: voice, address", "kind: ntfy, address"
    )
    said = "\n".join(str(change) for change in look(text.encode()).changes)
    assert "another-long" not in said
    assert "+4477" not in said
    assert "another-long" not in export()


def test_sections_that_are_absent_are_left_alone() -> None:
    done(CONTRACT, at=AT)
    assert done("organisation: {name: Acme & Co}\n") == ["change organisation: name from Acme to Acme & Co"]
    assert done("organisation: {name: Acme & Co}\n", prune=True) == []
    assert done("teams:\n- {slug: payments, name: Pay, manager: mia@example.com, director: dan@example.com}\n") == [
        "change team payments: name from Payments to Pay"
    ]
    assert Team.objects.get(slug="payments").memberships.count() == 2


def test_an_absent_key_means_its_default() -> None:
    done(CONTRACT, at=AT)
    done(CONTRACT.replace(" target: 99.9,", "").replace(" default_class: major,", ""))
    service = Service.objects.get()
    assert (service.target, service.default_class) == (None, "")


def test_what_people_say_of_themselves_stays() -> None:
    done(CONTRACT, at=AT)
    User.objects.filter(email="bob@example.com").update(timezone="Asia/Tokyo", role="manager", name="Robert")
    assert done("users: [{email: BOB@example.com}]") == []
    bob = User.objects.get(email="bob@example.com")
    assert (bob.timezone, bob.role, bob.name) == ("Asia/Tokyo", "manager", "Robert")


def test_new_people_and_schedules_live_in_the_organisations_zone() -> None:
    people = "organisation: {timezone: Asia/Tokyo}\nusers: [{email: a@example.com}]\n"
    done(people + "teams: [{slug: t, name: T}]\nschedules: [{slug: s, team: t}]\n")
    assert User.objects.get().timezone == Schedule.objects.get().timezone == "Asia/Tokyo"


def test_references_may_point_to_what_is_there() -> None:
    done(CONTRACT, at=AT)
    done("services: [{slug: cart, name: Cart, team: payments, policy: payments}]\n")
    assert Coverage.objects.get(service__slug="cart").policy.slug == "payments"


def test_a_verified_address_stays_verified_until_it_changes() -> None:
    text = "users: [{email: a@example.com, methods: {mail: {kind: email, address: a@example.com}}}]"
    done(text, at=AT)
    assert ContactMethod.objects.get().verified_at is None
    ContactMethod.objects.update(verified_at=AT)
    assert done(text) == []
    done(text.replace("address: a@", "address: b@"))
    assert ContactMethod.objects.get().verified_at is None


def test_an_own_override_stays_and_later_ones_win() -> None:
    done(CONTRACT, at=AT)
    schedule = Schedule.objects.get()
    Override.objects.create(
        schedule=schedule,
        person=User.objects.get(email="alice@example.com"),
        starts=datetime(2026, 12, 1, 8),  # noqa: DTZ001
        ends=datetime(2026, 12, 1, 9),  # noqa: DTZ001
        created_at=AT + timedelta(hours=1),
    )
    assert done(CONTRACT) == []
    more = CONTRACT.replace(
        "overrides: [", 'overrides: [{person: alice@example.com, from: "2026-11-21T09:00", to: "2026-11-21T10:00"}, '
    )
    assert done(more) == ["change schedule payments-primary: overrides: 3 instead of 2"]
    ages = [row.starts.hour for row in schedule.overrides.order_by("created_at", "pk")]
    assert ages == [8, 9, 8]
    assert done(more) == []
    done(more, prune=True)
    assert schedule.overrides.filter(removed_at=None).count() == 2
    assert done(more, prune=True) == []


def test_a_key_of_another_source_is_refused() -> None:
    done(CONTRACT, at=AT)
    with pytest.raises(Refused, match="belongs to source 'am'"):
        done("sources: [{slug: two, kind: generic, key: use-a-long-random-key-0001}]")


def test_a_team_moves_to_another_area() -> None:
    done(CONTRACT, at=AT)
    text = CONTRACT.replace(
        "  - {slug: shop, name: Shop, lead: alice@example.com, teams: [payments]}",
        "  - {slug: money, name: Money, teams: [payments]}\n  - {slug: shop, name: Shop}",
    )
    done(text)
    assert Team.objects.get().area == Area.objects.get(slug="money")
    assert done(text) == []


def test_the_history_names_the_file() -> None:
    done(CONTRACT, at=AT)
    event = Service.pgh_event_model.objects.get()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata == {"user": None, "via": "apply"}


def test_rules_that_are_emptied_are_gone() -> None:
    done(CONTRACT, at=AT)
    text = CONTRACT.replace("default: [{via: mail, after: 0m}]", "default: []")
    assert done(text) == ["change user alice@example.com: rules: default removed"]
    assert done(text) == []


def test_a_service_without_a_policy_is_noted() -> None:
    text = "teams: [{slug: t, name: T}]\nservices: [{slug: s, name: S, team: t}]\n"
    assert apply(text.encode(), at=AT).notes == ["Service s has no policy: nobody would be paged for it."]


def test_a_source_that_watches_no_more_opens_what_fires() -> None:
    source = "sources:\n  - {slug: am, kind: alertmanager, key: a-long-random-key-0001, watching: %s}\n"
    done(source % "true", at=AT)
    post(group(fire()), at=AT)
    assert not Incident.objects.exists()
    done(source % "false")
    assert Incident.objects.get().declared_at == LATER
    assert not Source.objects.get().watching
