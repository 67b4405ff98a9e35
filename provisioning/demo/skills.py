"""Who is trained and who agreed, with what is missing somewhere; and what people said of having been woken."""

from __future__ import annotations

from datetime import timedelta

from oncall.models import Agreement, LayerMember, Schedule, Training
from paging.models import Page
from paging.verdicts import Verdict
from provisioning.demo.house import House
from teams.models import User

ALONE = "warehouse-primary"
"""Only one person knows it."""
LAPSES = timedelta(days=12)
WORTH = 0.8
SAID = 0.7
BACK = timedelta(days=90)


def write(house: House) -> None:
    """Training of nearly everybody, agreements of each team but its newest, and verdicts of the last 90 days."""
    trainings: list[Training] = []
    agreements: list[Agreement] = []
    for schedule in house.schedules.values():
        turns = (
            LayerMember.objects.filter(layer__schedule=schedule).select_related("user").order_by("layer", "position")
        )
        people = list(dict.fromkeys(turn.user for turn in turns))
        known = people[:1] if schedule.slug == ALONE else people[: max(2, len(people) - 1)]
        trainings += [_training(house, schedule, person, place) for place, person in enumerate(known)]
        if schedule.slug.endswith("primary"):
            agreements += [_agreement(house, schedule, person) for person in people[:-1]]
    Training.objects.bulk_create(trainings)
    Agreement.objects.bulk_create(agreements)


def say(house: House) -> None:
    """One tap of most of those whom an incident woke that is over."""
    rng = house.rng("verdicts")
    rang = Page.objects.filter(incident__resolved_at__isnull=False, incident__drill=False, acked_at__isnull=False)
    rows = rang.filter(created_at__gte=house.at - BACK).order_by("incident", "person").distinct("incident", "person")
    Verdict.objects.bulk_create(
        Verdict(incident_id=incident, person_id=person, worth=rng.random() < WORTH, at=resolved or house.at)
        for incident, person, resolved in rows.values_list("incident", "person", "incident__resolved_at")
        if rng.random() < SAID
    )


def _training(house: House, schedule: Schedule, person: User, place: int) -> Training:
    """The first of each line lapses soon."""
    today = house.at.date()
    return Training(
        person=person,
        schedule=schedule,
        on=today - timedelta(days=200 + 7 * place),
        trainer="Two shadow shifts",
        holds_until=today + LAPSES if place == 0 and schedule.slug.endswith("secondary") else None,
        created_at=house.at - timedelta(days=190),
    )


def _agreement(house: House, schedule: Schedule, person: User) -> Agreement:
    return Agreement(
        person=person,
        team=schedule.team,
        on=house.at.date() - timedelta(days=180),
        version="2026-1",
        text="At most one week in four. A late start after a broken night.",
        created_at=house.at - timedelta(days=180),
    )
