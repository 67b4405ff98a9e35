"""Who has the pager: schedules, their shifts, on call at an instant, overrides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import BySlug, Desk
from desk.api.documented import AT, bare, listed
from desk.api.fields import Instant, Person, asked_instant
from desk.override import may_begin_then
from incidents.models import NotAllowed
from oncall import rosters, writers
from oncall.models import DutyRole, Override, Schedule
from oncall.reasons import sentences
from oncall.rotation import Source
from oncall.wallclock import first_instant, last_instant
from teams.permissions import may_move_shift

ROLE = OpenApiParameter("role", OpenApiTypes.STR, enum=DutyRole.values, description="Without it, the primary.")
LONGEST = timedelta(days=2 * 366)
USUAL = timedelta(days=28)
"""How far ahead shifts are shown when nobody says."""


class ScheduleShape(serializers.Serializer[Schedule]):
    """A schedule."""

    slug = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField(source="team.slug")
    timezone = serializers.CharField()


class ShiftShape(serializers.Serializer[rosters.Shift]):
    """Somebody has the pager from `start` until before `end`; null: nobody."""

    person = Person(allow_null=True)
    start = Instant()
    end = Instant()
    layer = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField([str(kind) for kind in Source])  # type: ignore[assignment]  # the metaclass takes it away


class RoleOfShape(serializers.Serializer[Any]):
    """Who has another role of the schedule than the primary, and until when."""

    role = serializers.ChoiceField(DutyRole.choices)
    person = Person(allow_null=True)
    until = Instant(allow_null=True)


class DutyShape(serializers.Serializer[Any]):
    """Who has the pager, and until when without a break (null: more than a year, or never)."""

    person = Person(allow_null=True)
    until = Instant(allow_null=True)
    why = serializers.ListField(child=serializers.CharField())
    others = RoleOfShape(many=True)


class DutyOfShape(serializers.Serializer[Any]):
    """The same in a list of schedules."""

    schedule = serializers.CharField()
    team = serializers.CharField()
    person = Person(allow_null=True)
    until = Instant(allow_null=True)


class OverrideShape(serializers.Serializer[Override]):
    """One person takes the pager for a while."""

    id = serializers.IntegerField()
    person = Person()
    role = serializers.ChoiceField(DutyRole.choices)
    start = serializers.SerializerMethodField()
    end = serializers.SerializerMethodField()
    reason = serializers.CharField()

    @extend_schema_field(Instant)
    def get_start(self, override: Override) -> str:
        """The instant that the schedule's wall clock means."""
        return Instant().to_representation(first_instant(override.starts, override.zone))

    @extend_schema_field(Instant)
    def get_end(self, override: Override) -> str:
        """The same for the end."""
        return Instant().to_representation(last_instant(override.ends, override.zone))


@extend_schema_field(OpenApiTypes.DATETIME)
class OnTheClock(serializers.Field[datetime, Any, str, Any]):
    """A time as one writes it in the organisation's file: with a zone an instant, without one the schedule's clock."""

    def to_internal_value(self, data: object) -> datetime:
        """Raises ValidationError for what is no time."""
        try:
            found = parse_datetime(data.strip()) if isinstance(data, str) else None
        except ValueError:
            found = None
        if found is None:
            raise serializers.ValidationError(_("This is not a time such as 2026-11-21T08:00."))
        return found


class SpanTyped(serializers.Serializer[Any]):
    """A person and a while. `from` and `to` may also be called `start` and `end`, as shifts call them."""

    person = Person()
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot be written above."""
        return super().get_fields() | {"from": OnTheClock(), "to": OnTheClock()}

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        """Read both spellings."""
        other = {"from": data.get("start"), "to": data.get("end")}
        return super().to_internal_value(
            {name: stamp for name, stamp in other.items() if stamp is not None} | dict(data)
        )


class OverrideTyped(SpanTyped):
    """`from` and `to` may also be called `start` and `end`, as shifts call them."""

    role = serializers.ChoiceField(DutyRole.choices, required=False, default=DutyRole.PRIMARY)


def asked_role(text: str | None) -> str:
    """A role of the query string, the primary without one. Raises NotAllowed (422) for what is none."""
    if text and text not in DutyRole.values:
        raise _refused("role", _("`role` is one of %s.") % ", ".join(DutyRole.values))
    return text or DutyRole.PRIMARY.value


def live_schedule(slug: str) -> Schedule:
    """The schedule in use. Raises Http404."""
    found = Schedule.objects.filter(archived_at=None, slug=slug).select_related("team").first()
    if found is None:
        raise Http404
    return found


class Schedules(Desk):
    """Schedules in use."""

    @listed(ScheduleShape)
    def get(self, request: Request) -> Response:
        """By slug."""
        return self.page_of(Schedule.objects.filter(archived_at=None).select_related("team"), ScheduleShape, BySlug)


class Shifts(Desk):
    """Who has the pager over a span of time."""

    @bare(
        ShiftShape,
        OpenApiParameter("from", OpenApiTypes.DATETIME, description="Without it, now."),
        OpenApiParameter("to", OpenApiTypes.DATETIME, description="At most two years later; without it, four weeks."),
        ROLE,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Joined, in order, gaps listed, exact at the edges of the span."""
        schedule = live_schedule(slug)
        asked = request.query_params
        start = asked_instant(asked.get("from"), name="from", default=self.at)
        end = asked_instant(asked.get("to"), name="to", default=start + USUAL)
        if end <= start:
            raise _refused("to", _("`to` must be later than `from`."))
        if end - start > LONGEST:
            raise _refused("to", _("A span is at most two years long."))
        return self.array(rosters.shifts(schedule, start, end, role=asked_role(asked.get("role"))), ShiftShape)


class OnCall(Desk):
    """Who has the pager of one schedule."""

    @extend_schema(parameters=[AT, ROLE], responses=DutyShape)
    def get(self, request: Request, slug: str) -> Response:
        """At an instant, and why."""
        schedule = live_schedule(slug)
        at = asked_instant(request.query_params.get("at"), name="at", default=self.at)
        role = asked_role(request.query_params.get("role"))
        duty = rosters.on_call(schedule, at, role=role)
        others = [
            {"role": other, "person": one.person, "until": one.until}
            for other, one in rosters.others_on_call(schedule, at)
        ]
        words = {"why": sentences(schedule, at, role=role), "others": others}
        return Response(DutyShape({"person": duty.person, "until": duty.until, **words}).data)


class OnCallEverywhere(Desk):
    """Who has each pager."""

    @listed(DutyOfShape, AT)
    def get(self, request: Request) -> Response:
        """At an instant, by the schedules' slugs."""
        at = asked_instant(request.query_params.get("at"), name="at", default=self.at)
        paginator = BySlug()
        live = Schedule.objects.filter(archived_at=None).select_related("team")
        page: list[Schedule] = paginator.paginate_queryset(live, request, self)
        rows = [
            {"schedule": schedule.slug, "team": schedule.team.slug, "person": duty.person, "until": duty.until}
            for schedule, duty in rosters.on_call_now(page, at)
        ]
        return paginator.get_paginated_response(DutyOfShape(rows, many=True).data)


class Overrides(Desk):
    """Overrides of a schedule."""

    @extend_schema(request=OverrideTyped, responses={201: OverrideShape})
    def post(self, request: Request, slug: str) -> Response:
        """Somebody takes the pager: oneself, or, for managers of the team, anybody."""
        schedule = live_schedule(slug)
        words = self.words(OverrideTyped)
        person = words["person"]
        self.require(may_move_shift(self.standing, team=schedule.team_id, people=[person.pk]))
        said = {"starts": words["from"], "ends": words["to"], "reason": words["reason"], "role": words["role"]}
        with transaction.atomic():
            override = writers.add_override(schedule, person=person, by=self.person, at=self.at, **said)
            self.require(may_begin_then(self.standing, schedule, override.starts, self.at))
        return Response(OverrideShape(override).data, status=201)


def _refused(name: str, sentence: str) -> NotAllowed:
    return NotAllowed(sentence, fields={name: [sentence]})
