"""Every address for machines says 503 while there is no database, or one that hangs: senders try that again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.test import Client
from django.urls import get_resolver
from psycopg2.extensions import set_wait_callback
from pytest_django.fixtures import Settings

from alerts import urls
from alerts.kinds import KINDS
from bench import doors
from bench.doors import DOORS, Door
from foundation import patience
from tests.addresses import walk
from tests.alerts.posting import KEY, fire, group, make_am
from tests.chaos.relay import SILENT, Relay
from tests.threads import raised, together

SOCKET = ".s.PGSQL.5432"


@pytest.fixture
def patient(settings: Settings) -> Iterator[None]:
    """As in a web process."""
    settings.MAIL_PROVIDERS = {"postmark": doors.POSTMARK}
    set_wait_callback(patience.wait)
    yield
    patience.database.answering.set()
    patience.database.usual = 0.0
    set_wait_callback(None)


def elsewhere(folder: Path, act: Callable[[], None]) -> None:
    """Do `act` in a thread whose database has its socket in `folder`."""

    def there() -> None:
        connection.close()
        connection.settings_dict = connection.settings_dict | {"HOST": str(folder), "PORT": "5432"}
        act()

    assert not raised(together(there))


def knock(one: Door) -> int:
    close_old_connections()  # as at the beginning of every request but those of a test client
    client = Client(raise_request_exception=False)
    kind = "application/json"
    return client.generic(one.method, one.path, one.content, content_type=kind, headers=one.headers).status_code


def test_every_address_for_machines_is_known_here() -> None:
    resolver = get_resolver(settings.DIRECT_URLCONF)
    known = {resolver.resolve(urlsplit(one.path).path).route for one in DOORS}
    assert known == set(walk(urls.urlpatterns))
    assert set(doors.KINDS) == KINDS


@pytest.mark.django_db
@pytest.mark.parametrize("database", ["gone", "hanging"])
def test_every_address_says_503_without_a_database(database: str, tmp_path: Path, patient: None) -> None:
    said: dict[str, int] = {}

    def ask() -> None:
        for one in DOORS:
            said[one.name] = knock(one)

    with socket.socket(socket.AF_UNIX) as silent:
        if database == "hanging":
            silent.bind(str(tmp_path / SOCKET))
            silent.listen(len(DOORS))
        elsewhere(tmp_path, ask)
    assert set(said.values()) == {503}, said
    assert len(said) == len(DOORS)


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_that_falls_silent_is_503_and_everything_is_well_when_it_speaks_again(
    tmp_path: Path, patient: None
) -> None:
    make_am()
    host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"] or 5432
    said: list[int] = []
    with Relay(tmp_path / SOCKET, Path(host) / f".s.PGSQL.{port}") as relay:

        def post(name: str) -> None:
            door = Door(f"/api/in/alertmanager/{KEY}", group(fire(name)))
            said.append(knock(door))

        def ask() -> None:
            post("a")
            relay.set(SILENT)
            post("b")
            post("b")  # told at once: only one thread asks on
            relay.set("pass")
            assert patience.database.answering.wait(60)
            post("b")

        elsewhere(tmp_path, ask)
    assert said == [202, 503, 503, 202]


def test_a_database_that_is_slow_is_waited_for_longer() -> None:
    known = patience.Known()
    assert known.patience() == patience.FIRST
    for _answer in range(20):
        known.answered(0.06)
    assert patience.FIRST < known.patience() < patience.SLOWEST
    for _answer in range(20):
        known.answered(1.0)
    assert known.patience() == patience.SLOWEST
    for _answer in range(60):
        known.answered(0.001)
    assert known.patience() == patience.FIRST
