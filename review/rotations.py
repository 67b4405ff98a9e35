"""Which rotation a page came to: the schedule that the step of its policy named, as it was when it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEDULE = "schedule:"


def rotation_of(
    policy: Mapping[str, Any] | None, round_: int, step: int, because: str, called: Mapping[str, str]
) -> str:
    """The slug of the schedule, or "" when the person was called by name, as member of a team, or for help.

    `policy` is the snapshot that the page's escalation ran, None without one; `called` maps slugs to the names of
    schedules. The reason of a page (`because`) says the name of the pager that the person held.
    """
    if policy is None:
        return ""
    targets = _targets(policy, round_, step)
    slugs = [target.removeprefix(SCHEDULE) for target in targets if target.startswith(SCHEDULE)]
    named = [slug for slug in slugs if called.get(slug, slug) in because]
    if named:
        return max(named, key=lambda slug: len(called.get(slug, slug)))
    return slugs[0] if len(slugs) == len(targets) == 1 else ""  # it was renamed since


def _targets(policy: Mapping[str, Any], round_: int, step: int) -> list[str]:
    """Whom this step of the snapshot named; after the last round it is the catch-all."""
    steps = policy.get("steps", [])
    if round_ > policy.get("repeat", 0) or step >= len(steps):
        return list(policy.get("catch_all", []))
    return list(steps[step].get("notify", []))
