"""`./run manage ...`: one command with the engines that run, or with a PostgreSQL of its own (stdlib only)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from config import environment
from config.children import Nursery, python
from config.engineroom import Engines, given, log
from config.home import ROOT, Home
from config.privileges import Refused
from config.supervisor import secrets_for, sentence

# These look at the code alone.
WITHOUT_DATABASE = {
    "",
    "help",
    "--help",
    "-h",
    "version",
    "--version",
    "check",
    "collectstatic",
    "makemessages",
    "compilemessages",
}


def manage(words: Sequence[str]) -> int:
    """Run `manage.py words`; the caller's stdin, stdout and folder are the command's own. Returns its exit code."""
    with sentence():
        environ = dict(os.environ)
        environment.refuse_unknown(environ)
        home = Home.of(environ)
        environ["SHARPEND_HOME"] = str(home.path)
        if (words[0] if words else "") in WITHOUT_DATABASE:
            return _hand_over(words, environ)
        home.make()
        environ |= secrets_for(home, environ)
        if given("DATABASE_URL", environ):
            return _hand_over(words, environ)
        for _ in range(600):  # up to a minute for another short command to finish
            if home.claim("command"):
                return _with_own_postgres(home, words, environ)
            if home.holder().get("for") == "up":
                return _hand_over(words, home.pointed(60) | environ)
            time.sleep(0.1)
        raise Refused(f"Another command has used {home.path} for a minute: process {home.holder().get('pid', '?')}.")


def _hand_over(words: Sequence[str], environ: dict[str, str]) -> int:
    sys.stdout.flush()
    argv = python(ROOT, *words)
    os.execve(argv[0], argv, environ)


def _with_own_postgres(home: Home, words: Sequence[str], environ: dict[str, str]) -> int:
    def quiet(name: str, line: str) -> None:
        if any(word in line for word in ("FATAL", "PANIC", "WARNING", "did not")):
            log(name, line)

    nursery = Nursery(quiet)
    nursery.listen()
    engines = Engines(home, nursery, environ)
    try:
        environ["DATABASE_URL"] = engines.start_postgres()
        environ.setdefault(
            "REDIS_URL", f"unix://{engines.sockets}/valkey.sock"
        )  # nobody listens: whoever asks knows at once
        if words[0] != "migrate" and not home.migrated.exists():
            if code := subprocess.call(python(ROOT, "migrate", "--noinput"), env=environ, stdout=sys.stderr):
                return code
            home.migrated.touch()
        command = subprocess.Popen(python(ROOT, *words), env=environ)

        def pass_on(number: int, _frame: FrameType | None) -> None:
            command.send_signal(number)

        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, pass_on)
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal gave it to the command as well
        nursery.stop_asked = 0
        nursery.until(lambda: command.poll() is not None, float("inf"))
        return command.returncode if command.returncode >= 0 else 128 - command.returncode
    finally:
        engines.stop()
        home.leave()
