"""What our style sheets look like when they travel."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile

from foundation.static import Storage, small


def test_comments_and_white_space_do_not_travel() -> None:
    assert (
        small("/* why: it's so */\n.a > .b,\n.c { margin: 0 auto;\n  color: red; }\n")
        == ".a > .b,.c{margin:0 auto;color:red;}"
    )


def test_strings_and_calculations_stay() -> None:
    kept = """.a::before{content:"; { /  } ";width:calc(100% - 2px + var(--a));}"""
    assert small(kept) == kept
    assert (
        small("@media (width < 600px) { .a :hover { content: ' · ' } }")
        == "@media (width < 600px){.a :hover{content:' · '}}"
    )


def test_made_small_twice_is_made_small_once() -> None:
    css = (settings.BASE_DIR / "static" / "css" / "sharp-end.css").read_text(encoding="utf-8")
    once = small(css)
    assert small(once) == once
    assert once.count("{") == re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).count("{")


def test_what_is_collected_is_small_whole_and_hashed_alike(tmp_path: Path) -> None:
    storage = Storage(location=tmp_path)
    sheet = ContentFile(b".a {\n  color: red;\n}\n")
    sheet.read()  # as it stands after its hash was taken
    storage.save("css/one.css", sheet)
    list(storage.post_process({"css/one.css": (storage, "css/one.css")}))  # type: ignore[no-untyped-call]
    assert [file.read_text() for file in (tmp_path / "css").glob("one*.css")] == [".a{color:red;}"] * 2
