"""A browser that wakes its person belongs to the browser: no file holds it, and no file takes it away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from paging.models import ContactMethod, PersonalRule
from provisioning.applying import apply
from provisioning.checking import Refused
from provisioning.exporting import export
from teams.models import User
from tests.provisioning.organisations import CONTRACT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)
ADDRESS = '{"endpoint": "https://push.example.com/secret", "p256dh": "BA", "auth": "AA", "device": "Chrome on Linux"}'


@pytest.fixture
def push() -> ContactMethod:
    """Alice's browser, which a rule of hers names."""
    apply(CONTRACT.encode(), at=AT)
    alice = User.objects.get(email="alice@example.com")
    found = ContactMethod.objects.create(user=alice, slug="push", kind="webpush", address=ADDRESS, verified_at=AT)
    PersonalRule.objects.create(user=alice, severity="critical", position=2, method=found)
    return found


def test_the_export_leaves_it_out_and_can_be_applied(push: ContactMethod) -> None:
    text = export()
    assert "push.example.com" not in text
    assert "webpush" not in text
    assert apply(text.encode(), at=LATER, prune=True).changes == []
    assert export() == text


@pytest.mark.parametrize("prune", [False, True])
def test_a_change_of_its_person_leaves_it_and_its_rules(push: ContactMethod, prune: bool) -> None:
    changed = CONTRACT.replace("name: Alice Ames", "name: Alice Other")
    assert changed != CONTRACT
    assert apply(changed.encode(), at=LATER, prune=prune).changes
    push.refresh_from_db()
    assert (push.slug, push.address, push.verified_at) == ("push", ADDRESS, AT)
    rules = PersonalRule.objects.filter(user=push.user, severity="critical")
    assert list(rules.values_list("position", "method__slug")) == [(0, "mail"), (1, "phone"), (2, "push")]


def test_a_way_of_the_file_may_take_its_name(push: ContactMethod) -> None:
    changed = CONTRACT.replace(
        "{mail: {kind: email", "{push: {kind: email, address: b@example.com}, mail: {kind: email"
    )
    assert changed != CONTRACT
    apply(changed.encode(), at=LATER)
    push.refresh_from_db()
    assert (push.slug, push.kind) == ("push-2", "webpush")
    assert push.user.contact_methods.get(slug="push").kind == "email"


def test_no_file_may_name_one() -> None:
    changed = CONTRACT.replace("{mail: {kind: email", "{mail: {kind: webpush")
    with pytest.raises(Refused, match="webpush"):
        apply(changed.encode(), at=AT)
