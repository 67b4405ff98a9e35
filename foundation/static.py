"""Static files with hashed names, which may be cached for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name where nothing was collected (tests, checks)."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, or `name` itself for a file that was not collected: a missing icon must not break a page."""
        try:
            found: str = super().stored_name(name)
        except ValueError:
            return name
        return found
