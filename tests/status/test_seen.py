"""C6: the public clock stops once a stranger could read the postmortem, and not before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import time_machine
from django.core.wsgi import get_wsgi_application
from pytest_django.fixtures import Settings

from postmortems.models import Postmortem
from status import seen, tree
from tests.factories import AT, make_incident
from tests.status.publicity import MINUTE, make_report, say

SECOND = timedelta(seconds=1)


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *args: object) -> None:
        """Nothing."""


class Server(ThreadingMixIn, WSGIServer):
    """Ends with its threads."""

    daemon_threads = False
    block_on_close = True


@pytest.fixture
def web(settings: Settings) -> Iterator[None]:
    """The real WSGI application on loopback; `SHARPEND_URL` is its address."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SHARPEND_URL = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pm(db: None) -> Postmortem:
    """Published now, to be looked at now."""
    incident = make_incident(state="resolved")
    say(incident, "resolved")
    return make_report(incident, check_due_at=AT)


def now(pm: Postmortem) -> Postmortem:
    return Postmortem.objects.get(pk=pm.pk)


def test_a_stranger_reads_it_and_the_clock_stops(web: None, pm: Postmortem) -> None:
    tree.publish(AT)
    assert seen.due(AT - SECOND, 10) == []
    assert seen.due(AT, 10) == [pm.pk]
    with time_machine.travel(AT, tick=False):
        assert seen.look(pm.pk, AT) is True
    assert now(pm).seen_at == AT
    assert seen.due(AT + timedelta(days=1), 10) == []


def test_the_page_without_its_postmortem_is_not_enough(web: None, pm: Postmortem, root: Path) -> None:
    pm.published_at = None
    pm.save()
    tree.publish(AT)
    pm.published_at = AT
    pm.save()
    assert pm.incident.public.code in str(list(root.rglob("index.html")))
    assert seen.look(pm.pk, AT) is False
    assert now(pm).seen_at is None


def test_an_older_text_that_still_stands_there_is_not_enough(web: None, pm: Postmortem) -> None:
    tree.publish(AT)
    pm.published_at = AT + MINUTE
    pm.save()
    assert seen.look(pm.pk, AT + MINUTE) is False
    tree.publish(AT + MINUTE)
    with time_machine.travel(AT, tick=False):
        assert seen.look(pm.pk, AT + 2 * MINUTE) is True


def test_it_is_tried_again_more_and_more_seldom(pm: Postmortem, settings: Settings) -> None:
    settings.SHARPEND_URL = "http://127.0.0.1:9"  # nobody is there
    at, waits = AT, []
    for _try in range(20):
        assert seen.due(at, 10) == [pm.pk]
        assert seen.look(pm.pk, at) is False
        again = now(pm).check_due_at
        assert again is not None
        assert seen.due(again - SECOND, 10) == []
        waits.append(again - at)
        at = again
    assert waits[0] == 5 * SECOND
    assert waits == sorted(waits)
    assert waits[-1] == 10 * MINUTE


def test_two_that_look_at_once_fetch_once(pm: Postmortem, settings: Settings) -> None:
    settings.SHARPEND_URL = "http://127.0.0.1:9"
    assert seen.look(pm.pk, AT) is False
    due = now(pm).check_due_at
    assert seen.look(pm.pk, AT) is False  # it came too late: not due any more
    assert now(pm).check_due_at == due


def test_what_was_taken_back_is_not_looked_at(pm: Postmortem) -> None:
    pm.published_at = None
    pm.save()
    assert seen.due(AT, 10) == []
    assert seen.look(pm.pk, AT) is False


@pytest.mark.parametrize("path", ["/status", "/", "/status/nothing/", "/account/login/"])
def test_a_redirect_a_404_or_another_page_is_no_answer(web: None, db: None, settings: Settings, path: str) -> None:
    say()
    tree.publish(AT)
    assert seen.answers(f"{settings.SHARPEND_URL}/status/", "<html") is True
    assert seen.answers(f"{settings.SHARPEND_URL}{path}", '<section id="postmortem"') is False
