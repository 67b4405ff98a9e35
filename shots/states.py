"""The same pages with other data: nothing at all, one of each, hundreds, long names, right to left, and what goes wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from shots.organisations import LONG, PLAIN, RIGHT_TO_LEFT, Words, many, named, one_of_each, play
from shots.pages import ADMINISTRATOR, ENGINEER, MANAGER, SHOTS, STRANGER, Shot
from shots.stage import Demo, Small, Stage
from tests.browser.scene import organisation
from tests.system import System

Staging = Callable[[], contextlib.AbstractContextManager[Stage]]


@dataclass(frozen=True)
class State:
    """Pages, and the system that shows them."""

    name: str
    staging: Staging
    shots: tuple[Shot, ...]


@contextlib.contextmanager
def demo() -> Iterator[Stage]:
    """The demo organisation."""
    with System() as system:
        system.manage("demo")
        yield Demo(system)


@contextlib.contextmanager
def small() -> Iterator[Stage]:
    """The organisation of the tests, in the middle of its week."""
    with System(organisation()) as system:
        system.manage("createadmin", "root@example.com")
        yield Small(system)


@contextlib.contextmanager
def bare() -> Iterator[Stage]:
    """An installation with one administrator and nothing else."""
    with System() as system:
        system.manage("createadmin", "root@example.com")
        yield Small(system, {})


@contextlib.contextmanager
def made(organised: Callable[[], str], words: Words, over: int = 1) -> Iterator[Stage]:
    """An organisation from its file, with incidents by its intake."""
    with System(organised()) as system:
        system.manage("createadmin", "root@example.com")
        yield Small(system, play(system, words, over=over))


def _named(*names: str, who: str = "") -> tuple[Shot, ...]:
    """Pages of the matrix by their names, all looked at by `who` if that is given."""
    known = {shot.name: shot for shot in SHOTS}
    return tuple(replace(known[name], who=who or known[name].who) for name in names)


LISTS = _named(
    "now",
    "now-manager",
    "incidents-all",
    "oncall",
    "postmortems",
    "remediation",
    "blocked",
    "review-now",
    "services",
    "sources",
    "heartbeats",
    "silences",
    "noise",
    "setup",
    "setup-routes",
    "people",
    "tokens",
    "history",
    "status",
    "status-incidents",
)
ONES = _named(
    "incident",
    "incident-held",
    "incident-over",
    "schedule",
    "override",
    "declare",
    "service",
    "source",
    "heartbeat",
    "setup-schedule",
    "setup-service",
    "setup-team-there",
    "profile",
    "methods",
    "page-by-link",
)


def _wrong(name: str, path: str, press: str, who: str = ENGINEER, /, **fill: str) -> Shot:
    return Shot("errors", name, path, who, fill=tuple(fill.items()), press=press)


ERRORS = (
    _wrong("wrong-sign-in", "/account/login/", "Sign in", STRANGER, login="alice@example.com", password="not this one"),
    _wrong("wrong-reset", "/account/password/reset/", "Send me the link", STRANGER, email="alice"),
    _wrong("wrong-declare", "/declare/", "Declare and page", title=""),
    _wrong(
        "wrong-override",
        "/oncall/{schedule}/override/",
        "See what changes",
        MANAGER,
        starts="2026-11-01T10:00",
        ends="2026-11-01T09:00",
    ),
    _wrong("wrong-times", "/incidents/{over}/times/", "Save the times", detected_at="2099-01-01T00:00:00"),
    _wrong("wrong-impact", "/incidents/{held}/impact/new/", "Save it"),
    _wrong("wrong-profile", "/settings/", "Save", name="", timezone="Mars/Olympus"),
    _wrong("wrong-method", "/settings/methods/", "Add and verify", address="nowhere"),
    _wrong("wrong-team", "/setup/team/", "Save it", ADMINISTRATOR),
    _wrong("wrong-area", "/setup/area/", "Save it", ADMINISTRATOR),
    _wrong("wrong-schedule", "/setup/schedule/", "See the next two weeks", ADMINISTRATOR, name=""),
    _wrong("wrong-policy", "/setup/policy/", "Save it", ADMINISTRATOR, name=""),
    _wrong("wrong-service", "/setup/service/", "Save it", ADMINISTRATOR),
    _wrong("wrong-source", "/setup/source/", "Save it", ADMINISTRATOR, name=""),
    _wrong("wrong-silence", "/incidents/silences/new/", "See what would be quiet", ADMINISTRATOR),
    _wrong("wrong-maintenance", "/incidents/silences/new/?kind=maintenance", "See what would be quiet", ADMINISTRATOR),
    _wrong("wrong-heartbeat", "/setup/heartbeat/", "Save it", ADMINISTRATOR, every="900", cron="every night"),
    _wrong("wrong-route", "/setup/routes/new/", "Try it on the last 7 days", ADMINISTRATOR),
    _wrong("wrong-file", "/services/sources/am/check/", "Check it", ADMINISTRATOR, text="route: ["),
    _wrong("wrong-organisation", "/setup/organisation/", "Save it", ADMINISTRATOR, name="", timezone="Mars/Olympus"),
    _wrong("wrong-invitation", "/settings/people/invite/", "Send the invitation", ADMINISTRATOR, email="alice"),
    _wrong("wrong-token", "/settings/tokens/", "Make the token", ADMINISTRATOR),
    _wrong("wrong-mail", "/settings/mail/", "Send a test mail", ADMINISTRATOR, to="nowhere"),
    _wrong("wrong-extension", "/postmortems/{over}/extend/", "Ask for it", MANAGER, reason="Too short."),
    _wrong("wrong-hand-over", "/postmortems/{over}/hand-over/", "Hand over", MANAGER),
    _wrong("wrong-owed", "/postmortems/{over}/owed/", "Save", MANAGER),
    Shot("errors", "unreadable", "/offline/?400", STRANGER, 400, moment="400"),
    Shot("errors", "not-allowed", "/settings/history/", ENGINEER, 403),
    Shot("errors", "not-there", "/incidents/INC-99999999/", ENGINEER, 404),
    Shot("errors", "broken", "/incidents/", ENGINEER, 500, moment="broken"),
    Shot("errors", "not-ready", "/offline/?503", STRANGER, 503, moment="503"),
    Shot("moments", "offline-strip", "/incidents/{held}/", ENGINEER, moment="offline"),
    Shot("moments", "paging-silent", "/", ENGINEER, moment="silent"),
    Shot("moments", "menu-open", "/", ENGINEER, moment="menu"),
    Shot("moments", "keys-open", "/incidents/{held}/", ENGINEER, moment="keys"),
    Shot("moments", "toast", "/settings/", ENGINEER, moment="saved"),
    Shot("moments", "resolve-asked", "/incidents/{held}/", ENGINEER, moment="asked"),
)
STATES = {
    state.name: state
    for state in (
        State("demo", demo, SHOTS),
        State("small", small, SHOTS),
        State(
            "empty",
            bare,
            tuple(
                replace(shot, who=ADMINISTRATOR) if shot.who in {ENGINEER, MANAGER} else shot
                for shot in LISTS
                if shot.name != "now-manager"
            ),
        ),
        State("one", partial(made, one_of_each, PLAIN), LISTS + ONES),
        State("many", partial(made, many, PLAIN, 500), LISTS + ONES),
        State("long", partial(made, partial(named, LONG), LONG), LISTS + ONES),
        State("rtl", partial(made, partial(named, RIGHT_TO_LEFT), RIGHT_TO_LEFT), LISTS + ONES),
        State("errors", small, ERRORS),
    )
}
