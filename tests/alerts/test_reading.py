"""Any bytes at all: a value, or one clear sentence."""

import gzip
import json
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.payloads import READERS, Malformed, Mark, Oversize, Parsed, parse
from alerts.payloads.reading import HEAD_BYTES, MAX_BYTES, MAX_DEPTH, read_value

EVENT = b'{"title": "x"}'


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "", "application/x-www-form-urlencoded", "💥"]
)
def test_the_content_type_is_a_hint_only(content_type: str) -> None:
    assert read_value(EVENT, content_type).value == {"title": "x"}


@pytest.mark.parametrize(
    "body",
    [b"\xef\xbb\xbf" + EVENT, EVENT.decode().encode("utf-16"), b" \n" + EVENT + b"\n", gzip.compress(EVENT, mtime=0)],
)
def test_wrappings(body: bytes) -> None:
    reading = read_value(body)
    assert reading.value == {"title": "x"}
    assert reading.marks == ()


PACKED = gzip.compress(EVENT, mtime=0)


@pytest.mark.parametrize("body", [PACKED, zlib.compress(EVENT), EVENT, PACKED + b"\0\0"])
def test_content_encoding(body: bytes) -> None:
    assert read_value(body, "", "gzip, deflate").value == {"title": "x"}


def test_gzip_in_several_members() -> None:
    assert read_value(gzip.compress(EVENT[:5], mtime=0) + gzip.compress(EVENT[5:])).value == {"title": "x"}


@pytest.mark.parametrize("body", [gzip.compress(EVENT, mtime=0)[:-9], b"\x1f\x8b", b"\x1f\x8b" + b"x" * 50])
def test_broken_gzip(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_value(body, "", "gzip")


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b" " * (MAX_BYTES * 5), mtime=0)
    with pytest.raises(Oversize) as caught:
        read_value(bomb)
    assert caught.value.head == b" " * HEAD_BYTES
    with pytest.raises(Oversize):  # spread over members
        read_value(gzip.compress(b" " * (MAX_BYTES // 2), mtime=0) * 3)


def test_the_limit_itself_is_fine() -> None:
    body = EVENT + b" " * (MAX_BYTES - len(EVENT))
    assert read_value(body).value == {"title": "x"}
    with pytest.raises(Oversize) as caught:
        read_value(body + b" ")
    assert len(caught.value.head) == HEAD_BYTES


def test_invalid_text_is_replaced_with_a_mark() -> None:
    reading = read_value(b'{"title": "a\xff"}')
    assert reading.value == {"title": "a\ufffd"}
    assert reading.marks == (Mark.INVALID_TEXT,)
    assert read_value(b'{"title": "a\xe9"}', "application/json; charset=ISO-8859-1").value == {"title": "aé"}
    assert read_value(b'{"title": "a\xe9"}', "application/json; charset=unicode_escape").value == {"title": "a\ufffd"}


@pytest.mark.parametrize(
    "body", [b'{"a\x00b": "c\x00"}', rb'{"a\u0000b": "c\u0000"}', rb'{"a\ud800b": "c\uDFFF"}', rb'{"a\uDfffb": ["c"]}']
)
def test_nuls_and_lone_surrogates_go(body: bytes) -> None:
    reading = read_value(body)
    assert json.dumps(reading.value, ensure_ascii=False).encode()
    assert list(reading.value) == ["ab"]  # type: ignore[call-overload]
    assert reading.marks == (Mark.CHARACTERS_REMOVED,)


def test_pairs_of_surrogates_stay() -> None:
    reading = read_value(rb'{"a": "\ud83d\udca5"}')
    assert reading.value == {"a": "💥"}
    assert reading.marks == ()


@pytest.mark.parametrize("levels", [MAX_DEPTH + 2, 1_000, 100_000, 3_000_000])
def test_deep_nesting_is_one_sentence(levels: int) -> None:
    for body in (
        nested(levels),
        b'{"a":' * levels + b"1" + b"}" * levels,
        b'{"version":"4","alerts":' + nested(levels) + b"}",
    ):
        with pytest.raises(Malformed, match="nested"):
            read_value(body)


def test_what_is_not_too_deep_is_read() -> None:
    assert read_value(nested(MAX_DEPTH)).value


def test_the_last_of_duplicate_keys_wins() -> None:
    reading = read_value(b'{"a": 1, "a": 2}')
    assert reading.value == {"a": 2}
    assert reading.marks == (Mark.DUPLICATE_KEYS,)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_stays_text(name: str) -> None:
    reading = read_value(f'{{"a": {name}}}'.encode())
    assert reading.value == {"a": name}
    assert reading.marks == (Mark.NOT_A_NUMBER,)


@pytest.mark.parametrize("digits", ["9" * 5_000, "-" + "9" * 100_000, "1e999", "-1e999", "0." + "1" * 100_000])
def test_huge_numbers_stay_text(digits: str) -> None:
    reading = read_value(f'{{"a": {digits}}}'.encode())
    assert reading.value == {"a": digits}
    assert reading.marks == (Mark.HUGE_NUMBER,)


def test_too_many_form_fields() -> None:
    with pytest.raises(Malformed, match="fields"):
        read_value(b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded")


def test_deep_json_in_a_form_field() -> None:
    with pytest.raises(Malformed, match="nested"):
        read_value(b"labels=" + nested(1000))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    ["version", "alerts", "labels", "annotations", "status", "startsAt", "endsAt", "fingerprint", "generatorURL"]
    + [
        "groupLabels",
        "truncatedAlerts",
        "groupKey",
        "title",
        "dedup_key",
        "links",
        "severity",
        "service",
        "type",
        "url",
    ]
)
near_misses = st.recursive(
    json_values | st.sampled_from(["4", "firing", "resolved", "ack", "http://x", "javascript:x", 0, 10**30]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=8),
    max_leaves=20,
)


def never_500(kind: str, body: bytes, content_type: str = "", encoding: str = "") -> None:
    try:
        parsed = parse(kind, body, content_type, encoding, source_name="s")
    except (Malformed, Oversize) as refused:
        assert str(refused).endswith(".")  # noqa: PT017 - being refused is not the point here
        return
    assert isinstance(parsed, Parsed)
    for alert in (*parsed.alerts, *parsed.acks):
        assert alert.fingerprint
        assert alert.title
        assert len(alert.title) <= 200
        assert all(type(part) is str for pair in alert.labels.items() for part in pair)
        whole = json.dumps([alert.labels, alert.annotations, alert.title, alert.description, alert.raw_starts_at])
        assert "\\u0000" not in whole.replace("\\\\", "")
        json.dumps([alert.labels, alert.fingerprint, alert.links], ensure_ascii=False).encode()
        assert all(url.lower().startswith(("http://", "https://")) for _, url in alert.links)


@pytest.mark.parametrize("kind", sorted(READERS))
@given(body=st.binary() | st.text().map(str.encode), encoding=st.sampled_from(["", "gzip", "deflate"]))
def test_any_bytes(kind: str, body: bytes, encoding: str) -> None:
    never_500(kind, body, encoding=encoding)
    never_500(kind, body, "application/x-www-form-urlencoded")


@pytest.mark.parametrize("kind", sorted(READERS))
@given(
    value=near_misses | st.fixed_dictionaries({"version": st.just("4"), "alerts": st.lists(near_misses, max_size=4)})
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_json(kind: str, value: object) -> None:
    never_500(kind, json.dumps(value).encode())
