"""Static files with hashed names, which may be cached for ever."""

from __future__ import annotations

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name where nothing was collected (tests, checks)."""

    manifest_strict = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)  # type: ignore[no-untyped-call]
        self._urls: dict[str, str] = {}

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
