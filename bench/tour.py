"""A tour through every page and list as the people of the demo: server time, SQL statements and bytes of each answer.

It runs in one process with the real middleware and templates, so what is measured is our own work and PostgreSQL's.
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from django.db import connection
from django.test import Client
from django.utils import timezone

from paging.links import link_of
from paging.models import Page
from provisioning.demo.build import guides
from shots.pages import ADMINISTRATOR, ENGINEER, FINDS, MANAGER, SHOTS, STRANGER, Shot
from teams.models import ApiToken
from teams.signin import make_link

MORE = (
    Shot("incidents", "incidents-resolved", "/incidents/?state=resolved", ENGINEER),
    Shot("incidents", "incidents-of-service", "/incidents/?state=all&service={service}", ENGINEER),
    Shot("incidents", "incidents-critical", "/incidents/?state=closed&class=critical", ENGINEER),
    Shot("incidents", "incidents-older", "/incidents/?state=all&before={middle}", ENGINEER),
    Shot("incidents", "incidents-search", "/incidents/?q=certificate", ENGINEER),
    Shot("incidents", "incidents-search-short", "/incidents/?q=is", ENGINEER),
    Shot("incidents", "incidents-search-rare", "/incidents/?q=certificate+payments+latency", ADMINISTRATOR),
    Shot("learning", "postmortems-engineer", "/postmortems/", ENGINEER),
    Shot("learning", "postmortems-reviewed", "/postmortems/?state=reviewed", MANAGER),
    Shot("learning", "postmortems-overdue", "/postmortems/?overdue=internal", MANAGER),
    Shot("learning", "remediation-all", "/remediation/?state=all&owner=all", MANAGER),
    Shot("learning", "blocked-all", "/manage/blocked/?show=all", MANAGER),
    Shot("review", "review-engineer", "/ops/review/{week}/", ENGINEER),
    Shot("review", "review-administrator", "/ops/review/{week}/", ADMINISTRATOR),
    Shot("review", "review-csv", "/ops/review/{week}.csv", MANAGER),
    Shot("now", "banner", "/now/banner/", ENGINEER),
    Shot("api", "api-incidents", "/api/v1/incidents/", ADMINISTRATOR),
    Shot("api", "api-incidents-all", "/api/v1/incidents/?state=all", ADMINISTRATOR),
    Shot("api", "api-incident", "/api/v1/incidents/{over}/", ADMINISTRATOR),
    Shot("api", "api-timeline", "/api/v1/incidents/{over}/timeline/", ADMINISTRATOR),
    Shot("api", "api-pages", "/api/v1/pages/", ADMINISTRATOR),
    Shot("api", "api-postmortems", "/api/v1/postmortems/", ADMINISTRATOR),
    Shot("api", "api-remediations", "/api/v1/remediations/", ADMINISTRATOR),
    Shot("api", "api-schedules", "/api/v1/schedules/", ADMINISTRATOR),
    Shot("api", "api-on-call", "/api/v1/on-call/", ADMINISTRATOR),
    Shot("api", "api-services", "/api/v1/services/", ADMINISTRATOR),
    Shot("api", "api-sources", "/api/v1/sources/", ADMINISTRATOR),
    Shot("api", "api-rejected", "/api/v1/rejected-deliveries/", ADMINISTRATOR),
    Shot("api", "api-review", "/api/v1/ops-review/{week}/", ADMINISTRATOR),
)
OK = 200
SIGN_IN = "/account/login/"
ROLES = {ADMINISTRATOR: "administrator", MANAGER: "manager", ENGINEER: "engineer on call"}


class UnexpectedAnswer(Exception):
    """The page is not there as it was told."""


class Seen(TypedDict):
    """One address: milliseconds of each look, by the clock and on the processor; SQL statements and bytes of one."""

    path: str
    ms: list[float]
    cpu: list[float]
    statements: int
    bytes: int


class Tour:
    """The demo's three guides and a stranger, each with a browser."""

    def __init__(self) -> None:
        at = timezone.now()
        self.people = dict(guides(at))
        self.clients = {who: self._client(who) for who in (*ROLES, STRANGER)}
        _token, secret = ApiToken.make(self.people["administrator"], scope=ApiToken.Scope.READ, name="bench", at=at)
        self.bearer = {"Authorization": f"Bearer {secret}"}
        self.names: dict[str, str] = {}

    def _client(self, who: str) -> Client:
        client = Client(raise_request_exception=True, SERVER_NAME="localhost")
        if who != STRANGER:
            client.force_login(self.people[ROLES[who]], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def get(self, shot: Shot, path: str) -> Any:
        """The answer, redirects followed as a browser does. Raises `UnexpectedAnswer` when it is another than was told."""
        headers = self.bearer if path.startswith("/api/") else {}
        answer = self.clients[shot.who].get(path, headers=headers, follow=shot.status == OK)
        if shot.who != STRANGER and answer.request["PATH_INFO"].startswith(SIGN_IN):
            raise UnexpectedAnswer(f"{shot.name} at {path} asked to sign in")
        if answer.status_code != shot.status:
            raise UnexpectedAnswer(f"{shot.name} at {path} answered {answer.status_code}")
        return answer

    def address(self, path: str) -> str:
        """`path` with its names filled in. Raises LookupError when one of them is nowhere."""
        for name in re.findall(r"{(\w+)}", path):
            if name not in self.names:
                self.names[name] = self._find(name)
        return path.format(**self.names)

    def _find(self, name: str) -> str:
        if name == "link":
            page = Page.objects.filter(incident__isnull=False).latest("pk")
            return re.sub(r"^https?://[^/]+", "", link_of(page.pk, page.person_id))
        if name == "signin":
            return re.sub(r"^https?://[^/]+", "", make_link(self.people["administrator"], timezone.now()))
        if name == "middle":
            return str(int(self.address("{over}").removeprefix("INC-")) // 2)
        asked = FINDS[name]
        answer = self.clients[ADMINISTRATOR].get(asked.path, follow=True)
        found = re.search(asked.pattern, f"{answer.content.decode()}\n{answer.request['PATH_INFO']}")
        if not found:
            raise LookupError(f"no {name} in {asked.path}")
        return found.group(1)


def visits(company: Tour, missed: dict[str, str] | None = None) -> Iterator[tuple[Shot, str]]:
    """Each page with its address, once it has answered as it should: what is read once and kept does not count.

    Those that did not are noted in `missed`, each with its reason.
    """
    seen: set[tuple[str, str]] = set()
    for shot in (*SHOTS, *MORE):
        try:
            path = company.address(shot.path)
            if (path, shot.who) in seen:
                continue
            company.get(shot, path)
        except (LookupError, UnexpectedAnswer) as fault:
            if missed is not None:
                missed[shot.name] = str(fault)
            continue
        seen.add((path, shot.who))
        yield shot, path


class Toured(TypedDict):
    """What was seen, and which pages were not there as told: name to reason."""

    seen: dict[str, Seen]
    missed: dict[str, str]


def tour(runs: int) -> Toured:
    """Look at each page `runs` times after a first time that does not count."""
    company, toured = Tour(), Toured(seen={}, missed={})
    found = toured["seen"]
    gc.collect()
    gc.freeze()  # as the web server does before it forks: the code itself is not looked through again and again
    for shot, path in visits(company, toured["missed"]):
        with counted() as statements:
            answer = company.get(shot, path)
        times, busy = [], []
        for _run in range(runs):
            began, worked = time.perf_counter(), processor()
            company.get(shot, path)
            times.append(1000 * (time.perf_counter() - began))
            busy.append(processor() - worked)
        found[shot.name] = Seen(path=path, ms=times, cpu=busy, statements=len(statements), bytes=len(answer.content))
    return toured


def processor() -> float:
    """Milliseconds that this process and its server process in PostgreSQL have been on a processor, however many wait."""
    pid = connection.connection.info.backend_pid
    return 1000 * time.process_time() + int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e6


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements of the block."""
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked
