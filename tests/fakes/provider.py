"""A provider over loopback: real HTTP, scripted answers, every request kept; what it did not expect fails the test."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What goes out; `hang` closes the connection without a word, `drip` sends a byte of the head now and then."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False


class Unexpected(AssertionError):
    """The provider would have refused this."""


class Provider:
    """`with Provider(judge) as there:`: `judge` answers a request, or raises Unexpected with what is wrong about it.

    `script` holds replies that are given first, one per request, whatever was asked; `judge` still sees the request.
    """

    def __init__(self, judge: Callable[[Request], Reply]) -> None:
        self.judge, self.script, self.received, self.wrong = judge, list[Reply | None](), list[Request](), list[str]()
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"provider": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        if self.wrong and kind is None:
            raise Unexpected("; ".join(self.wrong))

    def answer(self, request: Request) -> Reply:
        """What is said to a request: by the script first, then by the provider itself."""
        self.received.append(request)
        try:
            judged = self.judge(request)
        except Exception as error:
            self.wrong.append(f"{request.method} {request.path}: {error!r}")
            return Reply(400, b"unexpected")
        return (self.script.pop(0) if self.script else None) or judged


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    provider: Provider

    def _one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        named = {name.lower(): value for name, value in self.headers.items()}
        reply = self.provider.answer(Request(self.command, self.path, named, self.rfile.read(length)))
        if reply.hang:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply.drip:
            self._drip()
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _drip(self) -> None:
        self.close_connection = True
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.provider.stopping.wait(0.05):
                self.wfile.write(b"a")
        except OSError:
            return

    do_GET = do_POST = do_PUT = do_DELETE = _one  # noqa: N815 - the names of the library

    def log_message(self, format: str, *args: Any) -> None:
        """Not said."""
