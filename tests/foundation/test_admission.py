"""Who is at work, who waits, and who is turned away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from foundation import admission
from foundation.admission import Admission
from foundation.direct import tells_us

MACHINE, PERSON = "/api/in/generic", "/incidents/"


class Answers:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), threading.Semaphore(0)
        self.threads: set[str] = set()
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.threads.add(threading.current_thread().name)
        self.begun.release()
        assert self.go.wait(30)
        if environ["PATH_INFO"] == "/breaks":
            raise TimeoutError
        start_response("202 Accepted", [("X-Kind", "test")])
        return Chunks(self)


class Chunks:
    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def __iter__(self) -> Iterator[bytes]:
        return iter((b"a", b"b"))

    def close(self) -> None:
        self.answers.closed += 1


@pytest.fixture
def answers() -> Iterator[Answers]:
    one = Answers()
    yield one
    one.go.set()


def ask(door: Admission, path: str) -> Callable[[], tuple[str, bytes]]:
    """Begin a request in a thread of its own; call what is returned for its answer."""
    said: list[Any] = []

    def call() -> None:
        body = door({"REQUEST_METHOD": "POST", "PATH_INFO": path}, lambda status, _headers: said.append(status))
        said.append(b"".join(body))

    thread = threading.Thread(target=call)
    thread.start()

    def answer() -> tuple[str, bytes]:
        thread.join(30)
        return said[0], said[1]

    return answer


def test_machines_beyond_the_line_are_turned_away_and_people_are_not(answers: Answers, monkeypatch: Any) -> None:
    monkeypatch.setattr(admission, "LINE", 1)
    monkeypatch.setattr(admission, "PATIENCE", 600.0)
    door = Admission(answers, threads=1, may_refuse=tells_us)
    first = ask(door, MACHINE)
    assert answers.begun.acquire(timeout=30)
    door.inside += 1  # somebody waits

    status, body = ask(door, MACHINE)()
    person = ask(door, PERSON)
    answers.go.set()

    assert status == "503 Service Unavailable"
    assert b"overload" in body
    assert first() == ("202 Accepted", b"ab")
    assert person() == ("202 Accepted", b"ab")
    assert (answers.closed, len(answers.threads), door.inside) == (2, 1, 1)


def test_a_machine_that_nobody_begins_to_serve_is_turned_away(answers: Answers, monkeypatch: Any) -> None:
    monkeypatch.setattr(admission, "PATIENCE", 0.0)
    door = Admission(answers, threads=1, may_refuse=tells_us)
    begun = ask(door, MACHINE)
    assert answers.begun.acquire(timeout=30)

    assert ask(door, MACHINE)()[0] == "503 Service Unavailable"
    answers.go.set()
    assert begun()[0] == "202 Accepted", "what was begun is finished"


def test_what_breaks_inside_breaks_outside(answers: Answers) -> None:
    answers.go.set()
    door = Admission(answers, threads=1, may_refuse=tells_us)
    with pytest.raises(TimeoutError):
        door({"REQUEST_METHOD": "POST", "PATH_INFO": "/breaks"}, lambda *_: None)
    assert door.inside == 0


@pytest.mark.parametrize(
    ("method", "path", "may"),
    [
        ("POST", MACHINE, True),
        ("POST", "/v2/enqueue", True),
        ("PUT", "/v2/alerts/1/message", True),
        ("GET", "/healthz/live", False),
        ("GET", "/status/", False),
        ("POST", PERSON, False),
        ("POST", "/p/token/", False),
    ],
)
def test_only_what_machines_tell_us_may_be_turned_away(method: str, path: str, may: bool) -> None:
    assert tells_us(method, path) is may
