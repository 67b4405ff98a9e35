"""What a month's pay is counted from: who held the pagers, who was at work on incidents, and the rate cards.

The month's edges are midnights of the organisation's zone, and shifts are cut there; a call-out belongs to the month in
which it begins. Shifts that are over never change, so a month that is over is counted the same whenever it is asked for.
A constant number of statements, however many people and schedules there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from incidents.metrics import Window
from oncall.models import Coverage, Schedule
from oncall.pay import PAID_ROLES, Duty, Engaged, Line, Rates, callouts, shared, standby
from oncall.pay_hours import Clock, Hours
from oncall.rosters import shifts_of
from oncall.wallclock import first_instant, zone_named
from review.models import PayLine, RateCard
from review.month import Month
from review.work_facts import Work, work_of
from teams.models import Organisation, User

BEFORE = timedelta(days=3)
"""A call-out that began so long before the month may still go on in it, and one of its last night after it."""
SCHEDULE = "schedule:"
NOBODY = ""


def lines_of(month: Month, at: datetime) -> list[PayLine]:
    """What everybody has earned in `month` until `at`, counted now and not stored; by name, standby first."""
    zone = Organisation.the().timezone
    whole = month.window(zone)
    window = Window(whole.start, min(whole.end, at))
    cards = list(RateCard.objects.prefetch_related("own_rates"))
    if window.start >= window.end or not cards:
        return []
    wide = Window(window.start - BEFORE, min(whole.end + BEFORE, at))
    people, duties = _duties(wide)
    work = work_of(wide)
    known = people | User.objects.in_bulk(set(work.engaged) - set(people))
    bearers = _bearers()
    found = []
    for person in sorted(known.values(), key=lambda one: (str(one).casefold(), one.pk)):
        rates = [_rates(card, person, zone) for card in cards]
        lines = _lines(person, duties[person.pk], work.engaged.get(person.pk, []), rates, window, zone)
        found += [_row(line, person, _bearers_of(line, bearers, work)) for line in lines]
    return found


def _lines(
    person: User, duties: list[Duty], engaged: list[Engaged], rates: list[Rates], window: Window, zone: str
) -> Iterable[Line]:
    clock = Clock(_zone_of(person, zone), person.region)
    inside = [
        one._replace(start=max(one.start, window.start), end=min(one.end, window.end))
        for one in duties
        if one.start < window.end and one.end > window.start
    ]
    return [*standby(inside, clock, rates), *callouts(engaged, duties, clock, rates, window)]


def _zone_of(person: User, zone: str) -> str:
    """Theirs; the organisation's where this machine does not know it: one row must not stop everybody's pay."""
    try:
        return zone_named(person.timezone).key
    except (LookupError, ValueError):
        return zone


def _duties(window: Window) -> tuple[dict[int, User], dict[int, list[Duty]]]:
    """Everybody who held a pager, and what they held; a schedule that was archived counts until then."""
    schedules = list(Schedule.objects.all())
    people: dict[int, User] = {}
    found: dict[int, list[Duty]] = defaultdict(list)
    for role in PAID_ROLES:
        for schedule, shifts in shifts_of(schedules, *window, role=role).items():
            until = min(window.end, schedule.archived_at or window.end)
            for shift in shifts:
                if shift.person is not None and shift.start < until:
                    people[shift.person.pk] = shift.person
                    duty = Duty(shift.start, min(shift.end, until), role, schedule.slug)
                    found[shift.person.pk].append(duty)
    return people, found


def _rates(card: RateCard, person: User, zone: str) -> Rates:
    """A card as it is for one person."""
    weekday = card.callout_weekday
    general = Rates(
        starts=first_instant(datetime.combine(card.starts, time()), zone),
        hourly=card.hourly,
        standby={hours: getattr(card, f"standby_{hours}") for hours in Hours},
        callout={
            Hours.EVENING: weekday,
            Hours.NIGHT: weekday,
            Hours.WEEKEND: card.callout_weekend,
            Hours.HOLIDAY: card.callout_holiday,
            Hours.SPECIAL: card.callout_special,
        },
        pays_callouts=card.mode == RateCard.Mode.BOTH,
        flat=card.flat,
        secondary=card.secondary,
        block=card.block,
        per_callout=card.per_callout,
        lieu=card.lieu,
        special=card.days,
    )
    own = next((one.hourly for one in card.own_rates.all() if one.person_id == person.pk), None)
    return general if own is None else replace(general, hourly=own)


def _row(line: Line, person: User, bearers: dict[str, int]) -> PayLine:
    return PayLine(
        person=person,
        name=str(person),
        kind=line.kind,
        role=line.role,
        schedule=line.schedule,
        minutes={str(hours): count for hours, count in line.minutes.items()},
        rows=[[start.isoformat(), end.isoformat()] for start, end in line.rows],
        rate=line.rate,
        amount=line.amount,
        lieu=line.lieu,
        incidents=list(line.incidents),
        booked={team: str(share) for team, share in shared(line.amount, bearers).items()},
    )


def _bearers() -> dict[str, dict[str, int]]:
    """For each schedule the teams that own what it is there for, with how many of their services it covers."""
    found: dict[str, dict[str, int]] = {}
    for schedule, team in Schedule.objects.values_list("slug", "team__slug"):
        found[schedule] = {team: 1}
    covered: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    asked = Coverage.objects.filter(service__archived_at=None).select_related("service__team", "policy")
    for coverage in asked.prefetch_related("policy__steps"):
        targets = {one for step in coverage.policy.steps.all() for one in step.notify if one.startswith(SCHEDULE)}
        for slug in {one.removeprefix(SCHEDULE).partition("/")[0] for one in targets}:
            covered[slug][coverage.service.team.slug] += 1
    return found | covered


def _bearers_of(line: Line, bearers: dict[str, dict[str, int]], work: Work) -> dict[str, int]:
    """Standby: the owners of the services that the schedule covers. A call-out: the owners of what it was about."""
    if line.kind == PayLine.Kind.STANDBY:
        return bearers[line.schedule]
    found: dict[str, int] = defaultdict(int)
    for incident in line.incidents:
        found[work.owners.get(incident) or NOBODY] += 1
    return found


def added(amounts: Iterable[Any]) -> Decimal:
    """Their sum, a number of the currency also when there are none."""
    return sum((Decimal(one) for one in amounts), Decimal("0.00"))
