"""A socket between our processes and an engine: it passes on, says nothing, is closed, or cuts after a COMMIT."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

CHUNK = 65536
COMMIT = b"COMMIT\x00"
PASS, SILENT, CLOSED = "pass", "silent", "closed"


class Relay:
    """`with Relay(at, engine) as relay:` listens at the path `at`, in front of the socket `engine`.

    `mode`: PASS; SILENT takes what comes and never answers; CLOSED ends every connection. `cuts`: so many of the next
    COMMITs reach the engine, and their connections end before its answer arrives.
    """

    def __init__(self, at: Path, engine: Path) -> None:
        self.at, self.engine, self.mode, self.cuts = at, engine, PASS, 0
        self.guard, self.open = threading.Lock(), set[socket.socket]()

    def __enter__(self) -> Self:
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(self.at))
        self.at.chmod(0o777)
        self.server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self._end(*self.open)

    def set(self, mode: str) -> None:
        """From now on; connections that are open end unless they are to hang."""
        self.mode = mode
        if mode == CLOSED:
            self._end(*self.open)

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            if self.mode == CLOSED:
                client.close()
                continue
            engine = socket.socket(socket.AF_UNIX)
            try:
                engine.connect(str(self.engine))
            except OSError:
                client.close()
                engine.close()
                continue
            with self.guard:
                self.open |= {client, engine}
            pair = _Pair(self, client, engine)
            for pump in (pair.up, pair.down):
                threading.Thread(target=pump, daemon=True).start()

    def _end(self, *sockets: socket.socket) -> None:
        for one in list(sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            with self.guard:
                self.open.discard(one)

    def takes_cut(self, data: bytes) -> bool:
        """Whether this COMMIT's connection is one to cut."""
        with self.guard:
            if self.cuts and COMMIT in data:
                self.cuts -= 1
                return True
        return False


class _Pair:
    """One connection and its other half."""

    def __init__(self, relay: Relay, client: socket.socket, engine: socket.socket) -> None:
        self.relay, self.client, self.engine, self.cut = relay, client, engine, False

    def up(self) -> None:
        """From our process to the engine."""
        with contextlib.suppress(OSError):
            while data := self.client.recv(CHUNK):
                self.cut = self.cut or self.relay.takes_cut(data)
                if self.relay.mode != SILENT:
                    self.engine.sendall(data)
        self.relay._end(self.client, self.engine)

    def down(self) -> None:
        """From the engine to our process."""
        with contextlib.suppress(OSError):
            while data := self.engine.recv(CHUNK):
                if self.cut:
                    break
                if self.relay.mode != SILENT:
                    self.client.sendall(data)
        self.relay._end(self.client, self.engine)
