"""A mapping is data: where a sender's words stand that we need. Pure.

`{"when": {path: word}, "each": path, "title": selector, "dedup_key": ..., "status": ..., "severity": ..., "service": ...,
"description": ..., "starts_at": ..., "ends_at": ..., "labels": {name: selector}, "labels_from": [path],
"links": {name: selector}}`. `when` tells which bodies it is for: a word, a list of words, or `"*"` for anything.
A mapping that does not fit loses nothing: such an event is read as generic JSON, at worst as an unmapped one, and pages.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from alerts.payloads.alert import (
    IncomingAlert,
    Mark,
    Parsed,
    bounded_key,
    hash_of,
    one_line,
    safe_link,
    text_of,
)
from alerts.payloads.generic import STATUS_WORDS, State, read_event
from alerts.payloads.instants import read_instant
from alerts.payloads.paths import Place, compile_path, says_something
from alerts.payloads.reading import Reading
from alerts.payloads.selectors import ANY, MOST_PATHS, Selector, compile_selector
from alerts.payloads.tags import tags_of

FIELDS = ("title", "description", "dedup_key", "status", "severity", "service", "starts_at", "ends_at")
KEYS = frozenset({*FIELDS, "name", "when", "each", "labels", "labels_from", "links"})
MOST_SHAPES = 20
MOST_NAMED = 60
"""Labels, or links, of one mapping."""
NAME_LENGTH = 100
IGNORED = "ignored"
"""A status word for what is no news about an alert: a run that is queued, a comment."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A compiled mapping for one shape of body."""

    when: tuple[tuple[Place, frozenset[str]], ...]
    each: Place | None
    fields: Mapping[str, Selector]
    labels: tuple[tuple[str, Selector], ...]
    tags: tuple[Place, ...]
    links: tuple[tuple[str, Selector], ...]

    def fits(self, body: object) -> bool:
        """Whether this mapping is for `body`."""
        return all(_said(place.of(body, body), words) for place, words in self.when)

    def events(self, body: object) -> list[object]:
        """The events in `body`: the entries of its list, or itself."""
        found = self.each.of(body, body) if self.each else body
        return found if isinstance(found, list) else [found]


def read_mapped(shapes: Sequence[Shape], reading: Reading, source_name: str = "") -> Parsed:
    """Read a delivery by the first mapping that is for it; a list is a batch of bodies. Refuses nothing."""
    alerts: list[IncomingAlert] = []
    acks: list[IncomingAlert] = []
    ignored = False
    bodies = reading.value if isinstance(reading.value, list) else [reading.value]
    for body in bodies:
        shape = next((one for one in shapes if one.fits(body)), None)
        for event in shape.events(body) if shape else [body]:
            found = _read(shape, event, body) if shape else None
            state, alert = found or _unread(event, source_name)
            if alert is None:
                ignored = True
            else:
                (acks if state is State.ACK else alerts).append(alert)
    return Parsed(tuple(alerts), tuple(acks), marks=(*reading.marks, *((Mark.IGNORED,) if ignored else ())))


Found = tuple[State, IncomingAlert | None]


def _unread(event: object, source_name: str) -> Found:
    """An event that the mapping is not for: as generic JSON, marked."""
    state, alert = read_event(event, source_name)
    return state, alert if alert.unmapped else replace(alert, marks=(*alert.marks, Mark.READ_AS_GENERIC))


def _read(shape: Shape, event: object, body: object) -> Found | None:
    """The alert of one event; None when the mapping finds neither what it is called nor which it is."""
    said = {name: selector(event, body) for name, selector in shape.fields.items()}
    key = said.get("dedup_key", "").strip()
    title = one_line(said.get("title", "")) or one_line(key)
    marks: list[str] = []
    state = _state(said.get("status", ""), "status" in shape.fields, marks)
    if state is None:
        return State.FIRING, None
    if not title:
        return None
    severity, service = said.get("severity", "").strip().lower(), said.get("service", "")
    labels = _labels(shape, event, body) | {k: v for k, v in (("severity", severity), ("service", service)) if v}
    starts_at, starts_mark = read_instant(said.get("starts_at"))
    ends_at, ends_mark = read_instant(said.get("ends_at"))
    marks += sorted({mark for mark in (starts_mark, ends_mark) if mark})
    if not key:
        marks.append(Mark.FINGERPRINT_MADE)
    return state, IncomingAlert(
        fingerprint=bounded_key(key) if key else hash_of(title, service),
        labels=labels,
        annotations={},
        starts_at=starts_at,
        ends_at=ends_at if state is State.RESOLVED else None,
        resolved=state is State.RESOLVED,
        title=title,
        description=said.get("description", ""),
        links=_links(shape, event, body, marks),
        severity=severity,
        dedup_key=key,
        raw_starts_at=said.get("starts_at", ""),
        marks=tuple(marks),
    )


def _state(word: str, expected: bool, marks: list[str]) -> State | None:
    """What a whole word means, None for what is ignored. An unknown one fires: a false page beats a missed one."""
    word = word.strip().lower()
    if word == IGNORED:
        return None
    state = STATUS_WORDS.get(word)
    if state is None and expected:
        marks.append(Mark.STATUS_UNKNOWN)
    return state or State.FIRING


def _labels(shape: Shape, event: object, body: object) -> dict[str, str]:
    labels: dict[str, str] = {}
    for place in shape.tags:
        labels |= tags_of(place.of(event, body))
    for name, selector in shape.labels:
        if text := selector(event, body):
            labels[name] = text
    return labels


def _links(shape: Shape, event: object, body: object, marks: list[str]) -> tuple[tuple[str, str], ...]:
    links: dict[str, str] = {}  # address -> what it is called: each address once
    for name, selector in shape.links:
        if text := selector(event, body):
            if url := safe_link(text):
                links.setdefault(url, name)
            elif Mark.LINK_DROPPED not in marks:
                marks.append(Mark.LINK_DROPPED)
    return tuple((name, url) for url, name in links.items())


def _said(value: object, words: frozenset[str]) -> bool:
    if ANY in words:
        return says_something(value)
    return not isinstance(value, dict | list) and text_of(value).strip().lower() in words


def compile_mapping(data: object) -> tuple[Shape, ...]:
    """A mapping, or a list of them for bodies of several shapes. Raises ValueError with one sentence that names the field."""
    shapes = data if isinstance(data, list) else [data]
    if not shapes or len(shapes) > MOST_SHAPES:
        raise ValueError(f"A mapping has one to {MOST_SHAPES} shapes.")
    return tuple(_shape(one) for one in shapes)


@lru_cache(maxsize=512)
def compiled(text: str) -> tuple[Shape, ...]:
    """The mapping that is stored as JSON `text`, compiled once; one that cannot be compiled maps nothing."""
    try:
        return compile_mapping(json.loads(text))
    except ValueError:
        return ()


def _shape(data: object) -> Shape:
    if not isinstance(data, Mapping):
        raise ValueError("A mapping maps our fields to paths.")  # noqa: TRY004 - the one error of this door
    if odd := sorted(str(key) for key in data.keys() - KEYS):
        raise ValueError(
            f"{odd[0][:80]!r} is not a field: there are {', '.join(FIELDS)}, labels, labels_from and links."
        )
    fields = {name: _selector(name, data[name]) for name in FIELDS if says_something(data.get(name))}
    if "title" not in fields:
        raise ValueError("title: a mapping says at least where the title stands.")
    _check_status(data.get("status"))
    return Shape(
        _when(data.get("when") or {}),
        _path("each", data["each"]) if data.get("each") else None,
        fields,
        _named("labels", data.get("labels") or {}),
        _tags(data.get("labels_from") or []),
        _named("links", data.get("links") or {}),
    )


def _check_status(data: object) -> None:
    words = data.get("words") if isinstance(data, Mapping) else None
    for said in words.values() if isinstance(words, Mapping) else ():
        if not isinstance(said, str) or (said not in STATUS_WORDS and said != IGNORED):
            raise ValueError(f"status: {said!r} is no state: it is firing, ack, resolved or {IGNORED}.")


def _selector(name: str, data: object) -> Selector:
    try:
        return compile_selector(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from None


def _path(name: str, data: object) -> Place:
    try:
        return compile_path(data if isinstance(data, str) else "")
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from None


def _tags(data: object) -> tuple[Place, ...]:
    texts = [data] if isinstance(data, str) else data
    if not isinstance(texts, list) or len(texts) > MOST_PATHS:
        raise ValueError(f"labels_from: it is a path, or a list of at most {MOST_PATHS}.")
    return tuple(_path("labels_from", text) for text in texts)


def _named(what: str, data: object) -> tuple[tuple[str, Selector], ...]:
    if not isinstance(data, Mapping) or len(data) > MOST_NAMED:
        raise ValueError(f"{what}: at most {MOST_NAMED} names with paths.")
    if any(not isinstance(name, str) or not name.strip() or len(name) > NAME_LENGTH for name in data):
        raise ValueError(f"{what}: a name is text of at most {NAME_LENGTH} characters.")
    return tuple((name, _selector(f"{what}: {name}", one)) for name, one in data.items())


def _when(data: object) -> tuple[tuple[Place, frozenset[str]], ...]:
    if not isinstance(data, Mapping) or len(data) > MOST_PATHS:
        raise ValueError("when: it maps paths to the words that stand there.")
    found = []
    for path, said in data.items():
        words = said if isinstance(said, list) else [said]
        found.append((_path("when", path), frozenset(text_of(word).strip().lower() for word in words)))
    return tuple(found)
