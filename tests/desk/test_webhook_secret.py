"""What signs the messages of a webhook is shown to whoever proved that it is theirs, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from paging.channels import webhook
from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_method, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "https://hooks.example.com/page"
PAGE = "/settings/methods/"


def test_only_for_whoever_proved_it(world: World, sign_in: Callable[[User], Client]) -> None:
    secret = webhook.secret_of(ADDRESS)
    make_method(world.ana, slug="hook", kind="webhook", address=ADDRESS)
    make_method(world.bob, slug="hook", kind="webhook", address=ADDRESS, verified=False)
    assert secret in sign_in(world.ana).get(PAGE).content.decode()
    assert secret not in sign_in(world.bob).get(PAGE).content.decode()
    administrator = sign_in(make_user("Root", role="admin"))
    assert secret not in administrator.get(f"{PAGE}?person={world.ana.email}").content.decode()
