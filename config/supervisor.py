"""`./run up`: every role and engine as a child of one small process (stdlib only: it starts when nothing else does)."""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from config import environment
from config.children import Child, Nursery, describe, python
from config.engineroom import Engines, Stopped, given, log, raise_if_stopped
from config.home import ROOT, Home, secret_key, vapid_private_key
from config.privileges import Refused
from config.statics import Collected

ROLES = ("web", "worker", "dispatch")
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
TRIES = 3  # ends of a role before the first "ready" that make us give up


def say(text: str) -> None:
    """A line for the person who started us, on stdout."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Up:
    """One run of `./run up`."""

    def __init__(self, options: argparse.Namespace, home: Home, environ: Mapping[str, str]) -> None:
        self.options, self.home, self.environ = options, home, dict(environ)
        self.nursery = Nursery(log)
        self.engines = Engines(home, self.nursery, environ)
        self.statics = Collected(ROOT)
        self.roles: list[Child] = []

    def start(self) -> None:
        """Everything in its order, up to the line that says where we are."""
        environ = self.environ
        environ["SHARPEND_URL"] = given("SHARPEND_URL", environ) or origin(self.options.host, self.options.port)
        environ |= {"SHARPEND_HOME": str(self.home.path), "PYTHONUNBUFFERED": "1"}
        environ.setdefault("MALLOC_ARENA_MAX", "2")  # threads that wait for a provider need no heap of their own
        environ |= secrets_for(self.home, environ)
        collecting = self._collect()
        environ["DATABASE_URL"] = self.engines.start_postgres()
        environ["REDIS_URL"] = self.engines.start_valkey()
        for name in ("SHARPEND_URL", "DATABASE_URL", "REDIS_URL"):
            environ.pop(f"{name}_FILE", None)  # read already; both at once is an error
        self.home.point({name: environ[name] for name in ("DATABASE_URL", "REDIS_URL", "SHARPEND_URL")})
        self._command("migrate", "--noinput")
        self.home.migrated.touch()
        self._collected(collecting)
        if self.options.demo:
            self._command("demo")
        for name in (*ROLES, *self._asked_for()):
            words = ("--host", self.options.host, "--port", str(self.options.port)) if name == "web" else ()
            child = Child(name, python(ROOT, name, *words), {"env": environ, "cwd": ROOT})
            self.roles.append(child)
            self.nursery.start(child)
        self._wait_until_ready()

    def _asked_for(self) -> list[str]:
        """Roles that only some installations have."""
        return environment.roles_asked_for(lambda name: given(name, self.environ))

    def _collect(self) -> Child | None:
        """Begin to collect the static files if they are not current and no other start of this checkout is at it.

        Needs no database, so it runs while the engines start.
        """
        if self.statics.current or not self.statics.claim():
            return None
        return self._begin("collectstatic", "--noinput", "--clear", "--verbosity", "0")

    def _collected(self, child: Child | None) -> None:
        """Wait until they are there, whoever collects them. Raises `Refused` when `child` failed."""
        while child is None and not self.statics.current:
            self.nursery.pump(0.2)
            raise_if_stopped(self.nursery)
            child = self._collect()
        if child:
            self._finish(child)
            self.statics.done()

    def _command(self, *words: str, keep: bool = False) -> str:
        """Run `manage.py words` to its end and return its stdout when `keep`. Raises `Refused` when it fails."""
        with tempfile.TemporaryFile() as kept:
            self._finish(self._begin(*words, **({"stdout": kept, "stderr": subprocess.PIPE} if keep else {})))
            kept.seek(0)
            return kept.read().decode("utf-8", "replace").strip()

    def _begin(self, *words: str, **popen: Any) -> Child:
        child = Child(words[0], python(ROOT, *words), {"env": self.environ, "cwd": ROOT} | popen, restart=False)
        self.nursery.start(child)
        return child

    def _finish(self, child: Child) -> None:
        """Wait for the end of what `_begin` began. Raises `Refused` when it failed."""
        self.nursery.until(lambda: not child.alive and child.again_at is not None, 24 * 3600)
        raise_if_stopped(self.nursery)
        self.nursery.children.remove(child)
        assert child.process is not None
        if child.process.returncode:
            how = describe(child.process.returncode)
            raise Refused(f"'manage.py {child.name}' failed ({how}); the lines above say why.")

    def _wait_until_ready(self) -> None:
        late = time.monotonic() + 60
        told = ""
        while True:
            answer = ask_ready(self.options.host, self.options.port, self.environ["SHARPEND_URL"])
            if answer == "":
                break
            self.nursery.until(lambda: False, 0.2)
            raise_if_stopped(self.nursery)
            for child in self.roles:
                if child.crashes >= TRIES and not child.alive:
                    raise Refused(f"'manage.py {child.name}' ends as soon as it starts; the lines above say why.")
            if time.monotonic() > late and answer != told:
                log("up", f"still not ready after a minute: {answer}")
                told = answer
        say(f"\nSharp End is ready: {self.environ['SHARPEND_URL']}")
        with contextlib.suppress(Refused):
            if link := self._command("firstlink", keep=True):
                say(f"Sign in as the first administrator (once, within 15 minutes): {link}")
                say("Another such link: ./run manage firstlink")
        if self.options.demo:
            self._say_guides()
        if self.options.host in ANYWHERE and not given("SHARPEND_URL", os.environ):
            say("Other machines reach it once SHARPEND_URL names the address that they use.")
        say("Ctrl-C stops it.\n")

    def _say_guides(self) -> None:
        """Ways into the demo: what an administrator, a manager and an engineer see differs."""
        with contextlib.suppress(Refused):
            for line in self._command("demo", "--links", keep=True).splitlines():
                say(f"Sign in as {line}")
            say("More such links: ./run manage demo --links. Begin it anew: ./run manage demo --reset")

    def run(self) -> int:
        """Start, keep running until a signal comes, stop in order. 0 after a signal, 1 when starting failed."""
        self.nursery.listen()
        try:
            self.start()
            while not self.nursery.stop_asked:
                self.nursery.pump(1.0)
        except Stopped:
            pass
        except Refused as refused:
            log("up", str(refused))
            return 1
        finally:
            if self.nursery.stop_asked:
                log("up", "stopping")
            self.nursery.end([child for child in self.nursery.children if child not in self.engines.children], 15)
            self.engines.stop()
            self.home.leave()
        return 0


def secrets_for(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets made at first start, except those that the operator gives."""
    makers = {"SECRET_KEY": secret_key, "VAPID_PRIVATE_KEY": vapid_private_key}
    return {name: home.secret(name, make) for name, make in makers.items() if not given(name, environ)}


def origin(host: str, port: int) -> str:
    """`http://host:port` as a browser on this machine would write it."""
    shown = ANYWHERE.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def claim_port(host: str, port: int) -> int:
    """`port`, or a free one for 0. Raises `Refused` when it cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"Port {port} on {host} is in use: stop the other program, or choose another with --port."
            ) from error
        raise Refused(f"Cannot listen on {host} port {port}: {error.strerror}.") from error


def ask_ready(host: str, port: int, url: str) -> str:
    """Empty when `/healthz/ready` says 200, else what is missing."""
    talk = http.client.HTTPConnection(ANYWHERE.get(host, host), port, timeout=3)
    try:
        talk.request("GET", "/healthz/ready", headers={"Host": urlsplit(url).netloc})
        reply = talk.getresponse()
        body = reply.read(500).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"the web process does not answer ({error})"
    else:
        return "" if reply.status == http.HTTPStatus.OK else f"{reply.status} {body}"
    finally:
        talk.close()


@contextlib.contextmanager
def sentence() -> Iterator[None]:
    """Turn a refusal into one line on stderr and exit code 1."""
    try:
        yield
    except (Refused, environment.BadSetting) as error:
        sys.exit(f"sharp-end: {error}")
    except PermissionError as error:
        sys.exit(
            f"sharp-end: {error.filename} is not for this user: start as its owner, or set SHARPEND_HOME to a folder of yours."
        )


def up(words: Sequence[str]) -> int:
    """`./run up`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="./run up", description="Start everything that Sharp End needs.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s; 0: a free one)")
    parser.add_argument("--demo", action="store_true", help="with a demo organisation")
    options = parser.parse_args(words)
    with sentence():
        environment.refuse_unknown(os.environ)
        home = Home.of(os.environ)
        home.make()
        take_home(home)
        options.port = claim_port(options.host, options.port)
        return Up(options, home, os.environ).run()


def take_home(home: Home) -> None:
    """Claim `home`, waiting for a short command that has it. Raises `Refused` when another `up` runs there."""
    until = time.monotonic() + 60
    while not home.claim("up"):
        holder = home.holder()
        if holder.get("for") == "up" or time.monotonic() > until:
            url = home.pointed().get("SHARPEND_URL", "")
            where = f" at {url}" if url else ""
            raise Refused(f"Sharp End already runs on {home.path}{where} (process {holder.get('pid', '?')}).")
        time.sleep(0.2)
