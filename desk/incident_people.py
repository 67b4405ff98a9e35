"""Who is in an incident: each person once, with the latest call first, and the roles that somebody should have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from foundation.ui.words import ROLES
from incidents.models import RoleTenure
from paging.models import Page
from teams.models import User

ALWAYS = (RoleTenure.Role.FACILITATOR, RoleTenure.Role.POINT_OF_CONTACT)
"""Roles that are shown also when nobody has them, because then somebody should take them."""


@dataclass
class Called:
    """A person who was paged, and every page to them, newest first."""

    person: User
    pages: list[Page] = field(default_factory=list)

    @property
    def latest(self) -> Page:
        """The page that counts now."""
        return self.pages[0]

    @property
    def earlier(self) -> list[Page]:
        """The pages before it."""
        return self.pages[1:]

    @property
    def acked_at(self) -> datetime | None:
        """When they acknowledged last, whichever page it was."""
        return max((page.acked_at for page in self.pages if page.acked_at), default=None)

    @property
    def seen_at(self) -> datetime | None:
        """When they last looked at a page."""
        return max((page.seen_at for page in self.pages if page.seen_at), default=None)


@dataclass(frozen=True)
class RoleRow:
    """A role of the incident: what one does in it, and who does (nobody: an empty list)."""

    role: str
    word: str
    people: list[User]

    def __str__(self) -> str:
        return self.word


def called(pages: Iterable[Page]) -> list[Called]:
    """The people behind `pages` (newest first), each once, who was paged last first. Asks the database nothing."""
    found: dict[int, Called] = {}
    for page in pages:
        found.setdefault(page.person_id, Called(page.person)).pages.append(page)
    return list(found.values())


def roles_of(tenures: Sequence[RoleTenure]) -> list[RoleRow]:
    """The running roles in their order; who leads and who speaks for us are asked for also when nobody does."""
    held: dict[str, list[User]] = {}
    for tenure in tenures:
        held.setdefault(tenure.role, []).append(tenure.person)
    return [
        RoleRow(str(role), str(ROLES.get(role, role)), held.get(role, []))
        for role in RoleTenure.Role.values
        if role in held or role in ALWAYS
    ]
