"""Schedules with their rotations and exceptions, and the policies that use them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oncall.models import Cover, EscalationPolicy, EscalationStep, Layer, LayerMember, Override, Schedule
from provisioning.demo import names
from provisioning.demo.house import House
from provisioning.demo.names import TeamSeed
from provisioning.demo.pagers import Pagers
from provisioning.demo.people import LEFT
from teams.models import User

SECONDED = ("storefront", "checkout", "payments", "edge", "identity", "runtime")
"""Teams with a second line."""
BY_DAY = ("insights",)
"""Nobody of these has the pager outside working hours."""
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]
MINUTES = (5, 10, 15)
NINE = time(9)


def write(house: House) -> None:
    """Schedules, layers, exceptions, policies; then who had which pager over the whole history."""
    for team in names.TEAMS:
        _schedule(house, team, "primary", 0)
        if team.slug in SECONDED:
            _schedule(house, team, "secondary", 2)
    _exceptions(house)
    _policies(house)
    end = house.at + timedelta(days=1)
    house.pagers = Pagers.read(house.schedules.values(), house.born - timedelta(days=2), end)


def _monday(house: House, zone: str) -> datetime:
    """A Monday at nine on the wall, well before history begins."""
    day = (house.born - timedelta(weeks=8)).astimezone(ZoneInfo(zone)).date()
    return datetime.combine(day - timedelta(days=day.weekday()), NINE)


def _schedule(house: House, team: TeamSeed, line: str, shift: int) -> None:
    slug = f"{team.slug}-{line}"
    schedule = Schedule.objects.create(
        slug=slug, name=f"{team.name} {line}", team=house.teams[team.slug], timezone=team.zone
    )
    house.schedules[slug] = schedule
    staff = [house.people[name] for name in team.people if name != LEFT]
    turned = staff[shift % len(staff) :] + staff[: shift % len(staff)]
    starts = _monday(house, team.zone)
    if team.slug in BY_DAY:
        window = [{"days": WORKDAYS, "from": "08:30", "to": "17:30"}]
        _layer(schedule, "working hours", turned, starts, unit="week", windows=window)
    elif team.slug == "messaging":
        _layer(schedule, "daily", turned, starts, unit="day")
    elif team.slug == "warehouse":
        _layer(schedule, "every two weeks", turned, starts, unit="week", every=2)
    else:
        _layer(schedule, "weekly", turned, starts, unit="week")
    if slug == "runtime-primary":
        nights = [{"days": [*WORKDAYS, "sat", "sun"], "from": "22:00", "to": "06:00"}]
        europe = [house.people[name] for name in ("Anton Becker", "Lena Schulz", "Ivan Horvat")]
        _layer(schedule, "nights, from Europe", europe, starts, unit="week", windows=nights)


def _layer(schedule: Schedule, name: str, turns: list[User], starts: datetime, **fields: Any) -> None:
    layer = Layer.objects.create(
        schedule=schedule, position=schedule.layers.count(), name=name, starts=starts, **fields
    )
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, position=position, user=user) for position, user in enumerate(turns)
    )


def _exceptions(house: House) -> None:
    """Days off and swaps, some over, some ahead. Times are the schedule's wall clock."""
    wanted = (
        ("checkout-primary", "Dev Patel", 6, 30, "Swapped: school play"),
        ("edge-primary", "Noor Bakker", -20, 12, "Conference"),
        ("messaging-primary", "Leila Haidari", 12, 24, "Dentist"),
        ("storefront-primary", "Kofi Mensah", -9, 48, "Moving house"),
    )
    overrides = []
    for slug, name, days, hours, reason in wanted:
        begins = _morning(house, slug, days)
        overrides.append(
            Override(
                schedule=house.schedules[slug],
                person=house.people[name],
                starts=begins,
                ends=begins + timedelta(hours=hours),
                reason=reason,
                created_at=house.at - timedelta(days=30),
                created_by=house.people[name],
            )
        )
    Override.objects.bulk_create(overrides)
    begins = _morning(house, "payments-primary", 9)
    Cover.objects.create(
        schedule=house.schedules["payments-primary"],
        person=house.people["Ravi Menon"],
        covered=house.people["Ellen Reid"],
        starts=begins,
        ends=begins + timedelta(days=14),
        created_at=house.at - timedelta(days=3),
        created_by=house.people["Ellen Reid"],
    )


def _morning(house: House, slug: str, days: int) -> datetime:
    day = house.at.astimezone(ZoneInfo(house.schedules[slug].timezone)).date() + timedelta(days=days)
    return datetime.combine(day, NINE)


def _policies(house: House) -> None:
    policies = EscalationPolicy.objects.bulk_create(
        EscalationPolicy(
            slug=slug,
            name=team.name,
            team=team,
            repeat=1,
            catch_all=[f"user:{team.manager.email}", f"user:{team.director.email}"],
        )
        for slug, team in house.teams.items()
        if team.manager and team.director
    )
    house.policies = {policy.slug: policy for policy in policies}
    EscalationStep.objects.bulk_create(
        EscalationStep(policy=policy, position=place, wait=MINUTES[place] * 60, notify=notify)
        for policy in policies
        for place, notify in enumerate(steps_of(house, policy.slug))
    )


def steps_of(house: House, team: str) -> list[list[str]]:
    """Whom each step of the team's policy asks: the pager, the second line or the lead, the manager."""
    manager = house.teams[team].manager
    second = f"schedule:{team}-secondary" if team in SECONDED else f"user:{house.leads[team].email}"
    return [[f"schedule:{team}-primary"], [second], [f"user:{manager.email}"] if manager else [f"team:{team}"]]
