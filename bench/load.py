"""Clients that post over kept connections: one thread and raw sockets, so that they cost the measured machine little."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ACCEPTED = b"202"
PATIENCE = 60.0  # seconds of silence after which the run has failed
CHUNK = 1 << 16


@dataclass
class Seen:
    """Latencies in seconds, sorted; requests that were not 202; and how long it took in all, in seconds.

    `answered` says for each request, in the order in which they were given, when its answer came: seconds since the first.
    """

    latencies: list[float]
    refused: int
    seconds: float
    answered: list[float]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in seconds below which this share of requests lies."""
        return percentile(self.latencies, share)


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which this share of a sorted list lies."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def generic(start: int, alerts: int = 1) -> bytes:
    """A generic body with `alerts` alerts of their own, numbered from `start`."""
    rows = [
        {"title": f"Bench {number}", "dedup_key": f"b-{number}", "labels": {"alertname": f"b{number}"}}
        for number in range(start, start + alerts)
    ]
    return json.dumps(rows if alerts > 1 else rows[0], separators=(",", ":")).encode()


def group(start: int, alerts: int) -> bytes:
    """One delivery of an Alertmanager: `alerts` new alerts of a new group, shaped like those of a real one."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    rows = [
        {
            "status": "firing",
            "labels": {"alertname": f"Bench{start}", "instance": f"node-{number}:9100", "severity": "critical"},
            "annotations": {"summary": f"Node {number} does not answer", "description": "It was asked three times."},
            "startsAt": stamp,
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": f"http://prometheus:9090/graph?g0.expr=up{number}",
            "fingerprint": f"{number:016x}",
        }
        for number in range(start, start + alerts)
    ]
    labels = {"alertname": f"Bench{start}"}
    body = {"version": "4", "groupKey": f'{{}}:{{alertname="Bench{start}"}}', "truncatedAlerts": 0, "status": "firing"}
    body |= {"receiver": "bench", "groupLabels": labels, "commonLabels": labels, "commonAnnotations": {}}
    body |= {"externalURL": "http://alertmanager:9093", "alerts": rows}
    return json.dumps(body, separators=(",", ":")).encode()


@dataclass
class Client:
    """One kept connection with at most one request on its way."""

    connection: socket.socket
    begun: float = 0.0
    number: int = 0
    received: bytearray = field(default_factory=bytearray)

    def send(self, number: int, request: bytes) -> None:
        """Send the next request; its clock starts."""
        self.received.clear()
        self.number = number
        self.begun = time.perf_counter()
        self.connection.sendall(request)

    def answered(self) -> bytes | None:
        """The status when the answer is complete, else None. Raises ConnectionError when the other side has closed."""
        some = self.connection.recv(CHUNK)
        if not some:
            raise ConnectionError("the server closed a connection in the middle")
        self.received += some
        head, found, body = bytes(self.received).partition(b"\r\n\r\n")
        return head[9:12] if found and _whole(head.lower().split(b"\r\n"), body) else None


def _whole(head: list[bytes], body: bytes) -> bool:
    """Whether this is all of the body, by its length or by its last chunk."""
    length = next((line for line in head if line.startswith(b"content-length:")), None)
    return body.endswith(b"0\r\n\r\n") if length is None else len(body) >= int(length.partition(b":")[2])


def request_of(path: str, body: bytes) -> bytes:
    """An HTTP request with this JSON body."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def post(port: int, requests: list[bytes], *, clients: int = 8) -> Seen:
    """Send these requests over `clients` connections, each with one on its way at a time.

    Raises TimeoutError when nothing is answered for a minute.
    """
    waiting, took, refused = enumerate(requests), list[float](), 0
    came = [0.0] * len(requests)
    with selectors.DefaultSelector() as ready:
        begun, running = time.perf_counter(), 0
        for client in _clients(port, min(clients, len(requests))):
            client.send(*next(waiting))
            ready.register(client.connection, selectors.EVENT_READ, client)
            running += 1
        while running:
            answers = ready.select(PATIENCE)
            if not answers:
                raise TimeoutError(f"{len(took)} of {len(requests)} requests were answered, then silence")
            for key, _events in answers:
                client = key.data
                status = client.answered()
                if status is None:
                    continue
                took.append(time.perf_counter() - client.begun)
                came[client.number] = time.perf_counter() - begun
                refused += status != ACCEPTED
                if (following := next(waiting, None)) is not None:
                    client.send(*following)
                    continue
                ready.unregister(client.connection)
                client.connection.close()
                running -= 1
        return Seen(sorted(took), refused, time.perf_counter() - begun, came)


def _clients(port: int, count: int) -> Iterator[Client]:
    for _client in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Client(connection)


def bodies(path: str, make: Callable[[int], bytes], starts: range) -> list[bytes]:
    """Requests to `path` with the bodies that `make` builds for these numbers."""
    return [request_of(path, make(start)) for start in starts]
