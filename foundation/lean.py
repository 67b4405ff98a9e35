"""Memory that nobody needs: what a framework loads for pages of its own that we do not have."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """These packages cannot be imported for the length of the block, as if they were not installed.

    Who is there already stays so.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None means: do not look for it
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def load_rest_framework() -> None:
    """Import Django REST framework without what its browsable pages and its own tests would use: 7 MB in each process."""
    with absent("markdown", "requests"):
        import rest_framework.compat  # noqa: F401
