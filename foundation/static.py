"""Static files with hashed names, which may be cached for ever."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Falls back to the plain name where nothing was collected (tests, checks)."""

    manifest_strict = False
