"""Who has learned a pager and who agreed to carry it: writing it down, and whom a roster asks without either.

Who may do it is asked before, in the view.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from oncall.models import Agreement, Coverage, Schedule, Training
from oncall.rosters import Shift
from oncall.wallclock import to_local
from oncall.writers import FIRST_YEAR, LAST_YEAR
from teams.models import Service, Team, User

INSTANT = timedelta(microseconds=1)


class Missing(NamedTuple):
    """`person` has the pager from `start` on without training that holds (`lapsed`: its last day), or without agreement."""

    person: User
    start: datetime
    trained: bool
    lapsed: date | None
    agreed: bool


@transaction.atomic
def train(
    person: User,
    target: Schedule | Service,
    *,
    on: date,
    at: datetime,
    by: User | None,
    trainer: str = "",
    holds_until: date | None = None,
    from_file: bool = False,
) -> Training:
    """`person` was trained on the day `on`, by `trainer` (words), and it holds until that day; the same twice is one.

    Raises `ValidationError` by field: not active, a day in the future, or an end before the training.
    """
    _check(person, on, at)
    if holds_until and not on <= holds_until < date(LAST_YEAR + 1, 1, 1):
        raise ValidationError({"holds_until": _("It cannot lapse before the day of the training.")})
    where = {"schedule": target} if isinstance(target, Schedule) else {"service": target}
    said = {"person": person, **where, "on": on, "trainer": trainer.strip(), "holds_until": holds_until}
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if there := Training.objects.filter(**said, removed_at=None).first():
        return there
    row = Training(**said, from_file=from_file, created_at=at, created_by=by)
    row.clean_fields(exclude=["person", "schedule", "service", "created_by"])
    row.save()
    return row


@transaction.atomic
def agree(
    person: User,
    target: Schedule | Team,
    *,
    on: date,
    at: datetime,
    by: User | None,
    version: str = "",
    text: str = "",
    from_file: bool = False,
) -> Agreement:
    """`person` agreed on the day `on` to be on call, to the text called `version`; the same twice is one.

    Raises `ValidationError` by field: not active, or a day in the future.
    """
    _check(person, on, at)
    where = {"schedule": target} if isinstance(target, Schedule) else {"team": target}
    said = {"person": person, **where, "on": on, "version": version.strip(), "text": text.strip()}
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if there := Agreement.objects.filter(**said, removed_at=None).first():
        return there
    row = Agreement(**said, from_file=from_file, created_at=at, created_by=by)
    row.clean_fields(exclude=["person", "schedule", "team", "created_by"])
    row.save()
    return row


def take_back(row: Training | Agreement, *, at: datetime) -> None:
    """It was wrong, or ended: no longer counted from `at` on; it stays in the history. Twice is once."""
    type(row).objects.filter(pk=row.pk, removed_at=None).update(removed_at=at)
    row.refresh_from_db(fields=["removed_at"])


def are_kept() -> bool:
    """Whether anybody here writes down who was trained and who agreed: a first rota has to be warned of neither."""
    return Training.objects.filter(removed_at=None).exists() or Agreement.objects.filter(removed_at=None).exists()


def missing(schedule: Schedule, shifts: Iterable[Shift], at: datetime) -> list[Missing]:
    """Who of `shifts` that are not over has the pager without training or without an agreement, by name; two statements.

    Training must hold to the end of each shift: one that lapses meanwhile is said before it has.
    """
    theirs: dict[User, list[Shift]] = defaultdict(list)
    for shift in sorted(shifts, key=lambda one: one.start):
        if shift.person and shift.end > at:
            theirs[shift.person].append(shift)
    trained = defaultdict(list)
    for row in Training.objects.filter(schedule=schedule, removed_at=None, person__in=theirs).select_related("person"):
        trained[row.person_id].append(row)
    of_here = Q(schedule=schedule) | Q(team=schedule.team_id)
    agreed = set(Agreement.objects.filter(of_here, removed_at=None, person__in=theirs).values_list("person", flat=True))
    found = []
    for person, ahead in sorted(theirs.items(), key=lambda pair: str(pair[0]).casefold()):
        known = trained[person.pk]
        without = next((one for one in ahead if not any(on.holds(one.end - INSTANT) for on in known)), None)
        if without or person.pk not in agreed:
            lapsed = max((one.holds_until for one in known if one.holds_until), default=None) if without else None
            start = max((without or ahead[0]).start, at)
            found.append(Missing(person, start, without is None, lapsed, person.pk in agreed))
    return found


def trained_for(schedules: Collection[Schedule], at: datetime) -> dict[int, set[int]]:
    """For each schedule (its id) the ids of active people whose training for it holds at `at`; one statement."""
    found: dict[int, set[int]] = {one.pk: set() for one in schedules}
    for row in _holding(Training.objects.filter(schedule__in=found), at):
        found[row.schedule_id or 0].add(row.person_id)
    return found


def trained_for_services(services: Collection[Service], at: datetime) -> dict[int, list[User]]:
    """For each service (its id) who is trained for it, or for a pager that its policy asks; by name, three statements."""
    asked: dict[int, set[str]] = {one.pk: set() for one in services}
    covered = Coverage.objects.filter(service__in=asked, policy__archived_at=None)
    for coverage in covered.select_related("policy").prefetch_related("policy__steps"):
        targets = (target.partition(":") for step in coverage.policy.steps.all() for target in step.notify)
        asked[coverage.service_id] = {name.partition("/")[0] for kind, _sep, name in targets if kind == "schedule"}
    slugs = set().union(*asked.values())
    rows = Training.objects.filter(Q(service__in=asked) | Q(schedule__slug__in=slugs, schedule__archived_at=None))
    found: dict[int, dict[int, User]] = {pk: {} for pk in asked}
    for row in _holding(rows.select_related("schedule"), at):
        for pk, pagers in asked.items():
            if row.service_id == pk or (row.schedule and row.schedule.slug in pagers):
                found[pk][row.person_id] = row.person
    return {pk: sorted(people.values(), key=lambda one: str(one).casefold()) for pk, people in found.items()}


def _holding(rows: QuerySet[Training], at: datetime) -> list[Training]:
    known = rows.filter(removed_at=None, person__is_active=True).select_related("person")
    return [row for row in known if row.holds(at)]


def _check(person: User, on: date, at: datetime) -> None:
    if not person.is_active:
        raise ValidationError({"person": _("%s is not active here any more.") % person})
    if on.year < FIRST_YEAR:
        raise ValidationError({"on": _("Choose a year from 1970 on.")})
    if on > to_local(at, person.timezone).date():
        raise ValidationError({"on": _("That day has not come yet: write it down when it has.")})
