"""What pruning takes away and what it must not; what comes back; who stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.models import Key, Route, Source
from paging.models import ContactMethod
from provisioning.applying import apply
from provisioning.checking import Refused
from provisioning.exporting import export
from teams.models import Service, User, digest
from tests.provisioning.organisations import CONTRACT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)


def done(text: str, *, prune: bool = False, at: datetime = LATER) -> list[str]:
    """Apply `text`; the changes in words."""
    return [str(change) for change in apply(text.encode(), at=at, prune=prune).changes]


def test_an_own_method_stays_until_pruned() -> None:
    done(CONTRACT, at=AT)
    alice = User.objects.get(email="alice@example.com")
    ContactMethod.objects.create(user=alice, slug="own", kind="sms", address="+447700900009")
    assert done(CONTRACT) == []
    assert done(CONTRACT, prune=True) == ["change user alice@example.com: methods: own removed"]
    assert set(alice.contact_methods.values_list("slug", flat=True)) == {"mail", "phone"}


def test_keys_change_over_and_at_most_two_live() -> None:
    first, second, third = (CONTRACT.replace("key-0001", f"key-000{n}") for n in (1, 2, 3))
    done(first, at=AT)
    done(second, at=AT + timedelta(hours=1))
    live = Key.objects.filter(revoked_at=None)
    assert live.count() == 2
    assert done(third) == ["change source am: keys: 1 added, 1 revoked"]
    assert {key.key_hash for key in live} == {digest(f"use-a-long-random-key-000{n}") for n in (2, 3)}
    assert done(third, prune=True) == ["change source am: keys: 1 revoked"]
    with pytest.raises(Refused, match="was revoked"):
        done(first)


def test_routes_of_the_file_stand_before_the_others() -> None:
    done(CONTRACT, at=AT)
    service = Service.objects.get()
    Route.objects.update(position=5)
    Route.objects.create(position=0, service=service, match={"a": "b"})
    assert done(CONTRACT) == ["reorder route list"]
    assert list(Route.objects.values_list("match__a", flat=True)) == [None, "b"]
    assert done(CONTRACT) == []
    assert done(CONTRACT, prune=True) == ['remove route any source {"a": "b"}']
    assert Route.objects.count() == 1


def test_pruning_archives_the_rest_and_applying_brings_it_back() -> None:
    done(CONTRACT, at=AT)
    small = "users: [{email: mia@example.com}]\nareas: []\nsources: []\nroutes: []\ncomponents: []\nschedules: []\n"
    mia = '["user:mia@example.com"]'
    small += f"policies: [{{slug: payments, steps: [{{wait: 5m, notify: {mia}}}], catch_all: {mia}}}]\n"
    words = done(small, prune=True)
    assert {
        "archive area shop",
        "archive source am",
        "archive schedule payments-primary",
        "archive component checkout",
    } < set(words)
    assert {"switch off user alice@example.com", "switch off user bob@example.com"} < set(words)
    assert Source.objects.get().archived_at == LATER
    assert not User.objects.get(email="alice@example.com").is_active
    assert done(small, prune=True) == []
    words = done(CONTRACT)
    assert {"bring back area shop", "bring back source am"} < set(words)
    assert User.objects.get(email="alice@example.com").is_active
    assert Source.objects.get().archived_at is None
    assert done(CONTRACT) == []


def test_pruning_keeps_what_is_still_needed() -> None:
    done(CONTRACT, at=AT)
    before = export()
    with pytest.raises(Refused, match="--prune would archive team 'payments', but .* payments-primary still needs it"):
        done("teams: []\n", prune=True)
    with pytest.raises(Refused, match="--prune would archive policy 'payments', but service checkout still needs it"):
        done("policies: []\n", prune=True)
    with pytest.raises(Refused, match="there is no user 'bob@example.com'"):
        done(
            "users: [{email: mia@example.com}]\nteams: [{slug: payments, name: P, manager: bob@example.com}]\n",
            prune=True,
        )
    assert export() == before


def test_the_last_administrator_stays() -> None:
    User.objects.create_user("root@example.com", role="admin")
    plan = apply(CONTRACT.encode(), at=AT, prune=True)
    assert plan.notes == ["root@example.com stays: the file names no other administrator."]
    assert User.objects.get(email="root@example.com").is_active
    for text in ("[{email: root@example.com, role: manager}]", "[{email: root@example.com, active: false}]"):
        with pytest.raises(Refused, match="No administrator would be left"):
            done(f"users: {text}")


def test_administrators_change_over_in_one_file() -> None:
    User.objects.create_user("root@example.com", role="admin")
    done("users: [{email: root@example.com, active: false}, {email: new@example.com, role: admin}]")
    assert not User.objects.get(email="root@example.com").is_active
    assert "root@" not in export()


def test_somebody_who_left_is_exported_while_the_roster_needs_them() -> None:
    done(CONTRACT, at=AT)
    User.objects.filter(email__startswith="bob").update(is_active=False)
    said = export()
    assert "{email: bob@example.com, name: Bob Bell, timezone: Europe/London, role: responder, active: false}" in said
    assert done(said) == []
