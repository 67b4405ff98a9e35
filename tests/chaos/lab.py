"""A whole system with every part within reach: its clock, its broker, its database, its providers, its dispatchers."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg2

from bench.crowd import DROP
from foundation.processes import name_of
from tests.chaos.organisation import PHONES, PLACES, key_of, organisation
from tests.chaos.parts import Dispatchers, broker, database
from tests.chaos.relay import Relay
from tests.chaos.table import AFTER_ACK, ROWS, Row
from tests.fakes.smtp import MailServer, Received
from tests.fakes.twilio import ACCOUNT, FROM, TOKEN, Call, Text, Twilio, by_http
from tests.system import System

PUBLIC = "http://pager.example.com"
WITHOUT_BROKER, AFTER_KILL, BUNDLE = 3.0, 35.0, 10.0
"""Bounds in seconds: see the paging rules."""
MARGIN = 20.0
"""Seconds by which a busy machine may miss a bound before the test fails; the table says whether the bound itself was held."""
ROLES: tuple[str, ...] = ("manage.py worker", "manage.py dispatch")


@dataclass(frozen=True)
class Shot:
    """An alert that was taken: its incident, and when the answer came, by the moved clock in seconds since 1970."""

    incident: str
    answered: float


@dataclass(frozen=True)
class Arrival:
    """A page at a provider, by the moved clock."""

    incident: str
    to: str
    at: float


class Lab:
    """Built by `running`."""

    def __init__(self, system: System, mails: MailServer, twilio: Twilio, broker: Relay, database: Relay) -> None:
        self.system, self.mails, self.twilio, self.broker, self.database = system, mails, twilio, broker, database
        self.offset, self.numbers = 0.0, itertools.count(1)
        self.places = itertools.cycle(range(3, PLACES))
        self.phones = itertools.cycle(PHONES)
        self.arrivals, self.attempts = list[Arrival](), list[Arrival]()
        mails.handler.before_answer = self._mailed
        twilio.early = self._texted

    # What time it is.

    def now(self) -> float:
        """Seconds since 1970 by the moved clock."""
        return time.time() + self.offset

    def move(self, seconds: float) -> None:
        """Every process of the system has another time from now on."""
        self.offset += seconds
        clock = Path(self.system.environment["CHAOS_CLOCK"])
        clock.with_suffix(".new").write_text(str(self.offset), encoding="ascii")
        clock.with_suffix(".new").rename(clock)
        time.sleep(0.2)  # its threads look twenty times in a second

    def moves_until(self, true: Callable[[], object], seconds: float, *, step: float, what: str) -> None:
        """Move the clock on by `step` each second until it is true; fails when `seconds` have been moved."""
        moved = 0.0
        while not true():
            assert moved <= seconds, f"not within {seconds} moved seconds: {what}\n{self.system.log[-3000:]}"
            self.move(step)
            moved += step
            until = time.monotonic() + 1.3
            while time.monotonic() < until and not true():
                time.sleep(0.05)

    # What comes in, and what arrives.

    def fire(self, place: int | str | None = None, *, severity: str = "major", seconds: float = 60) -> Shot:
        """Post a new alert until it is taken, as a sender does; another person's unless `place` says whose."""
        number = next(self.numbers)
        where = next(self.places) if place is None else place
        body = {"title": f"Chaos {number}", "dedup_key": f"chaos-{number}", "labels": {"severity": severity}}
        return self.post(f"/api/in/generic/{key_of(where)}", body, seconds=seconds)

    def post(self, address: str, body: Any, *, seconds: float = 60) -> Shot:
        """Post until it is taken."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                answer = self.system.post(address, body)
                if answer.status == 202:
                    return Shot(str(answer.json()["incidents"][0]), self.now())
                assert answer.status == 503, f"{answer.status}: {answer.body!r}"
            time.sleep(0.1)
        raise AssertionError(f"the alert was not taken\n{self.system.log[-3000:]}")

    def _mailed(self, mail: Received) -> None:
        if mail.links:
            taken = self.mails.received[-1:] == [mail]
            lines = [line.split(" ", 1)[0] for line in mail.text.splitlines() if line.startswith("INC-")]
            self._note(lines, mail.recipient, taken=taken)

    def _texted(self, made: Text | Call) -> None:
        made.taken = True
        if isinstance(made, Text):
            self._note(re.findall(r"INC-\d+", made.body), made.to, taken=True)

    def _note(self, incidents: list[str], to: str, *, taken: bool) -> None:
        found = [Arrival(incident, to, self.now()) for incident in dict.fromkeys(incidents)]
        self.attempts += found
        if taken:
            self.arrivals += found

    def to(self, incident: str) -> list[str]:
        """Who got this incident's page, in order."""
        return [one.to for one in list(self.arrivals) if one.incident == incident]

    def again(self, shot: Shot, times: int, seconds: float) -> None:
        """Wait until its page has arrived so often. Says what the database knows of it when it does not."""
        try:
            self.system.until(lambda: len(self.to(shot.incident)) >= times, seconds, "the page of whoever took over")
        except AssertionError as late:
            told = (
                "SELECT d.state, d.attempt, d.due_at, d.lease_until, d.sent_at, d.error, a.started_at, a.outcome FROM"
                " paging_delivery d JOIN paging_page p ON p.id = d.page_id LEFT JOIN paging_deliveryattempt a"
                " ON a.delivery_id = d.id WHERE p.incident_id = %s"
            )
            rows = self.sql(told, [shot.incident.removeprefix("INC-")])
            raise AssertionError(f"{shot}: {self.to(shot.incident)} at {self.now()}: {rows}") from late

    def arrived(self, shots: Sequence[Shot], seconds: float) -> None:
        """Wait until each has a page."""

        def everywhere() -> bool:
            there = {one.incident for one in list(self.arrivals)}
            return all(shot.incident in there for shot in shots)

        self.system.until(everywhere, seconds, f"pages for {[shot.incident for shot in shots][:20]} ...")

    def judge(
        self,
        fault: str,
        shots: Sequence[Shot],
        *,
        bound: float = WITHOUT_BROKER,
        crashes: int = 0,
        patience: float | None = None,
        since: float = 0.0,
        clock: str = "",
    ) -> Row:
        """Every page arrives, in time and not twice, and none after an acknowledgement: the row of this fault.

        Times count from the answer to the alert, or from `since` (by the moved clock), whichever is later.
        """
        self.arrived(shots, bound + MARGIN if patience is None else patience)
        firsts = dict[str, float]()
        for one in list(self.attempts):
            firsts.setdefault(one.incident, one.at)
        first = max(firsts[shot.incident] - max(shot.answered, since) for shot in shots)
        ours = {shot.incident for shot in shots}
        counted = Counter((one.incident, one.to) for one in list(self.arrivals) if one.incident in ours)
        late = self._acknowledged(shots)
        extra = max(counted.values()) - 1
        row = Row(fault, len(shots), 0, extra, crashes, max(0.0, first), bound, late, clock)
        ROWS.append(row)
        assert extra <= crashes, {pair: count for pair, count in counted.items() if count > 1 + crashes}
        assert first <= bound + MARGIN, row
        assert late is None or late <= AFTER_ACK + MARGIN / 4, row
        return row

    def _acknowledged(self, shots: Sequence[Shot], most: int = 12) -> float | None:
        """Somebody has them, the next step's time comes: seconds after the answer at which the last page arrived."""
        taken = {shot.incident: self.acknowledge(shot.incident) for shot in shots[-most:]}
        self.move(11 * 60)
        time.sleep(1.5)
        late = [one.at - taken[one.incident] for one in list(self.arrivals) if one.incident in taken]
        self.quiet()
        return max((seconds for seconds in late if seconds > 0), default=None)

    def acknowledge(self, incident: str) -> float:
        """An administrator has it; when that was answered, by the moved clock."""
        answer = self.system.post(f"/api/v1/incidents/{incident}/acknowledge/", {}, token=self.token)
        assert answer.status == 200, (answer.body, self.system.log[-4000:])
        return self.now()

    @property
    def token(self) -> str:
        """An administrator's."""
        if not self.system.token:
            self.system.api("/incidents/")
        return self.system.token

    # The inside.

    def sql(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement on the system's database, beside the relay."""
        with contextlib.closing(psycopg2.connect(self.url_of_database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []

    def quiet(self) -> None:
        """Nothing that this test left is paged for during the next."""
        for statement in (*DROP, "UPDATE paging_delivery SET receipt_due_at = NULL WHERE receipt_due_at IS NOT NULL"):
            self.sql(statement)

    @property
    def url_of_database(self) -> str:
        """The engine's own address."""
        url = urlsplit(self.system.environment["DATABASE_URL"])
        return urlunsplit(url._replace(query=f"host={self.database.engine.parent}"))

    @contextlib.contextmanager
    def still(self, *parts: str) -> Iterator[None]:
        """Processes stopped in their tracks for the length of the block, between two pieces of work."""
        self.quiet()
        time.sleep(0.3)
        pids = [pid for part in parts for pid in self.system.children(part)]
        self._signal(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(pids, signal.SIGCONT)

    @staticmethod
    def _signal(pids: Sequence[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextlib.contextmanager
    def dispatchers(self, count: int, *, with_broker: bool = False) -> Iterator[Dispatchers]:
        """So many dispatchers of ours in the place of the supervisor's; without a broker they do all work themselves."""
        environment, stopped = self.environment, ROLES[1:]
        if not with_broker:
            environment["REDIS_URL"], stopped = "unix:///nonexistent/broker.sock", ROLES
        with self.still(*stopped), Dispatchers.running(environment, count) as ours:
            self.system.until(lambda: self._heard(ours.pids) == count, 30, f"{count} dispatchers are heard")
            yield ours

    def _heard(self, pids: Sequence[int]) -> int:
        """How many of these processes have said that they are alive."""
        named = [name_of("dispatch", pid) for pid in pids]
        return len(self.sql("SELECT 1 FROM foundation_process WHERE name = ANY(%s)", [named]))

    @property
    def environment(self) -> dict[str, str]:
        """What a role of this system sees."""
        secret = (self.system.folder / "home" / "secrets" / "SECRET_KEY").read_text(encoding="utf-8").strip()
        return {**self.system.environment, "SECRET_KEY": secret}


@contextlib.contextmanager
def running() -> Iterator[Lab]:
    """Everything, until the block ends."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        folder.chmod(0o711)
        mails = stack.enter_context(MailServer())
        url = stack.enter_context(database(f"chaos_{os.getpid()}"))
        engine = Path(parse_qs(urlsplit(url).query)["host"][0]) / ".s.PGSQL.5432"
        (folder / "database").mkdir()
        tables = stack.enter_context(Relay(folder / "database" / ".s.PGSQL.5432", engine))
        queue = stack.enter_context(Relay(folder / "broker.sock", stack.enter_context(broker(folder))))
        (folder / "clock").write_text("0", encoding="ascii")
        twilio = Twilio(public=PUBLIC)
        stack.enter_context(twilio)
        environment: dict[str, Any] = {
            "EMAIL_URL": mails.url,
            "DATABASE_URL": urlunsplit(urlsplit(url)._replace(query=f"host={folder / 'database'}")),
            "REDIS_URL": f"unix://{queue.at}",
            "SHARPEND_URL": PUBLIC,
            "TWILIO_BASE_URL": twilio.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": FROM,
            "CHAOS_CLOCK": str(folder / "clock"),
            "PYTHONPATH": str(Path(__file__).parent / "moved"),
        }
        system = stack.enter_context(System(organisation(), **environment))
        twilio.reach = by_http(system.url, PUBLIC)
        lab = Lab(system, mails, twilio, queue, tables)
        lab.arrived([lab.fire(place) for place in (0, PHONES[0])], 60)
        lab.quiet()
        yield lab
