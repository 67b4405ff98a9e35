"""By which methods a person wants to be reached for a class: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """One usable or unusable method of a person, with the personal rule that names it (if any). `after` is in seconds."""

    method_id: int
    kind: str
    usable: bool
    severity: str = ""
    position: int = 0
    after: int = 0


@dataclass(frozen=True)
class Ring:
    """Ring this method `after` seconds from the page."""

    method_id: int
    kind: str
    after: int


def plan(ways: Iterable[Way], severity: str) -> list[Ring]:
    """Which methods ring and when: the rules for this class, else the default rules, else every verified method at once.

    Methods that cannot be used are skipped; when none of the ruled ones can be used, all usable ones ring at once: a page
    by an unexpected medium beats no page. Empty when nothing can be used.
    """
    ways = list(ways)
    for name in (severity, "default"):
        ruled = sorted(
            (way for way in ways if way.severity == name and way.usable), key=lambda way: (way.after, way.position)
        )
        if ruled:
            first = ruled[0].after
            seen: dict[int, Ring] = {}
            for way in ruled:
                # A skipped first method must not leave a hole: the first one that can be used rings at once.
                seen.setdefault(way.method_id, Ring(way.method_id, way.kind, way.after - first))
            return list(seen.values())
    return [
        Ring(method_id, kind, 0)
        for method_id, kind in dict.fromkeys((way.method_id, way.kind) for way in ways if way.usable)
    ]
