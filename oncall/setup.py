"""The doors through which schedules and escalation policies are set up by hand; who may do it is asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction

from oncall.models import Coverage, EscalationPolicy, EscalationStep, Layer, LayerMember, Schedule
from teams.audit import acting
from teams.models import Service, User
from teams.setup import VIA, store


@dataclass(frozen=True)
class Rotation:
    """A layer as it shall be: `members` are ids of people in their order, `starts` is on the layer's wall clock."""

    name: str
    members: Sequence[int]
    starts: datetime
    every: int = 1
    unit: str = Layer.Unit.WEEK
    timezone: str = ""
    windows: list[dict[str, object]] = field(default_factory=list)
    count: str = Layer.Count.CALENDAR


@dataclass(frozen=True)
class Asking:
    """A step as it shall be: whom to page, and how many seconds they have."""

    wait: int
    notify: list[str]
    during: str = EscalationStep.During.ALWAYS


@transaction.atomic
def save_schedule(schedule: Schedule, *, layers: Sequence[Rotation], by: User, at: datetime) -> Schedule:
    """The schedule as it stands, with exactly these layers; the last that has a holder wins. Exceptions stay as they are."""
    with acting(by, VIA):
        store(schedule, schedule.name)
        write_layers(schedule, layers, at=at)
    return schedule


def write_layers(schedule: Schedule, wanted: Sequence[Rotation], *, at: datetime) -> None:
    """Make the layers exactly `wanted`; a layer is known by its name. When that changes anything, the schedule says `at`."""
    before = _as_said(schedule)
    _write_layers(schedule, wanted)
    if _as_said(schedule) != before:
        schedule.layers_changed_at = at
        schedule.save(update_fields=["layers_changed_at"])


def _as_said(schedule: Schedule) -> list[tuple[object, ...]]:
    """Everything of the layers that decides who has the pager."""
    people = ArrayAgg("turns__user", order_by="turns__position")
    said = ("pk", "name", "every", "unit", "starts", "timezone", "windows", "count")
    return [(schedule.timezone, *row) for row in schedule.layers.annotate(people=people).values_list(*said, "people")]


def _write_layers(schedule: Schedule, wanted: Sequence[Rotation]) -> None:
    there = {layer.name: layer for layer in schedule.layers.all()}
    schedule.layers.exclude(name__in=[said.name for said in wanted]).delete()
    for position, said in enumerate(wanted):
        layer = there.get(said.name) or Layer(schedule=schedule, name=said.name)
        layer.position, layer.starts = position, said.starts
        layer.every, layer.unit = said.every, said.unit
        layer.timezone, layer.windows, layer.count = said.timezone, said.windows, said.count
        layer.save()
        members = list(said.members)
        if members != list(layer.turns.order_by("position").values_list("user_id", flat=True)):
            layer.turns.all().delete()
            for turn, user_id in enumerate(members):
                LayerMember.objects.create(layer=layer, position=turn, user_id=user_id)


@transaction.atomic
def save_policy(policy: EscalationPolicy, *, steps: Sequence[Asking], by: User) -> EscalationPolicy:
    """The policy as it stands, with exactly these steps; a running escalation keeps the policy that it began with."""
    with acting(by, VIA):
        store(policy, policy.name)
        write_steps(policy, steps)
    return policy


def write_steps(policy: EscalationPolicy, wanted: Sequence[Asking]) -> None:
    """Make the steps exactly `wanted`, in their order."""
    there = {step.position: step for step in policy.steps.all()}
    policy.steps.filter(position__gte=len(wanted)).delete()
    for position, said in enumerate(wanted):
        step = there.get(position) or EscalationStep(policy=policy, position=position)
        step.wait, step.notify, step.during = said.wait, list(said.notify), said.during
        step.save()


@transaction.atomic
def cover(service: Service, policy: EscalationPolicy | None, *, by: User) -> None:
    """Let `policy` page for `service`; None: nobody is paged but the administrators."""
    with acting(by, VIA):
        write_coverage(service, policy.pk if policy else None)


def write_coverage(service: Service, policy_id: int | None) -> None:
    """Make this the policy of `service`; None: it has none."""
    if policy_id is None:
        Coverage.objects.filter(service=service).delete()
    else:
        Coverage.objects.update_or_create(service=service, defaults={"policy_id": policy_id})
