"""A strict stand-in for whoever serves a calendar: one request at a time on loopback, and it keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Served:
    """What is answered next; `drip` gives one byte in each `pause` seconds, without an end."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    drip: float = 0.0


class CalendarServer:
    """Answers GET with `served`, or 304 when the ETag is still that one. Anything but a plain GET is a failure."""

    def __init__(self) -> None:
        self.served, self.asked, self.wrong = Served(), list[dict[str, str]](), list[str]()
        self.meanwhile: Callable[[], Any] = lambda: None
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def do_POST(self) -> None:
                outer.wrong.append(f"POST {self.path}")

            def log_message(self, *_words: object) -> None:
                """Nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/private-0123456789abcdef/basic.ics"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append({"path": request.path, **headers})
        if headers.get("accept-encoding") != "identity" or "authorization" in headers or "cookie" in headers:
            self.wrong.append(str(headers))
        self.meanwhile()
        served = self.served
        unchanged = bool(served.etag) and headers.get("if-none-match") == served.etag
        request.send_response(304 if unchanged else served.status)
        for name, value in {**({"ETag": served.etag} if served.etag else {}), **served.headers}.items():
            request.send_header(name, value)
        if not served.drip:
            request.send_header("Content-Length", str(0 if unchanged else len(served.body)))
        request.end_headers()
        while served.drip and not self.over.wait(served.drip):
            request.wfile.write(b"a")
        if not unchanged:
            request.wfile.write(served.body)

    def close(self) -> None:
        """No more answers; raises when something was asked that no calendar program asks."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        assert not self.wrong, self.wrong
