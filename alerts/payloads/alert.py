"""What every format is read into, and how reading can fail. Pure: knows no framework."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TITLE_LENGTH = 200
FINGERPRINT_LENGTH = 128
LABEL_LENGTH = 200
# Labels that tell two alerts of one name apart, most telling first.
DISTINGUISHING = ("instance", "host", "hostname", "node", "pod", "container", "device", "service", "job", "name")


class Malformed(Exception):  # noqa: N818 - a state of the body, named as people say it
    """The body cannot be read as its kind. `str()` of it is one sentence that may be shown to the sender."""


class UnsupportedKind(Malformed):
    """No reader is there for this kind of source."""


class Oversize(Exception):  # noqa: N818
    """The body, after decompression, is over the limit. `head` holds its first megabyte (decompressed)."""

    def __init__(self, sentence: str, head: bytes = b"") -> None:
        super().__init__(sentence)
        self.head = head


class Mark(StrEnum):
    """What was odd about a body or an alert that was accepted all the same."""

    UNMAPPED = "unmapped"
    IGNORED = "ignored"
    READ_AS_GENERIC = "read_as_generic"
    BAD_ALERTS = "bad_alerts"
    INVALID_TEXT = "invalid_text"
    CHARACTERS_REMOVED = "characters_removed"
    CUT = "cut"
    DUPLICATE_KEYS = "duplicate_keys"
    NOT_VERIFIED = "not_verified"
    OVERSIZE = "oversize"
    NOT_A_NUMBER = "not_a_number"
    HUGE_NUMBER = "huge_number"
    FINGERPRINT_MADE = "fingerprint_made"
    LINK_DROPPED = "link_dropped"
    STATUS_UNKNOWN = "status_unknown"
    TIME_CLAMPED = "time_clamped"
    TIME_UNREADABLE = "time_unreadable"
    TIME_WITHOUT_ZONE = "time_without_zone"
    TRUNCATED_UNREADABLE = "truncated_unreadable"
    VERSION_UNKNOWN = "version_unknown"
    WATCHDOG = "watchdog"
    RECONCILED = "reconciled"
    STALE = "stale"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class IncomingAlert:
    """One alert as a machine told it. Its identity is (source, `fingerprint`), its episode is `starts_at`.

    Times are aware UTC; None where the sender gave none or none that can be read (`raw_starts_at` keeps its words).
    `links` are (label, address) with http or https only. `marks` say what was odd, see `Mark`.
    """

    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: datetime | None
    ends_at: datetime | None
    resolved: bool
    title: str
    description: str = ""
    links: tuple[tuple[str, str], ...] = ()
    generator_url: str = ""
    group_labels: dict[str, str] | None = None
    severity: str = ""
    dedup_key: str = ""
    raw_starts_at: str = ""
    marks: tuple[str, ...] = ()
    event: bool = False
    """Told by a protocol of events (trigger, acknowledge, resolve by key): only a trigger says what the alert is, and what
    speaks of an alert that is not open is dropped."""

    @property
    def unmapped(self) -> bool:
        """The body parsed but told us nothing that we understand: pages, under the title "Unmapped event from X"."""
        return Mark.UNMAPPED in self.marks


@dataclass(frozen=True, slots=True)
class Parsed:
    """One delivery, read. `alerts` keep the order of the body; a fingerprint may occur twice (two episodes).

    `acks` are alerts that somebody acknowledged at the sender. `truncated` > 0 means that the sender left out that
    many alerts: such a delivery never closes anything. `bad` counts entries that could not be read; `bad_reasons`
    gives the first few of them as sentences. `dedup_key` is for the answer, in protocols that give the sender its key back.
    `once` is a name that no other delivery of its source has, where the sender signs such a one: it counts once.
    """

    alerts: tuple[IncomingAlert, ...] = ()
    acks: tuple[IncomingAlert, ...] = ()
    truncated: int = 0
    group_key: str = ""
    group_labels: dict[str, str] | None = None
    external_url: str = ""
    receiver: str = ""
    bad: int = 0
    bad_reasons: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    dedup_key: str = ""
    once: str = ""


def text_of(value: object) -> str:
    """Any JSON value as the text of a label: None is "", true is "true", a tree is compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def texts_of(values: Mapping[str, object]) -> dict[str, str]:
    """A JSON object as labels, each value as `text_of` it."""
    return {k: v if v.__class__ is str else text_of(v) for k, v in values.items()}


def details_of(value: object) -> tuple[dict[str, str], dict[str, str]]:
    """A sender's free details as labels, where they are short and on one line, so that routes can match them; the others as
    annotations."""
    given = value if isinstance(value, dict) else {"details": value} if value else {}
    texts = texts_of(given)
    labels = {name: text for name, text in texts.items() if len(text) <= LABEL_LENGTH and "\n" not in text}
    return labels, {name: text for name, text in texts.items() if name not in labels}


def hash_of(*parts: object) -> str:
    """32 hexadecimal digits that stand for JSON-able `parts`, whatever the order of keys in them."""
    data = json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()[:32]


def bounded_key(key: str) -> str:
    """`key` itself, or its hash when it is too long to be an index's key."""
    return key if len(key) <= FINGERPRINT_LENGTH else hash_of(key)


def safe_link(value: object) -> str:
    """`value` when it is an absolute http or https address, else "" (javascript:, data:, relative paths)."""
    if not isinstance(value, str):
        return ""
    url = value.strip()
    scheme, found, rest = url[:8].partition("://")
    if not found or scheme.lower() not in ("http", "https") or len(url) == len(scheme) + 3 or rest[:1] == "/":
        return ""
    return url if url.isprintable() else ""


def one_line(text: str, length: int = TITLE_LENGTH) -> str:
    """`text` on one line, without invisible characters, cut for display at `length` characters."""
    line = " ".join(text[: length * 8].split())
    if not line.isprintable():
        line = "".join(c for c in line if c.isprintable()).strip()
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def title_of(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """What to call an alert: its summary, else its name with the label that tells it apart. "" when it has neither."""
    summary = annotations.get("summary") or annotations.get("title")
    if summary and (line := one_line(summary)):
        return line
    name = labels.get("alertname", "")
    which = next((labels[k] for k in DISTINGUISHING if labels.get(k)), "")
    return one_line(f"{name[:TITLE_LENGTH]} {which[:TITLE_LENGTH]}")
