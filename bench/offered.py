"""More requests than can be taken: so many in each second, whether or not the earlier ones were answered."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from bench.figures import Result, Scale
from bench.house import House
from bench.load import Client, percentile

MOST_CONNECTIONS = 900
PATIENCE = 30.0  # seconds after the last request in which its answer has to come
FINE = frozenset({"202", "503"})


@dataclass
class Offer:
    """Requests at `rate` per second over kept connections; a new one is made whenever all others wait for an answer.

    A request that finds all of `MOST_CONNECTIONS` busy waits for one: then less is offered than was wanted, and `spent`
    tells by how much. `broken` are refused, reset and silent connections.
    """

    port: int
    requests: list[bytes]
    rate: float
    statuses: Counter[str] = field(default_factory=Counter)
    taken: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    broken: int = 0
    sent: int = 0
    spent: float = 0.0
    connections: int = 0

    def run(self) -> None:
        """Send everything and wait for the answers."""
        idle: deque[Client] = deque()
        with selectors.DefaultSelector() as ready:
            begun = last = time.perf_counter()
            while self.sent < len(self.requests) or (self._waiting(ready) > len(idle) and self._patient(last)):
                now = time.perf_counter()
                due = min(len(self.requests), int((now - begun) * self.rate))
                while self.sent < due and (client := self._free(ready, idle)):
                    self._send(ready, client)
                    last = now
                if self.sent == len(self.requests) and not self.spent:
                    self.spent = now - begun
                for key, _events in ready.select(0.5 / self.rate if self.sent < len(self.requests) else 1.0):
                    self._hear(ready, key.data, idle)
            self.broken += self._waiting(ready) - len(idle)
            for key in list(ready.get_map().values()):
                key.data.connection.close()

    @staticmethod
    def _waiting(ready: selectors.BaseSelector) -> int:
        return len(ready.get_map())

    @staticmethod
    def _patient(last: float) -> bool:
        return time.perf_counter() - last < PATIENCE

    def _free(self, ready: selectors.BaseSelector, idle: deque[Client]) -> Client | None:
        if idle:
            return idle.popleft()
        if self._waiting(ready) >= MOST_CONNECTIONS:
            return None
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        except OSError:
            self.broken += 1
            self.sent += 1
            return None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(connection)
        ready.register(connection, selectors.EVENT_READ, client)
        self.connections += 1
        return client

    def _send(self, ready: selectors.BaseSelector, client: Client) -> None:
        self.sent += 1
        try:
            client.send(self.sent - 1, self.requests[self.sent - 1])
        except OSError:
            self._lose(ready, client)

    def _hear(self, ready: selectors.BaseSelector, client: Client, idle: deque[Client]) -> None:
        try:
            status = client.answered()
        except OSError:
            self._lose(ready, client)
            return
        if status is None:
            return
        self.statuses[status.decode()] += 1
        self.took.append(time.perf_counter() - client.begun)
        if status.startswith(b"2"):
            self.taken.append(client.number)
        idle.append(client)

    def _lose(self, ready: selectors.BaseSelector, client: Client) -> None:
        self.broken += 1
        with contextlib.suppress(KeyError):
            ready.unregister(client.connection)
        client.connection.close()


def offered(house: House, scale: Scale) -> Result:
    """What a storm of single alerts gets as answers while everything runs, and whether what was taken is there."""
    result = Result()
    numbers = house.take(int(scale.offered * scale.offering))
    offer = Offer(house.system.port, house.singles_of(numbers), scale.offered)
    offer.run()
    known = set(house.inside("known", str(numbers.start), str(numbers.stop)))
    lost = sum(numbers[one] not in known for one in offer.taken)
    reached = len(offer.requests) / offer.spent
    house.inside("quiet")
    said = ", ".join(f"{count} times {status}" for status, count in sorted(offer.statuses.items()))
    name = f"{scale.offered} POSTs/s of one alert offered for {scale.offering:.0f} s ({reached:.0f}/s sent)"
    took = sorted(offer.took)
    result.add(name, f"{said}; {offer.broken} connections broken", "2xx or 503", _fine(offer))
    result.add("the same, answered 2xx and not in the database", str(lost), "0", not lost)
    slowest = f"{1000 * percentile(took, 0.5):.0f} ms, 99 of 100 within {1000 * percentile(took, 0.99):.0f} ms"
    result.add("the same, half of all answers within", slowest)
    result.details.append(f"offered over {offer.connections} connections from one process on the same machine")
    return result


def _fine(offer: Offer) -> bool:
    return not offer.broken and offer.statuses.keys() <= FINE
