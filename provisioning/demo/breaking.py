"""Pure: what is known of one way to break."""

from __future__ import annotations

from typing import NamedTuple


class Fix(NamedTuple):
    """Something that was changed because of it."""

    title: str
    type: str
    done_when: str


class Mode(NamedTuple):
    """One way to break. `{service}` and `{minutes}` are filled in."""

    alertname: str
    title: str
    summary: str
    before: str
    """What was already so before anybody noticed."""
    customers: str
    """What customers could not do, after "customers"."""
    notes: tuple[str, ...]
    factors: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """(key of the prompt, answer)."""
    fixes: tuple[Fix, ...]
    surprise: str
    weight: int
    severe: int
    """How likely it is among what hurts, against `weight` among all."""
    playbook: tuple[str, str] = ("", "")
