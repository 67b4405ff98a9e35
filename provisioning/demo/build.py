"""Builds the demo, or builds it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from oncall.rosters import who_is_on_call
from postmortems import reminders
from postmortems.models import Clock, Reminder
from provisioning.demo import history, live, mark, owned, pay, people, practice, rosters, senders, skills, wipe
from provisioning.demo.house import KEPT, House
from status import publishing
from teams.audit import acting
from teams.models import Membership, Role, Team, User
from teams.signin import FIRST_ADMIN

SEED = 20_261_121
MONTHS = 24.0
PAGER = "payments-primary"
"""Whoever has this one is paged for the critical incident that is open."""


@dataclass(frozen=True)
class Built:
    """How many incidents are over and open, and the secret of the source for Prometheus, shown once."""

    over: int
    open: int
    key: str


class AlreadyThere(Exception):
    """The demo is here already; nothing was changed."""


def build(
    at: datetime,
    *,
    say: Callable[[str], None],
    seed: int = SEED,
    months: float = MONTHS,
    reset: bool = False,
    paged: timedelta = KEPT,
) -> Built:
    """Build the organisation as it is at `at`, with a history of so many months; all of it, or nothing.

    Pages older than `paged` are told in the story only.

    Raises `mark.NotTheDemo` when something else is in the installation, and `AlreadyThere` without `reset`.
    """
    with transaction.atomic(), acting(None, "demo"):
        mark.refuse_strangers()
        if not mark.is_empty():
            if not reset:
                raise AlreadyThere
            wipe.wipe()
            say("the demo that was here is gone")
        built = _build(House(at, seed, months, paged), say)
        publishing.publish_after_commit(at)
        return built


def _build(house: House, say: Callable[[str], None]) -> Built:
    User.objects.filter(email=FIRST_ADMIN, last_login=None).delete()
    people.write(house)
    say(f"{len(house.people)} people in {len(house.teams)} teams")
    rosters.write(house)
    skills.write(house)
    say(f"{len(house.schedules)} schedules")
    owned.write(house)
    say(f"{len(house.services)} services, {len(house.sources)} sources")
    over = history.write(house, say)
    skills.say(house)
    _remind(house)
    now = live.write(house)
    senders.write(house)
    practice.write(house)
    pay.write(house)
    say(f"{len(now)} incidents are open now")
    return Built(over, len(now), house.key)


def _remind(house: House) -> None:
    """Clocks that run have their reminders; those that were due have been sent."""
    for clock in Clock.objects.filter(ended_at=None).select_related("postmortem__incident").order_by("pk"):
        reminders.lay_out(clock, house.at)
    Reminder.objects.filter(due_at__lte=house.at, done_at=None).update(done_at=F("due_at"), outcome="sent")


def guides(at: datetime) -> list[tuple[str, User]]:
    """Whom to sign in as to see it: the administrator, a manager, and the engineer who is on call at `at`."""
    team = Team.objects.filter(schedules__slug=PAGER).select_related("manager").first()
    schedule = team.schedules.filter(slug=PAGER).first() if team else None
    engineer = who_is_on_call(schedule, at) if schedule else None
    lead = Membership.objects.filter(team=team, place=Membership.Place.LEAD).select_related("user").first()
    found = [
        ("administrator", User.objects.active().filter(role=Role.ADMIN).order_by("pk").first()),
        ("manager", team.manager if team else None),
        ("engineer on call", engineer or (lead.user if lead else None)),
    ]
    return [(role, person) for role, person in found if person]
