"""The doors through which schedules and escalation policies are set up by hand; who may do it is asked before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from oncall import rotation
from oncall.models import Coverage, DutyRole, EscalationPolicy, EscalationStep, Layer, LayerMember, PastLayers, Schedule
from oncall.rotation import Count, Unit
from oncall.stored import layers_said, read_windows
from oncall.turns import spell_at
from oncall.wallclock import NEAR, last_instant
from teams.audit import acting
from teams.models import Service, User
from teams.setup import VIA, store


@dataclass(frozen=True)
class Rotation:
    """A layer as it shall be: `members` are ids of people in their order, `starts` and `ends` are on the layer's wall clock."""

    name: str
    members: Sequence[int]
    starts: datetime
    every: int = 1
    unit: str = Layer.Unit.WEEK
    timezone: str = ""
    windows: list[dict[str, object]] = field(default_factory=list)
    count: str = Layer.Count.CALENDAR
    role: str = DutyRole.PRIMARY
    ends: datetime | None = None


@dataclass(frozen=True)
class Asking:
    """A step as it shall be: whom to page, and how many seconds they have."""

    wait: int
    notify: list[str]
    during: str = EscalationStep.During.ALWAYS


@transaction.atomic
def save_schedule(schedule: Schedule, *, layers: Sequence[Rotation], by: User, at: datetime) -> Schedule:
    """The schedule as it stands, with exactly these layers; the last that has a holder wins. Exceptions stay as they are."""
    with acting(by, VIA), layers_remembered(schedule, at=at):
        store(schedule, schedule.name)
        write_layers(schedule, layers)
    return schedule


@contextmanager
def layers_remembered(schedule: Schedule, *, at: datetime) -> Iterator[None]:
    """What the layers said until `at` is kept when they say something else afterwards: shifts that are over never change.

    Exceptions keep the clock on which they were typed when the schedule gets another one. Inside of a transaction; the
    schedule may be new.
    """
    before = layers_said(schedule)
    zone = Schedule.objects.filter(pk=schedule.pk).values_list("timezone", flat=True).first()
    yield
    if zone and zone != schedule.timezone:
        # Who agreed to take the pager at two o'clock there does so still.
        schedule.overrides.filter(timezone="").update(timezone=zone)
        schedule.covers.filter(timezone="").update(timezone=zone)
    if layers_said(schedule) == before:
        return
    since = schedule.layers_since
    if before and (since is None or since < at):
        PastLayers.objects.create(schedule=schedule, since=since, until=at, said=before)
    schedule.layers_changed_at = schedule.layers_since = at
    schedule.save(update_fields=["layers_changed_at", "layers_since"])


def keeping(holder: User | None, layers: Sequence[Rotation], zone: str, at: datetime) -> list[Rotation]:
    """These layers with the one that decides at `at` begun anew at `holder`, in the same order of people.

    A rotation that becomes another one while it runs would else hand the pager over at once. Layers in which they take no
    turn stay as they are.
    """
    found = list(layers)
    for place in reversed(range(len(found))):
        said = found[place]
        layer = as_layer(said, zone)
        spell = spell_at(layer, at) if said.role == DutyRole.PRIMARY and layer.speaks_at(at) else None
        if spell is None or not said.members:
            continue
        if holder and holder.pk in said.members:
            members = list(said.members)
            first = (members.index(holder.pk) - spell.turn) % len(members)
            found[place] = replace(said, members=members[first:] + members[:first])
        break
    return found


def as_layer(said: Rotation, zone: str) -> rotation.Layer:
    """The layer of a roster whose schedule is in `zone`."""
    zone = said.timezone or zone
    return rotation.Layer(
        name=said.name,
        members=tuple(said.members),
        every=said.every,
        unit=Unit(said.unit),
        starts=said.starts,
        zone=zone,
        windows=read_windows(said.windows),
        count=Count(said.count),
        spans=((NEAR, last_instant(said.ends, zone)),) if said.ends else (),
    )


def write_layers(schedule: Schedule, wanted: Sequence[Rotation]) -> None:
    """Make the layers exactly `wanted`; a layer is known by its name. Call it inside of `layers_remembered`."""
    there = {layer.name: layer for layer in schedule.layers.all()}
    schedule.layers.exclude(name__in=[said.name for said in wanted]).delete()
    for position, said in enumerate(wanted):
        layer = there.get(said.name) or Layer(schedule=schedule, name=said.name)
        layer.position, layer.starts = position, said.starts
        layer.every, layer.unit = said.every, said.unit
        layer.timezone, layer.windows, layer.count = said.timezone, said.windows, said.count
        layer.role, layer.ends = said.role, said.ends
        layer.save()
        members = list(said.members)
        if members != list(layer.turns.order_by("position").values_list("user_id", flat=True)):
            layer.turns.all().delete()
            for turn, user_id in enumerate(members):
                LayerMember.objects.create(layer=layer, position=turn, user_id=user_id)


@transaction.atomic
def replace_in_layers(leaving: User, instead: User, *, by: User, at: datetime) -> None:
    """`instead` takes every turn of `leaving` from `at` on, in the same places; shifts that are over stay theirs."""
    schedules = Schedule.objects.filter(layers__turns__user=leaving).distinct()
    with acting(by, VIA):
        for schedule in Schedule.objects.select_for_update(no_key=True).filter(pk__in=schedules).order_by("pk"):
            with layers_remembered(schedule, at=at):
                LayerMember.objects.filter(layer__schedule=schedule, user=leaving).update(user=instead)


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
