"""Input that nobody means: what every address must answer with less than 500."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

# Values for a query parameter or a form field, already percent-encoded where they are no text.
VALUES = {
    "NUL": "%00",
    "half a surrogate pair": "%ED%A0%80",
    "invalid UTF-8": "%FF%FE",
    "empty": "",
    "10,000 letters": "x" * 10_000,
    "a huge number": "9" * 40,
    "beyond bigint": str(2**63),
    "negative": "-1",
    "thousands of digits": "9" * 5000,
    "NaN": "NaN",
    "infinite": "1e999",
    "year 0": "0000-01-01T00:00:00Z",
    "year 1": "0001-01-01T00:00:00%2B14:00",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "not a day": "2026-02-30",
    "unknown number": "INC-99999999999999999999",
    "number 0": "INC-0",
    "a template": quote("{{7*7}}{% load x %}%s%(x)s{0}"),
    "markup": quote("<script>alert(1)</script>"),
    "an address elsewhere": quote("//evil.example.com/\r\nX: y"),
    "other digits": quote("١٢٣"),
    "a list": "[]",
    "an object": quote('{"a": 1}'),
    "not our cursor": "bm9wZQ==",
    "a cursor with a NUL": "AA",
    "a cursor of a huge number": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
}
# The worst of them: one for each way of breaking that there is.
WORST = ["NUL", "empty", "thousands of digits", "year 9999", "an address elsewhere"]
PARAMETERS = [
    "after",
    "age",
    "at",
    "before",
    "cursor",
    "class",
    "from",
    "kind",
    "mine",
    "overdue",
    "then",
    "person",
    "q",
    "service",
    "since",
    "state",
    "story",
    "to",
    "weeks",
    "zone",
]
IN_A_PATH = [
    "%00",
    "%FF",
    "%ED%A0%80",
    "INC-0",
    "INC-99999999999999999999",
    "9" * 40,
    "0",
    "x" * 10_000,
    "..%2F..%2F",
    "%0d%0aX:y",
    "%F0%9F%A6%86",
]
NESTED = b"[" * 1000 + b"]" * 1000


def bodies() -> dict[str, tuple[bytes, str]]:
    """Bodies with their content types."""
    plain = "application/json"
    fields = (
        "title",
        "text",
        "reason",
        "person",
        "to",
        "from",
        "role",
        "kind",
        "start",
        "class",
        "resolved_at",
        "service",
    )
    same = {name: dict.fromkeys(fields, value) for name, value in _TYPED.items()}
    return {
        **{f"every field is {name}": (json.dumps(body).encode(), plain) for name, body in same.items()},
        "NUL in text": (b'{"title": "a\\u0000b", "text": "\\u0000", "reason": "\\u0000"}', plain),
        "lone surrogates": (b'{"title": "\\ud800", "text": "\\udfff", "\\ud800": 1}', plain),
        "1,000 levels": (b'{"title": ' + NESTED + b"}", plain),
        "100,000 levels": (b"[" * 100_000, plain),
        "NaN": (b'{"share": NaN, "title": NaN, "x": -Infinity}', plain),
        "huge numbers": (b'{"title": 1' + b"0" * 5000 + b', "share": 1e999, "person": 1e400}', plain),
        "duplicate keys": (b'{"title": "a", "title": {"b": 1}}', plain),
        "invalid UTF-8": (b'{"title": "\xff\xfe"}', plain),
        "a BOM": (b'\xef\xbb\xbf{"title": "x"}', plain),
        "UTF-16": ('{"title": "x"}'.encode("utf-16"), plain),
        "cut off": (b'{"title": "x', plain),
        "nothing": (b"", plain),
        "no object": (b'"x"', plain),
        "null": (b"null", plain),
        "a list": (b"[{}]", plain),
        "2 MB": (b'{"text": "' + b"x" * 2_000_000 + b'"}', plain),
        "gzip": (gzip.compress(b'{"title": "x"}'), plain),
        "no JSON at all": (b"title=x", plain),
        "the wrong type": (b'{"title": "x"}', "text/plain"),
        "no type": (b'{"title": "x"}', ""),
        "a type that is none": (b'{"title": "x"}', "////;;;=\xff".encode("latin-1").decode("latin-1")),
        "an unknown charset": (b'{"title": "x"}', "application/json; charset=nonsense"),
        "a broken form": (b"%00=%FF&a=%ED%A0%80&&&===", "application/x-www-form-urlencoded"),
        "a form of an unknown charset": (b"a=b", "application/x-www-form-urlencoded; charset=nonsense"),
        "multipart without a boundary": (b"--x\r\n", "multipart/form-data"),
        "multipart that breaks off": (b"--x\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=x"),
    }  # fmt: skip


_TYPED: dict[str, Any] = {
    "null": None,
    "a number": 7,
    "a huge number": 10**30,
    "true": True,
    "a list": [[]],
    "an object": {"a": {"b": []}},
    "empty": "",
    "year 0": "0000-01-01T00:00:00Z",
    "year 1": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "long": "x" * 10_000,
}

HEADERS: list[dict[str, str]] = [
    {"content-encoding": "gzip"},
    {"accept": "text/html"},
    {"accept": "////"},
    {"accept-language": "\x00,xx;q=nonsense"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer \xff\x00"},
    {"authorization": "Basic !!!"},
    {"authorization": "Bearer " + "x" * 10_000},
    {"host": "evil.example.com\r\n"},
    {"if-none-match": '"' * 99},
    {"if-modified-since": "yesterday"},
    {"hx-request": "true", "hx-current-url": "\x00", "hx-target": "\xff"},
    {"x-forwarded-for": "nobody, \x00"},
    {"x-forwarded-proto": "gopher"},
    {"cookie": "sharpend_session=\x00; sharpend_csrf=\xff; messages=nonsense"},
    {"content-length": "-1"},
    {"content-length": "many"},
    {"range": "bytes=9-1"},
]


class Forms(HTMLParser):
    """The forms of a page: (address, method, what they would send), as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms and their fields."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), found.get("method", "get").lower(), {}))
        elif self.forms and tag in {"input", "textarea", "select", "button"} and found.get("name"):
            self.forms[-1][2].setdefault(found["name"], found.get("value", ""))
            self._select = found["name"] if tag == "select" else self._select
        elif self.forms and tag == "option" and "selected" in found and self._select:
            self.forms[-1][2][self._select] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """The options of a select end with it."""
        if tag == "select":
            self._select = ""
