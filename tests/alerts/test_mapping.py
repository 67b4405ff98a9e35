"""Mappings: paths, joins, words, patterns, arrays; what does not compile is refused, what does not fit is not lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.payloads import MAPPED, Malformed, Mark, Parsed, parse
from alerts.payloads.mapping import compile_mapping
from alerts.payloads.paths import compile_path
from alerts.payloads.presets import NAMES as PRESETS
from alerts.payloads.presets import written

EVENT = {"a": {"b": [{"c": "deep"}, 7]}, "x.y": "dotted", "off": False, "none": None, "empty": "", "n": 0}


def read(mapping: Any, body: Any, kind: str = "generic") -> Parsed:
    return parse(kind, json.dumps(body).encode(), source_name="shop", mapping=mapping)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0].c", "deep"),
        ("a.b[1]", 7),
        (' a["b"][0]["c"] ', "deep"),
        ('["x.y"]', "dotted"),
        ("a.b[9]", None),
        ("a.b.c", None),
        ("a[0]", None),
        ("off", False),
        ("$.n", 0),
        ("= on ", " on "),
    ],
)
def test_paths(path: str, found: object) -> None:
    assert compile_path(path).of(EVENT, EVENT) == found


@pytest.mark.parametrize(
    "path",
    ["", ".a", "a.", "a..b", "a[", "a[x]", "a[-1]", "a[0]b", 'a["b]', "a[*]", "{{a}}"[:3] + "[", "x" * 400, "$$"],
)
def test_what_is_no_path(path: str) -> None:
    if path == "$$":
        assert compile_path(path).steps == ("$$",)
        return
    with pytest.raises(ValueError, match="path"):
        compile_path(path)


def test_fields_are_joined_taken_out_and_replaced() -> None:
    mapping = {
        "title": {"paths": ["host", "nothing", "text"], "join": ": "},
        "dedup_key": {"paths": ["text"], "match": r"id=(\w+)"},
        "status": {"paths": ["state"], "words": {"Broken": "firing", "fine": "resolved"}},
        "severity": {"paths": ["level", "=low"], "words": {"9": "critical", "*": "info"}},
        "service": "=shop",
        "starts_at": "$.when",
        "labels_from": ["tags"],
        "labels": {"first": "list[0]", "all": "list"},
        "links": {"Look": "url", "Bad": "bad"},
    }
    body = {"host": "web-1", "text": "disk id=77 full", "state": "BROKEN", "level": 9, "when": 1795226190000}
    body |= {"tags": "env:prod,flag", "list": [1, 2], "url": "https://x.example/", "bad": "javascript:alert(1)"}
    (alert,) = read(mapping, body).alerts
    assert (alert.title, alert.dedup_key, alert.resolved, alert.severity) == (
        "web-1: disk id=77 full",
        "77",
        False,
        "critical",
    )
    assert alert.labels == {
        "env": "prod",
        "flag": "true",
        "first": "1",
        "all": "1, 2",
        "severity": "critical",
        "service": "shop",
    }
    assert alert.links == (("Look", "https://x.example/"),)
    assert alert.starts_at
    assert alert.starts_at.timestamp() == 1795226190
    assert alert.marks == (Mark.LINK_DROPPED,)
    assert read(mapping, body | {"state": "fine"}).alerts[0].resolved
    assert not read(mapping, body | {"state": "fine-ish"}).alerts[0].resolved


def test_a_body_is_taken_apart_and_an_event_can_ask_the_whole() -> None:
    mapping = {"each": "items", "title": {"paths": ["$.site", "name"], "join": " "}, "dedup_key": "id", "status": "st"}
    body = {
        "site": "Berlin",
        "items": [{"id": 1, "name": "a", "st": "ok"}, {"id": 2, "name": "b"}, {"id": 3, "st": "ack"}],
    }
    parsed = read(mapping, body)
    assert [(one.title, one.fingerprint, one.resolved) for one in parsed.alerts] == [
        ("Berlin a", "1", True),
        ("Berlin b", "2", False),
    ]
    assert [one.fingerprint for one in parsed.acks] == ["3"]


def test_without_a_key_the_title_and_the_service_are_it() -> None:
    mapping = {"title": "what", "status": "state", "labels": {"n": "n"}}
    one = read(mapping, {"what": "Down", "state": "open", "n": 1}).alerts[0]
    two = read(mapping, {"what": "Down", "state": "closed", "n": 2}).alerts[0]
    assert one.fingerprint == two.fingerprint


def test_an_own_mapping_comes_before_the_preset_and_loses_nothing() -> None:
    mapping = {"when": {"mine": "*"}, "title": "mine"}
    assert read(mapping, {"mine": "Mine"}, "pingdom").alerts[0].title == "Mine"
    assert read(mapping, {"check_id": 1, "check_name": "x", "current_state": "DOWN"}, "pingdom").alerts[0].title == "x"
    assert read(mapping, {"odd": 1}, "pingdom").alerts[0].title == "Unmapped event from shop"
    assert read(mapping, {"title": "T", "status": "ok"}).alerts[0].marks[-1] == Mark.READ_AS_GENERIC
    assert read({"title": "gone"}, {"x": 1}).alerts[0].unmapped
    assert read({"broken": 1}, {"title": "T"}).alerts[0].title == "T"


@pytest.mark.parametrize(
    ("mapping", "word"),
    [
        ([], "one to 20"),
        ("x", "maps our fields"),
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "a", "colour": "b"}, "'colour'"),
        ({"title": ["a", 1]}, "title: a path is text"),
        ({"title": {"path": "a"}}, "'path'"),
        ({"title": {"paths": ["a"], "match": "("}}, "RE2"),
        ({"title": {"paths": ["a"], "match": "x" * 5000}}, "longer"),
        ({"title": {"paths": ["a"], "join": 1}}, "join"),
        ({"title": "a", "status": {"paths": ["b"], "words": {"x": "asleep"}}}, "asleep"),
        ({"title": "a", "severity": {"paths": ["b"], "words": {"x": 1}}}, "words"),
        ({"title": "a", "labels": ["b"]}, "labels"),
        ({"title": "a", "labels": {"": "b"}}, "labels"),
        ({"title": "a", "labels_from": "["}, "labels_from"),
        ({"title": "a", "links": {"x": "["}}, "links: x"),
        ({"title": "a", "when": ["b"]}, "when"),
        ({"title": "a", "each": 7}, "each"),
    ],
    ids=str,
)
def test_what_does_not_compile_says_why(mapping: Any, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        compile_mapping(mapping)


WORDS = st.sampled_from(sorted(json.dumps([written(kind) for kind in sorted(PRESETS)]).replace('"', " ").split())[:400])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=6),
    max_leaves=20,
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", sorted(PRESETS))
@QUICK
@given(data=st.data())
def test_no_body_breaks_a_reader(kind: str, data: st.DataObject) -> None:
    body = data.draw(JSON)
    # The preset's own keys, with odd values in every place that it looks at.
    for shape in written(kind):
        for path in shape.get("when", {}):
            body = {**_at(path, data.draw(JSON)), **(body if isinstance(body, dict) else {})}
    try:
        parsed = parse(kind, json.dumps(body).encode(), source_name="shop")
    except Malformed as error:
        assert str(error).endswith(".")  # noqa: PT017 - what else it says is for the sender
        return
    for alert in (*parsed.alerts, *parsed.acks):
        assert alert.title
        assert 0 < len(alert.fingerprint) <= 128
        assert all(isinstance(text, str) for pair in alert.labels.items() for text in pair)


@QUICK
@given(JSON)
def test_no_mapping_breaks_the_reader(mapping: Any) -> None:
    for kind in sorted(MAPPED)[:2]:
        assert parse(kind, b'{"title": "x"}', mapping=mapping).alerts


def _at(path: str, value: object) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {head: _at(rest, value) if rest else value}
