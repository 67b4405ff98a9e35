"""Where fuzzing begins: bodies that senders really post, and the words that our parsers know."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.home import ROOT
from fuzz.targets import PRESETS

FIXTURES = Path(ROOT) / "tests" / "fixtures"
PARSERS = Path(ROOT) / "alerts" / "payloads"
WORD = re.compile(r"[A-Za-z][\w.$-]{1,39}", re.ASCII)
MAIL = (
    b"From: a@b.example\r\nSubject: [RESOLVED] Disk full\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\n\r\nText\r\n--x--"
)
OWN: dict[str, tuple[bytes, ...]] = {
    "generic": (b'{"title": "x", "status": "resolved", "labels": {"a": "b"}, "links": ["http://a.example"]}',),
    "instants": (b"2026-11-21T02:03:18.123456789+00:00", b"2026-11-21 02:03:18.5 +0000 UTC", b"1795226640000"),
    "mail": (MAIL, MAIL.replace(b"multipart/mixed", b"text/html")),
    "mapping": (
        b'{"title": {"paths": ["a.b[0]", "=x"], "join": " "}, "status": {"paths": ["s"], "words": {"*": "firing"}}}\n{"a": 1}',
    ),
    "opsgenie": (b'{"message": "x", "alias": "y", "priority": "P1", "tags": ["a"], "details": {"b": 1}}',),
    "pagerduty": (b'{"event_action": "trigger", "payload": {"summary": "x", "source": "y", "severity": "error"}}',),
    "reading": (
        b"\x00{}",
        b'\x01title=x&labels={"a":1}',
        b'\x02--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
    ),
    "selectors": (b'{"paths": ["a"], "match": "(b+)", "words": {"b": "c"}}\n{"a": "bb"}',),
    "sns": (
        b'{"Type": "Notification", "TopicArn": "arn", "Message": "{\\"AlarmName\\": \\"x\\"}", "SigningCertURL": "https://x"}',
    ),
    "cloudevents": (b'a.b.firing\n{"id": "1", "source": "/x"}',),
    "goalert": (b"summary=x&action=close\n",),
    "alertmanager_api": (
        b'[{"fingerprint": "a", "labels": {"b": "c"}, "status": {"state": "suppressed", "silencedBy": ["d"]}}]',
        b'[{"receiver": {"name": "ours"}, "labels": {}, "alerts": []}]',
    ),
}


def seeds(target: str) -> Iterator[bytes]:
    """Bodies for `target`, and what fuzzing found in it before."""
    yield from OWN.get(target, ())
    found = FIXTURES / "fuzzed" / target
    yield from (path.read_bytes() for path in sorted(found.glob("*"))) if found.is_dir() else ()
    if target == "presets":
        for number, kind in enumerate(PRESETS):
            yield from (bytes([number]) + body for body in _recorded(kind))
    elif target == "grafana":
        yield from _recorded("grafana")
    elif target == "alertmanager":
        for path in sorted((FIXTURES / "alertmanager").glob("captured_*.json")):
            yield path.read_bytes()


def _recorded(kind: str) -> Iterator[bytes]:
    path = FIXTURES / "senders" / f"{kind}.json"
    for case in json.loads(path.read_text())["cases"] if path.exists() else ():
        for said in (case["firing"], case["ending"]):
            yield said.encode() if isinstance(said, str) else json.dumps(said).encode()


@cache
def words(parser: str = "") -> list[str]:
    """Every short text that stands in the files of a parser or a preset: names of fields, states. Without one, in all."""
    found: set[str] = set()
    for path in PARSERS.rglob("*.py"):
        if parser and path.stem not in (parser, parser.partition("_")[0]):
            continue
        constants = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
        found |= {one for one in constants if isinstance(one, str)}
    for path in PARSERS.rglob("*.json"):
        if parser in ("", path.stem):
            found |= {part for text in path.read_text().split('"')[1::2] for part in text.split(".")}
    return sorted(one for one in found if WORD.fullmatch(one))
