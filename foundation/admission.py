"""As many requests at work as the processors can take, a short line behind them, and 503 for machines beyond it.

The server's own threads do nothing but wait here, so there are many of them, and one is always free to turn a sender away
at once; the threads that work are few, for each keeps a connection to the database. Pages for people are never turned away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Any

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Answer = tuple[str, Headers, list[bytes]]

LINE = 32
"""Machines' requests that may wait in one process."""
PATIENCE = 2.0
"""Seconds after which a machine's request that nobody has begun is turned away: then everything here is stuck."""
BUSY: Answer = (
    "503 Service Unavailable",
    [("Content-Type", "application/json")],
    [b'{"error": {"code": "overload", "message": "Too many requests at once. Send it again.", "fields": {}}}'],
)


class Admission:
    """A WSGI application in front of another one, with `threads` at work; `may_refuse` tells by method and path."""

    def __init__(self, application: Application, *, threads: int, may_refuse: Callable[[str, str], bool]) -> None:
        self.application, self.threads, self.may_refuse = application, threads, may_refuse
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self.inside = 0
        self.counting = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        """Answer now, or in turn."""
        status, headers, body = self._answer(environ)
        start_response(status, headers)
        return body

    def _answer(self, environ: Environ) -> Answer:
        if self.inside >= self.threads + LINE and self._may_refuse(environ):
            return BUSY
        with self.counting:
            self.inside += 1
        try:
            return self._in_turn(environ, self.pool.submit(self._work, environ))
        finally:
            with self.counting:
                self.inside -= 1

    def _in_turn(self, environ: Environ, work: Future[Answer]) -> Answer:
        try:
            return work.result(PATIENCE)
        except NotYet:
            if work.done():  # the application's own
                raise
            if self._may_refuse(environ) and work.cancel():
                return BUSY
            return work.result()

    def _may_refuse(self, environ: Environ) -> bool:
        return self.may_refuse(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))

    def _work(self, environ: Environ) -> Answer:
        """The whole answer, closed in the thread that made it: Django's connections belong to threads."""
        begun: list[tuple[str, Headers]] = []
        chunks = self.application(environ, lambda status, headers, _error=None: begun.append((status, headers)))
        try:
            body = b"".join(chunks)
        finally:
            if close := getattr(chunks, "close", None):
                close()
        status, headers = begun[-1]
        return status, headers, [body]
