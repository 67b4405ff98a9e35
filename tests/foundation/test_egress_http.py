"""The way out by HTTP, against servers that drip, redirect, flood and hang up."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from foundation.egress import addresses, http
from foundation.egress.addresses import AddressRefused, NotReached, may_be_called

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 7\r\n\r\nhi"
Behaviour = Callable[[socket.socket], None]


class Peer:
    """A server on a free port that reads one request and then behaves as it was told."""

    def __init__(self, behave: Behaviour) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.behave, self.heard = behave, b""
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/hook?q=1"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _from = self.listening.accept()
            except OSError:
                return
            with connection:
                self._read(connection)
                try:
                    self.behave(connection)
                except OSError:
                    continue

    def _read(self, connection: socket.socket) -> None:
        """One request: its head, and as much as it says follows."""
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += connection.recv(65536)
        head, _end, body = asked.partition(b"\r\n\r\n")
        length = next((int(line.split()[1]) for line in head.splitlines() if line.startswith(b"Content-Length")), 0)
        while len(body) < length:
            body += connection.recv(65536)
        self.heard += head + b"\r\n\r\n" + body

    def close(self) -> None:
        """No more connections."""
        self.listening.close()


@pytest.fixture
def peer(settings: Settings) -> Iterator[Callable[[Behaviour], Peer]]:
    """Peers that may be called although they are on loopback."""
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    made: list[Peer] = []

    def make(behave: Behaviour) -> Peer:
        made.append(Peer(behave))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_an_answer(peer: Callable[[Behaviour], Peer]) -> None:
    there = peer(lambda connection: connection.sendall(OK))
    answer = http.post_json(there.url, {"a": "é"}, headers={"X-Own": "1"})
    assert (answer.status, answer.ok, answer.body, answer.json(), answer.retry_after()) == (200, True, b"hi", None, 7.0)
    assert there.heard.startswith(b"POST /hook?q=1 HTTP/1.1\r\n")
    assert b"X-Own: 1\r\n" in there.heard
    assert there.heard.endswith('{"a":"é"}'.encode())


def test_a_slow_drip_ends_with_the_whole_time(peer: Callable[[Behaviour], Peer]) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            connection.sendall(b"a")

    there, begun = peer(drip), time.monotonic()
    with pytest.raises(NotReached, match="No answer within"):
        http.call("GET", there.url, limit=0.5)
    stop.set()
    assert time.monotonic() - begun < 5  # the drip alone would never end


def test_a_flood_is_read_as_far_as_its_limit(peer: Callable[[Behaviour], Peer]) -> None:
    there = peer(
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 200_000)
    )
    assert len(http.call("GET", there.url).body) == http.LARGEST


def test_redirects_are_not_followed(peer: Callable[[Behaviour], Peer]) -> None:
    there = peer(
        lambda connection: connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
        )
    )
    answer = http.call("GET", there.url)
    assert (answer.status, answer.ok) == (302, False)
    assert there.heard.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("last", [b"", b"no http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"])
def test_who_hangs_up_was_not_reached(peer: Callable[[Behaviour], Peer], last: bytes) -> None:
    there = peer(lambda connection: connection.sendall(last))
    with pytest.raises(NotReached):
        http.call("GET", there.url)


def test_nobody_listens() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(NotReached):
        http.call("GET", f"http://127.0.0.1:{port}/", typed=False)


def test_a_typed_address_does_not_lead_inside(peer: Callable[[Behaviour], Peer], settings: Settings) -> None:
    there = peer(lambda connection: connection.sendall(OK))
    settings.EGRESS_ALLOW = []
    with pytest.raises(AddressRefused):
        http.call("GET", there.url)
    assert http.call("GET", there.url, typed=False).ok, "the operator's own addresses are used as they are"
    assert there.heard.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://a", "//a", "http://", "http://user:pw@127.0.0.1/", "http://[::1/", "nonsense", ""],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(AddressRefused):
        http.call("GET", url, typed=False)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "::ffff:169.254.169.254"),
    ],
)
def test_inner_addresses_are_refused_until_they_are_allowed(text: str, settings: Settings) -> None:
    address = ipaddress.ip_address(text)
    assert not may_be_called(address)
    settings.EGRESS_ALLOW = [ipaddress.ip_network(text)]
    assert may_be_called(address)


@pytest.mark.parametrize("text", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_public_addresses_may_be_called(text: str) -> None:
    assert may_be_called(ipaddress.ip_address(text))


def test_one_inner_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_words: object, **_options: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert len(addresses.resolve("two.example", 80, 1.0)) == 2
    with pytest.raises(AddressRefused):
        http.call("GET", "http://two.example/")
