"""Who was paged for an incident, and the rows of those calls. What is written here has left long ago: nothing is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from paging.models import Delivery, DeliveryAttempt, Escalation, Page
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from provisioning.demo.rosters import MINUTES, steps_of
from teams.models import User

ROUND = timedelta(minutes=sum(MINUTES))
ROUNDS = 2


@dataclass(frozen=True)
class Ring:
    """One call to one person at one step of a round."""

    at: datetime
    round: int
    step: int
    person: User
    because: str

    @property
    def reason(self) -> str:
        """Why it rang, as `Page.reason`."""
        if self.round:
            return str(Page.Reason.REPEAT)
        return str(Page.Reason.ESCALATED if self.step else Page.Reason.FIRST)

    @property
    def label(self) -> str:
        """ "step 2"."""
        return f"step {self.step + 1}"


def plan(house: House, case: Case, rng: Random) -> None:
    """Who was called until somebody took it, or until it was over; a drill calls nobody."""
    if case.drill:
        case.acker = house.leads[house.team_of(house.services[case.service]).slug]
        return
    began = case.detected + timedelta(seconds=rng.randint(18, 42))
    until = case.acked or case.resolved
    case.rings = list(_rings(house, house.team_of(house.services[case.service]).slug, began, until))
    last = case.rings[-1].person if case.rings else house.leads[house.team_of(house.services[case.service]).slug]
    case.acker = last if case.acked else None


def _rings(house: House, team: str, began: datetime, until: datetime) -> Iterable[Ring]:
    steps, at = steps_of(house, team), began
    for number in range(ROUNDS):
        for place, (target,) in enumerate(steps):
            if at >= until and not (number == 0 and place == 0):
                return
            ring = _ring(house, target, at, number, place)
            if ring:
                yield ring
                at += timedelta(minutes=MINUTES[place])


def _ring(house: House, target: str, at: datetime, number: int, place: int) -> Ring | None:
    kind, _sep, name = target.partition(":")
    label = f"step {place + 1}"
    if kind == "schedule":
        holder = house.pagers.holder(name, at)
        because = f"pager of {house.schedules[name]}, {label}"
        return Ring(at, number, place, holder, because) if holder else None
    person = next(one for one in house.people.values() if one.email == name)
    return Ring(at, number, place, person, f"named in {label}")


def write(house: House, cases: Sequence[Case]) -> None:
    """Runs, pages, deliveries and attempts of those that are not too long ago."""
    recent = [case for case in cases if case.rings and house.at - case.detected < house.paged]
    runs = Escalation.objects.bulk_create(_run(house, case) for case in recent)
    pages = Page.objects.bulk_create(
        _page(case, run, ring) for case, run in zip(recent, runs, strict=True) for ring in case.rings
    )
    deliveries = Delivery.objects.bulk_create(_delivery(house, page) for page in pages)
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery=one,
            number=1,
            started_at=one.due_at,
            finished_at=one.sent_at,
            outcome="sent",
        )
        for one in deliveries
    )


def _run(house: House, case: Case) -> Escalation:
    team = house.team_of(house.services[case.service])
    last = case.rings[-1]
    steps = [{"wait": MINUTES[place] * 60, "notify": notify} for place, notify in enumerate(steps_of(house, team.slug))]
    return Escalation(
        incident=case.incident,
        fence=1,
        policy_slug=team.slug,
        policy={"repeat": ROUNDS - 1, "steps": steps, "catch_all": house.policies[team.slug].catch_all},
        round=last.round,
        step=last.step,
        state=Escalation.State.EXHAUSTED if case.exhausted else Escalation.State.RUNNING,
        started_at=case.rings[0].at,
    )


def _page(case: Case, run: Escalation, ring: Ring) -> Page:
    took = case.acked is not None and ring is case.rings[-1]
    return Page(
        incident=case.incident,
        escalation=run,
        fence=1,
        person=ring.person,
        round=ring.round,
        step=ring.step,
        reason=ring.reason,
        because=ring.because,
        severity=case.severity,
        created_at=ring.at,
        seen_at=case.acked - timedelta(seconds=20) if took and case.acked else None,
        acked_at=case.acked if took else None,
    )


def _delivery(house: House, page: Page) -> Delivery:
    return Delivery(
        page=page,
        method=house.mail[page.person_id],
        kind="email",
        state=Delivery.State.SENT,
        due_at=page.created_at,
        attempt=1,
        sent_at=page.created_at + timedelta(seconds=2),
    )
