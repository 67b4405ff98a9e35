"""Mappings for the senders that many have: one JSON file each, named as the kind. A new one is a new file.

Severities come out as critical, error, warning or info, whatever the sender calls them, so that one table of a source
makes classes of them.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from alerts.payloads.mapping import Shape, compile_mapping

FOLDER = Path(__file__).parent
NAMES = frozenset(path.stem for path in FOLDER.glob("*.json"))
"""Kinds of sources, and the words of senders that know another address."""


@cache
def preset(kind: str) -> tuple[Shape, ...]:
    """The compiled mappings of a kind; none for one without a preset."""
    return compile_mapping(written(kind)) if kind in NAMES else ()


def written(kind: str) -> list[Mapping[str, Any]]:
    """The mappings of a kind as they are written. Raises OSError for a kind without."""
    shapes: list[Mapping[str, Any]] = json.loads((FOLDER / f"{kind}.json").read_text())
    return shapes
