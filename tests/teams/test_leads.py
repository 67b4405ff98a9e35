"""Who answers when nobody else does."""

from __future__ import annotations

import pytest

from teams.leads import lead_for
from teams.models import Area, Role
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


def test_area_then_team_lead_then_manager_then_an_administrator() -> None:
    admin = make_user("Ada", role=Role.ADMIN)
    first, lead, manager = make_user("Area"), make_user("Lead"), make_user("Mia", role=Role.MANAGER)
    area = Area.objects.create(slug="shop", name="Shop", lead=first)
    team = make_team("payments", lead=lead, manager=manager, area=area)
    for expected in (first, lead, manager, admin):
        assert lead_for(team) == expected
        expected.is_active = False
        expected.save()
        team.refresh_from_db()
    assert lead_for(team) is None


def test_without_a_team_an_administrator() -> None:
    assert lead_for(None) is None
    admin = make_user("Ada", role=Role.ADMIN)
    assert lead_for(None) == admin
