"""Clients that post over kept connections from several processes, and what they saw."""

from __future__ import annotations

import http.client
import multiprocessing
import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue

HEADERS = {"Content-Type": "application/json"}


@dataclass
class Seen:
    """Latencies in seconds, sorted; requests that were not 202; and how long it took in all."""

    latencies: list[float]
    refused: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in seconds below which this share of requests lies."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def one_body(number: int, alerts: int = 1) -> bytes:
    """A generic body with `alerts` alerts of their own."""
    rows = (
        f'{{"title":"Bench {number}-{row}","dedup_key":"b-{number}-{row}","labels":{{"alertname":"b{number}-{row}"}}}}'
        for row in range(alerts)
    )
    return f"[{','.join(rows)}]".encode() if alerts > 1 else next(rows).encode()


def _client(port: int, path: str, start: int, count: int, alerts: int, out: SimpleQueue[tuple[list[float], int]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took, refused = [], 0
    for number in range(start, start + count):
        begun = time.perf_counter()
        connection.request("POST", path, one_body(number, alerts), HEADERS)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - begun)
        refused += answer.status != http.HTTPStatus.ACCEPTED
    connection.close()
    out.put((took, refused))


def _process(port: int, path: str, start: int, count: int, alerts: int, threads: int, pipe: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    out: SimpleQueue[tuple[list[float], int]] = SimpleQueue()
    each = count // threads
    work = [
        threading.Thread(target=_client, args=(port, path, start + index * each, each, alerts, out)) for index in range(threads)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    pipe.put([out.get() for _thread in work])


def post(port: int, path: str, *, start: int, count: int, alerts: int = 1, clients: int = 8) -> Seen:
    """`count` requests by `clients` connections, in two processes when there is more than one client."""
    processes = 2 if clients > 1 else 1
    context = multiprocessing.get_context("fork")
    pipe: multiprocessing.Queue = context.Queue()  # type: ignore[type-arg]
    share = count // processes
    begun = time.perf_counter()
    running = [
        context.Process(
            target=_process, args=(port, path, start + index * share, share, alerts, max(1, clients // processes), pipe)
        )
        for index in range(processes)
    ]
    for process in running:
        process.start()
    results = [result for _process_ in running for result in pipe.get()]
    seconds = time.perf_counter() - begun
    for process in running:
        process.join()
    latencies = sorted(latency for took, _refused in results for latency in took)
    return Seen(latencies, sum(refused for _took, refused in results), seconds)
