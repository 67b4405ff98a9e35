"""Static files with hashed names, which may be cached for ever."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

STRING = re.compile(r"""("[^"\n]*"|'[^'\n]*')""")


def small(css: str) -> str:
    """A style sheet without its comments and the white space that only its writers need; strings stay as they are."""
    bare = re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL)
    parts = STRING.split(bare)  # every second one is a string
    parts[::2] = [re.sub(r" ?([{};]) ?|(?<=[,:]) ", r"\1", re.sub(r"\s+", " ", part)) for part in parts[::2]]
    return "".join(parts).strip()


class Storage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name where nothing was collected (tests, checks)."""

    manifest_strict = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]
        self._urls: dict[str, str] = {}

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        """Our own style sheets are made small as they are collected: every byte travels before the first view."""
        if name.startswith("css/") and name.endswith(".css"):
            content = ContentFile(small(b"".join(content.chunks()).decode()).encode())  # from its start: it was hashed
        saved: str = super()._save(name, content)  # type: ignore[misc]
        return saved

    def url(self, name: str, force: bool = False) -> str:  # type: ignore[override]
        """The address of a file. A page asks for dozens, and no file changes its name while we run."""
        if force or name not in self._urls:
            self._urls[name] = super().url(name, force=force)
        return self._urls[name]

    def stored_name(self, name: str) -> str:
        """The hashed name, or `name` itself for a file that was not collected: a missing icon must not break a page."""
        try:
            found: str = super().stored_name(name)
        except ValueError:
            return name
        return found
