"""From the bytes of a request to a JSON value, whatever was sent. Pure.

Lenient where nothing is lost by it (then it leaves a mark), one clear sentence otherwise. Never an exception other than
`Malformed` and `Oversize`.
"""

import codecs
import json
import math
import re
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl

from alerts.payloads.alert import Malformed, Mark, Oversize

MAX_BYTES = 20 * 1024 * 1024
HEAD_BYTES = 1024 * 1024
MAX_DEPTH = 100
MAX_FORM_FIELDS = 1000
# Longer numbers stay text: Python refuses to print integers over 4,300 digits and no label needs them.
NUMBER_LENGTH = 40
# The declared charset is looked up here only: Python's own table knows codecs that inflate and that execute escapes.
CHARSETS = {"iso-8859-1": "latin-1", "latin1": "latin-1", "latin-1": "latin-1", "windows-1252": "cp1252"}
GZIP_MAGIC = b"\x1f\x8b"
# Behind the decoding of the body only an escape can still bring in a NUL or half a surrogate pair; most bodies have neither.
HARMFUL_ESCAPE = re.compile(r"\\u(?:0000|[dD])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A JSON value, whether it came from a form, and what was odd on the way."""

    value: object
    form: bool = False
    marks: tuple[str, ...] = ()


def read_value(body: bytes, content_type: str = "", content_encoding: str = "") -> Reading:
    """Read JSON, or a form, from a request's body; the content type is a hint only.

    Raises Malformed when it is neither, and Oversize when it has more than 20 MB (after decompression).
    """
    marks: dict[str, None] = {}
    body = inflate(body, content_encoding)
    text = _text(body, content_type.lower(), marks)
    if not text or text.isspace():
        raise Malformed("The body is empty.")
    try:
        return Reading(read_json(text, marks), False, tuple(marks))
    except json.JSONDecodeError as error:
        form = _form(text, content_type.lower(), marks)
        if form is None:
            where = f"line {error.lineno}, column {error.colno}"
            raise Malformed(f"The body is not JSON: {error.msg} at {where}.") from None
        return Reading(form, True, tuple(marks))


def inflate(body: bytes, content_encoding: str = "", most: int = MAX_BYTES) -> bytes:
    """`body` without gzip or deflate around it (gzip is seen by its first bytes too).

    Raises Malformed, and Oversize when it is larger than `most` bytes, or would become so.
    """
    if len(body) > most:
        raise Oversize("The body is larger than 20 MB.", body[:HEAD_BYTES])
    encodings = content_encoding.lower()
    if not body.startswith(GZIP_MAGIC) and "deflate" not in encodings:
        return body
    try:
        return _inflated(body, most)
    except zlib.error:
        if body.startswith(GZIP_MAGIC):
            raise Malformed("The body is broken gzip.") from None
        return body  # a header that claims deflate for a plain body


def _inflated(body: bytes, most: int) -> bytes:
    out = bytearray()
    while body:
        member = zlib.decompressobj(32 + zlib.MAX_WBITS)
        out += member.decompress(body, most + 1 - len(out))
        if len(out) > most:
            raise Oversize("The body is larger than 20 MB when decompressed.", bytes(out[:HEAD_BYTES]))
        if not member.eof:
            raise Malformed("The compressed body ends too early.")
        body = member.unused_data
        if not body.startswith(GZIP_MAGIC):  # padding behind the last member is no loss
            break
    return bytes(out)


def _text(body: bytes, content_type: str, marks: dict[str, None]) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = body.decode("utf-16", "replace")
    else:
        body = body.removeprefix(codecs.BOM_UTF8)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            charset = content_type.partition("charset=")[2].strip(" \"'").partition(";")[0]
            text = body.decode(CHARSETS.get(charset, "utf-8"), "replace")
            marks[Mark.INVALID_TEXT] = None
    if "\x00" in text:
        text = text.replace("\x00", "")
        marks[Mark.CHARACTERS_REMOVED] = None
    return text


def read_json(text: str, marks: dict[str, None]) -> object:
    """The JSON value in `text`, without NULs and lone surrogates in its strings; adds to `marks`.

    The last of duplicate keys wins; NaN and numbers beyond 40 digits stay text. Raises JSONDecodeError for what is
    no JSON, Malformed for more than 100 levels.
    """
    try:
        value: object = _decoder(marks).decode(text)
    except RecursionError:
        raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    # Most bodies have fewer brackets than levels are allowed.
    if text.count("{") + text.count("[") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if HARMFUL_ESCAPE.search(text):
        value = _cleaned(value, marks)
    return value


def _decoder(marks: dict[str, None]) -> json.JSONDecoder:
    """Python's own decoder with our ways with what is odd; notes it in `marks`."""

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(items)
        if len(found) != len(items):
            marks[Mark.DUPLICATE_KEYS] = None
        return found

    def whole(digits: str) -> int | str:
        if len(digits) <= NUMBER_LENGTH:
            return int(digits)
        marks[Mark.HUGE_NUMBER] = None
        return digits

    def fraction(digits: str) -> float | str:
        number = float(digits) if len(digits) <= NUMBER_LENGTH else math.inf
        if math.isfinite(number):
            return number
        marks[Mark.HUGE_NUMBER] = None
        return digits

    def constant(name: str) -> str:
        marks[Mark.NOT_A_NUMBER] = None
        return name

    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=whole, parse_float=fraction, parse_constant=constant, strict=False
    )


def _deeper_than(value: object, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [
            child
            for one in level
            for child in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return False
    return True


def _cleaned(value: object, marks: dict[str, None]) -> object:
    """`value` without NULs and lone surrogates; no deeper than `MAX_DEPTH`, so it may call itself."""
    if isinstance(value, str):
        kept = value.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").replace("\x00", "")
        if kept != value:
            marks[Mark.CHARACTERS_REMOVED] = None
        return kept
    if isinstance(value, list):
        return [_cleaned(one, marks) for one in value]
    if isinstance(value, dict):
        return {str(_cleaned(key, marks)): _cleaned(one, marks) for key, one in value.items()}
    return value


def _form(text: str, content_type: str, marks: dict[str, None]) -> dict[str, object] | None:
    """`text` as a form's fields, None when it is none. A field that holds JSON is read as such, `payload` alone too."""
    declared = "x-www-form-urlencoded" in content_type
    if "=" not in text or (not declared and text.lstrip()[:1] in ("{", "[", "<", '"', "-")):
        return None
    if not declared and any(c.isspace() for c in text.strip()):
        return None  # a line of log is no form
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise Malformed(f"The form has more than {MAX_FORM_FIELDS} fields.") from None
    fields: dict[str, object] = {}
    for key, value in pairs:
        if key in fields:
            marks[Mark.DUPLICATE_KEYS] = None
        fields[str(_cleaned(key, marks))] = _field(value, marks)
    if list(fields) == ["payload"] and isinstance(fields["payload"], dict):
        return fields["payload"]
    return fields or None


def _field(value: str, marks: dict[str, None]) -> object:
    if value[:1] in ("{", "["):
        try:
            return read_json(value, marks)
        except json.JSONDecodeError:
            pass
    return _cleaned(value, marks)
