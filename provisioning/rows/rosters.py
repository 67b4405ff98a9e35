"""Schedules and escalation policies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from oncall.models import Cover, EscalationPolicy, Layer, Override, Schedule
from oncall.setup import Asking, Rotation, layers_remembered, write_layers, write_steps
from provisioning.rows.stored import Keys, Named, Stored, revive, slug_of

Exception_ = TypeVar("Exception_", Override, Cover)


def load_schedules() -> dict[str, Stored]:
    """Every schedule with its layers and the exceptions that were not taken back."""
    people = ("layers__turns__user", "overrides__person", "covers__person", "covers__covered")
    return {one.slug: _stored(one) for one in Schedule.objects.select_related("team").prefetch_related(*people)}


def _stored(schedule: Schedule) -> Stored:
    overrides, covers = _in_force(schedule.overrides.all()), _in_force(schedule.covers.all())
    record = {
        "slug": schedule.slug,
        "name": schedule.name,
        "team": schedule.team.slug,
        "timezone": schedule.timezone,
        "region": schedule.region,
        "swaps_need_approval": schedule.swaps_need_approval,
        "layers": [_layer_record(layer) for layer in sorted(schedule.layers.all(), key=lambda one: one.position)],
        "overrides": [exception_record(row) for row in overrides.values()],
        "covers": [exception_record(row) for row in covers.values()],
    }
    loose = {("overrides", who) for who, row in overrides.items() if not row.from_file}
    loose |= {("covers", who) for who, row in covers.items() if not row.from_file}
    return Stored(record, from_file=schedule.from_file, is_live=schedule.archived_at is None, loose=loose)


def _in_force(rows: Iterable[Exception_]) -> dict[tuple[Any, ...], Exception_]:
    """Those not taken back, by identity and in order of age; of two that say the same the younger counts."""
    found: dict[tuple[Any, ...], Exception_] = {}
    for row in sorted((row for row in rows if row.removed_at is None), key=lambda row: (row.created_at, row.pk)):
        who = identity(exception_record(row))
        found.pop(who, None)
        found[who] = row
    return found


def _layer_record(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "members": [turn.user.email.lower() for turn in sorted(layer.turns.all(), key=lambda turn: turn.position)],
        "rotate": {"every": layer.every, "unit": layer.unit},
        "starts": layer.starts,
        "timezone": layer.timezone,
        "windows": layer.windows,
        "count": layer.count,
        "role": layer.role,
        "ends": layer.ends,
    }


def exception_record(row: Override | Cover) -> dict[str, Any]:
    """An override or a cover as the file writes it."""
    said = {"from": row.starts, "to": row.ends, "reason": row.reason, "role": row.role, "timezone": row.timezone}
    if isinstance(row, Cover):
        return {"person": row.person.email.lower(), "for": row.covered.email.lower(), **said}
    return {"person": row.person.email.lower(), **said}


def identity(record: Named) -> tuple[Any, ...]:
    """What makes an override or a cover the same one."""
    return record["person"], record.get("for"), record["from"], record["to"], record["role"], record["timezone"]


def write_schedule(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The schedule, its layers, overrides and covers."""
    schedule = Schedule.objects.filter(slug=slug).first() or Schedule(slug=slug)
    team = keys.of("team", record["team"])
    before = schedule.timezone if schedule.pk else record["timezone"]
    with layers_remembered(schedule, at=at):
        revive(
            schedule,
            {name: record[name] for name in ("name", "timezone", "region", "swaps_need_approval")} | {"team_id": team},
        )
        write_layers(schedule, [_rotation(said, keys) for said in record["layers"]])
    overrides, covers = named.get("overrides", []), named.get("covers", [])
    moved = before != record["timezone"]
    wanted = {
        name: _on_their_clock(record[name], said, before) if moved else record[name]
        for name, said in (("overrides", overrides), ("covers", covers))
    }
    _write_exceptions(Override, schedule, wanted["overrides"], overrides, keys, at)
    _write_exceptions(Cover, schedule, wanted["covers"], covers, keys, at)


def _on_their_clock(wanted: list[dict[str, Any]], named: Iterable[Named], before: str) -> list[dict[str, Any]]:
    """What people typed stays on the schedule's old clock; what the file says is on the new one."""
    from_file = {identity(said) for said in named}
    return [
        said | {"timezone": said["timezone"] or before} if identity(said) not in from_file else said for said in wanted
    ]


def _rotation(said: dict[str, Any], keys: Keys) -> Rotation:
    return Rotation(
        name=said["name"],
        members=[keys.of("user", email) for email in said["members"]],
        starts=said["starts"],
        every=said["rotate"]["every"],
        unit=said["rotate"]["unit"],
        timezone=said["timezone"],
        windows=said["windows"],
        count=said["count"],
        role=said["role"],
        ends=said["ends"],
    )


def _write_exceptions(
    model: type[Exception_],
    schedule: Schedule,
    wanted: list[dict[str, Any]],
    named: list[dict[str, Any]],
    keys: Keys,
    at: datetime,
) -> None:
    """Take back what is no longer wanted, add what is new; the later in the list, the later created, so that it wins."""
    rows = list(model.objects.filter(schedule=schedule, removed_at=None).select_related("person"))
    there = _in_force(rows)
    from_file = {identity(said) for said in named}
    stays = [identity(said) for said in wanted]
    for row in rows:
        if identity(exception_record(row)) not in stays:
            row.removed_at = at
            row.save(update_fields=["removed_at"])
    in_order = [who for who in there if who in stays] == stays[: len([who for who in stays if who in there])]
    for number, (who, said) in enumerate(zip(stays, wanted, strict=True)):
        when = {"starts": said["from"], "ends": said["to"], "timezone": said["timezone"]}
        row = there.get(who) or model(schedule=schedule, role=said["role"], **when)
        row.person_id = keys.of("user", said["person"])
        if isinstance(row, Cover):
            row.covered_id = keys.of("user", said["for"])
        row.reason = said["reason"]
        if row.pk is None or not in_order:
            row.created_at = at + timedelta(microseconds=number)
        row.from_file = row.from_file or who in from_file
        row.save()


def load_policies() -> dict[str, Stored]:
    """Every policy with its steps."""
    return {
        policy.slug: Stored(
            {
                "slug": policy.slug,
                "name": policy.name,
                "team": slug_of(policy.team),
                "repeat": policy.repeat,
                "acknowledgements": policy.acknowledgements,
                "steps": [
                    {"wait": timedelta(seconds=step.wait), "notify": step.notify, "during": step.during}
                    for step in sorted(policy.steps.all(), key=lambda step: step.position)
                ],
                "catch_all": policy.catch_all,
            },
            from_file=policy.from_file,
            is_live=policy.archived_at is None,
        )
        for policy in EscalationPolicy.objects.select_related("team").prefetch_related("steps")
    }


def write_policy(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The policy and its steps; a running escalation keeps the policy that it began with."""
    policy = EscalationPolicy.objects.filter(slug=slug).first() or EscalationPolicy(slug=slug)
    values = {name: record[name] for name in ("name", "repeat", "acknowledgements", "catch_all")}
    revive(policy, {**values, "team_id": keys.maybe("team", record["team"])})
    steps = [Asking(int(said["wait"].total_seconds()), said["notify"], said["during"]) for said in record["steps"]]
    write_steps(policy, steps)
