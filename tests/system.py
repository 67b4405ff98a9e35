"""The whole of Sharp End as its users start it: `./run up` on free ports, with its own state, ended with the test."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLEAN = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "EMAIL_URL",
    "SHARPEND_URL",
    "SHARPEND_HOME",
    "DJANGO_SETTINGS_MODULE",
)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Answer:
    """What came back over HTTP."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status, self.body, self.headers = status, body, headers

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing."""


@functools.cache
def installed() -> Path:
    """The state of an installation that was started once and ended: its database is there, nobody is in it."""
    with System(fresh=True) as first:
        first.stop()
        kept = Path(tempfile.mkdtemp(prefix="sharp-end-installed-"))
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        copy(first.home, kept / "home")
    return kept / "home"


def copy(state: Path, to: Path) -> None:
    """All of it, with its owners: the database's files may belong to an account of their own."""
    subprocess.run(["cp", "-a", str(state), str(to)], check=True)


class System:
    """`with System(org) as system:` runs until the block ends. `org` is applied once everything is ready.

    It starts from the state of an earlier start, which saves the making of its database, unless it has to be `fresh`.
    """

    def __init__(self, org: str = "", *, root: Path = ROOT, fresh: bool = False, **environment: str) -> None:
        self.root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="sharp-end-system-"))
        self.folder.chmod(0o711)
        self.home = self.folder / "home"
        if not fresh and "DATABASE_URL" not in environment:
            copy(installed(), self.home)
        self.org = org
        self.environment = {name: value for name, value in os.environ.items() if name not in CLEAN}
        self.environment |= {"SHARPEND_HOME": str(self.home), "SHARPEND_URL": self.url, **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.token = ""

    def __enter__(self) -> System:
        try:
            self.start()
            if self.org:
                (self.folder / "org.yaml").write_text(self.org)
                self.manage("apply", str(self.folder / "org.yaml"))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "up.log").read_text(errors="replace")

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.root / "run"), "up", "--port", str(self.port)],
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.root,
            )
        self.until(lambda: self.get("/healthz/ready").status == 200, 180, "ready")

    def stop(self, seconds: float = 30) -> int:
        """End it as an operator would; returns its exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def kill(self) -> None:
        """kill -9 of all of it at once."""
        assert self.process is not None
        for pid in [self.process.pid, *self.children("")]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)

    def until(self, true: Any, seconds: float, what: str) -> Any:
        """Wait until `true()` gives something; raises AssertionError with the log's end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process and self.process.poll() is not None:
                raise AssertionError(f"it ended while waiting for: {what}\n{self.log[-4000:]}")
            try:
                found = true()
            except OSError:
                found = None
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {what}\n{self.log[-4000:]}")

    def manage(self, *words: str) -> str:
        """A management command; its standard output."""
        done = subprocess.run(
            [str(self.root / "run"), "manage", *words],
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def children(self, part: str) -> list[int]:
        """Process ids below the supervisor whose command line holds `part`."""
        assert self.process is not None
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            try:
                below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if part in line and pid != self.process.pid:
                found.append(pid)
            todo += [int(child) for child in below]
        return sorted(found)

    def request(
        self, method: str, path: str, body: Any = None, *, token: str = "", kind: str = "application/json"
    ) -> Answer:
        """One request; any status is an answer."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=content, method=method)
        if content is not None:
            request.add_header("Content-Type", kind)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=15) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), dict(error.headers))

    def get(self, path: str, **more: Any) -> Answer:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        """POST."""
        return self.request("POST", path, b"" if body is None else body, **more)

    def api(self, path: str) -> Any:
        """JSON of the REST API, as an administrator."""
        if not self.token:
            self.manage("createadmin", "root@example.com")
            self.token = self.manage("token", "root@example.com", "--scope", "admin").strip()
        answer = self.get(f"/api/v1{path}", token=self.token)
        assert answer.status == 200, answer.body
        return answer.json()


ORG = """\
organisation: {name: Acme, timezone: Europe/London}
users:
  - {email: alice@example.com, name: Alice Ames, timezone: Europe/London, role: responder,
     methods: {mail: {kind: email, address: alice@example.com, verified: true}},
     rules: {default: [{via: mail, after: 0m}]}}
  - {email: bob@example.com, name: Bob Byrne, timezone: Europe/London, role: responder,
     methods: {mail: {kind: email, address: bob@example.com, verified: true}}}
  - {email: mia@example.com, name: Mia Moss, timezone: Europe/London, role: manager,
     methods: {mail: {kind: email, address: mia@example.com, verified: true}}}
teams:
  - {slug: payments, name: Payments, members: {alice@example.com: lead, bob@example.com: responder}, manager: mia@example.com}
schedules:
  - slug: payments-primary
    team: payments
    timezone: Europe/London
    layers:
      - {name: weekly, members: [alice@example.com], rotate: {every: 1, unit: week}, starts: "2026-01-05T09:00"}
policies:
  - {slug: payments, repeat: 1,
     steps: [{wait: 30s, notify: ["schedule:payments-primary"]}, {wait: 10m, notify: ["user:bob@example.com"]}],
     catch_all: ["user:mia@example.com"]}
services:
  - {slug: checkout, name: Checkout, team: payments, policy: payments, default_class: major}
sources:
  - {slug: am, kind: alertmanager, key: "use-a-long-random-key-0001", service: checkout, grouping: labels, resolve_hold: 0m,
     class_from: {label: severity, map: {critical: critical, warning: major}, default: standard}}
  - {slug: gen, kind: generic, key: "use-a-long-random-key-0002", service: checkout, grouping: none}
"""
