"""Pure: text that can be stored, exported and read again."""

from __future__ import annotations

import re

UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters that no database, no mail or no YAML carries: refused wherever somebody types them."""

LINE_BREAK = re.compile(r"[\r\n\x85\u2028\u2029]")


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Whether `text` holds no control characters and, unless `lines`, no line break."""
    return not UNSTORABLE.search(text) and (lines or not LINE_BREAK.search(text))
