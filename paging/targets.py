"""Whom a target of a step means at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from oncall import rosters
from oncall.models import DutyRole
from teams.models import Area, Role, Team, User


@dataclass
class Found:
    """People to page with the reason in words, and the targets that named nobody."""

    people: dict[int, tuple[User, str]] = field(default_factory=dict)
    nobody: list[str] = field(default_factory=list)

    def add(self, person: User, because: str) -> None:
        """The first reason that names a person stays."""
        self.people.setdefault(person.pk, (person, because))


def resolve(targets: Iterable[str], *, at: datetime, step: str) -> Found:
    """The active people behind `schedule:slug` (or `schedule:slug/secondary`, another role), `user:email`, `team:slug`,
    `area:slug` (its lead) and `role:admin` at `at`.

    `step` is added to the reason ("step 1"). Each target is asked when its step begins, never before: the recipients equal
    the on-call function at that instant.
    """
    found, targets = Found(), list(targets)
    schedules = [target.partition(":")[2] for target in targets if target.startswith("schedule:")]
    holders = rosters.holders(schedules, at) if schedules else {}
    for target in targets:
        kind, _sep, name = target.partition(":")
        before = len(found.people)
        match kind:
            case "schedule":
                _schedule(found, name, holders.get(name), step)
            case "user":
                _people(found, User.objects.active().filter(email=name), _("named in %s") % step)
            case "team":
                _team(found, name, step)
            case "area":
                _area(found, name, step)
            case "role":
                _people(found, User.objects.active().filter(role=name), _("administrator, %s") % step)
        if len(found.people) == before and not _known(found, kind, name):
            found.nobody.append(target)
    return found


def _known(found: Found, kind: str, name: str) -> bool:
    """Whether a target that added nobody names somebody who is being paged already."""
    return kind == "user" and any(person.email == name for person, _because in found.people.values())


def _people(found: Found, people: Iterable[User], because: str) -> None:
    for person in people:
        found.add(person, because)


def _team(found: Found, slug: str, step: str) -> None:
    team = Team.objects.filter(slug=slug).first()
    if team:
        members = User.objects.active().filter(memberships__team=team)
        _people(found, members, _("member of %(team)s, %(step)s") % {"team": team, "step": step})


def _area(found: Found, slug: str, step: str) -> None:
    area = Area.objects.filter(slug=slug, lead__in=User.objects.active()).select_related("lead").first()
    if area and area.lead:
        found.add(area.lead, _("lead of %(area)s, %(step)s") % {"area": area, "step": step})


def _schedule(found: Found, name: str, holding: tuple[str, User | None] | None, step: str) -> None:
    schedule, holder = holding or ("", None)
    role = rosters.role_of(name)[1]
    words = {"schedule": schedule, "step": step}
    if holder and role == DutyRole.PRIMARY:
        found.add(holder, _("pager of %(schedule)s, %(step)s") % words)
    elif holder:
        found.add(holder, _("%(role)s of %(schedule)s, %(step)s") % {**words, "role": DutyRole.word(role)})


def administrators() -> list[str]:
    """The target of last resort."""
    return [f"role:{Role.ADMIN}"]
