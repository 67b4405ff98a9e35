"""The other end of Socket Mode: a WebSocket over loopback (RFC 6455, no more than Slack uses of it)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import queue
import socket
import struct
import threading
from types import TracebackType
from typing import Any, Self

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class SlackSocket:
    """`with SlackSocket() as there:`; `url` is what apps.connections.open names."""

    def __init__(self) -> None:
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.connected: queue.Queue[socket.socket] = queue.Queue()
        self.open: list[socket.socket] = []
        self.names = itertools.count(1)
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/link?ticket=1"
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()
        for thread in self.threads:
            thread.join(5)
        assert kind or not self.wrong, self.wrong

    def wait(self) -> None:
        """Until somebody has connected."""
        self.open.append(self.connected.get(timeout=10))

    def ask(self, kind: str, payload: dict[str, Any], *, name: str = "") -> dict[str, Any]:
        """Send an envelope over the latest connection; returns the answer to it."""
        name = name or f"envelope-{next(self.names)}"
        self.say({"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": True})
        answer = self.answers.get(timeout=10)
        assert answer["envelope_id"] == name
        assert set(answer) <= {"envelope_id", "payload"}
        return answer

    def say(self, message: dict[str, Any]) -> None:
        """Send anything."""
        self._send(self.open[-1], TEXT, json.dumps(message).encode())

    def drop(self) -> None:
        """The connections break."""
        for one in self.open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open.clear()

    def _accept(self) -> None:
        while True:
            try:
                one, _address = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(one,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, one: socket.socket) -> None:
        try:
            with one.makefile("rb") as lines:
                self._greet(one, lines)
                self._send(one, TEXT, b'{"type":"hello","num_connections":1}')
                self.connected.put(one)
                while self._frame(one, lines):
                    pass
        except (OSError, ValueError):
            pass
        except Exception as error:
            self.wrong.append(repr(error))
        finally:
            one.close()

    @staticmethod
    def _greet(one: socket.socket, lines: Any) -> None:
        head = [line.decode().strip() for line in iter(lines.readline, b"\r\n")]
        named = {name.lower(): value for name, _colon, value in (line.partition(": ") for line in head[1:])}
        assert head[0] == "GET /link?ticket=1 HTTP/1.1", head
        proof = base64.b64encode(hashlib.sha1((named["sec-websocket-key"] + MAGIC).encode()).digest()).decode()
        upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        one.sendall(f"{upgrade}Sec-WebSocket-Accept: {proof}\r\n\r\n".encode())

    def _frame(self, one: socket.socket, lines: Any) -> bool:
        head = lines.read(2)
        if len(head) < 2:
            return False
        kind, size = head[0] & 15, head[1] & 127
        assert head[0] & 128, "a fragment"
        assert head[1] & 128, "a client masks what it sends"
        size = {
            126: lambda: struct.unpack("!H", lines.read(2))[0],
            127: lambda: struct.unpack("!Q", lines.read(8))[0],
        }.get(size, lambda: size)()
        mask = lines.read(4)
        content = bytes(byte ^ mask[place % 4] for place, byte in enumerate(lines.read(size)))
        if kind == PING:
            self._send(one, PONG, content)
        elif kind == TEXT:
            self.answers.put(json.loads(content))
        return bool(kind != CLOSE)

    @staticmethod
    def _send(one: socket.socket, kind: int, content: bytes) -> None:
        size = len(content)
        length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
        one.sendall(bytes([128 | kind]) + length + content)
