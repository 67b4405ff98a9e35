"""On-call health by scripts: figures of rotations for everybody, of persons for them and who leads them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import BySlug, Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person
from desk.health import Card, cards_of
from oncall.health import Figures, Kind, Tone, fairness
from oncall.models import Schedule
from review.health import Own


class FlagShape(serializers.Serializer[object]):
    """Something that is too much: `amount` people, incidents or times an equal share; the sentence says it in words."""

    kind = serializers.ChoiceField([kind.value for kind in Kind])
    tone = serializers.ChoiceField([tone.value for tone in Tone])
    sentence = serializers.CharField()
    advice = serializers.CharField()


class ShiftFiguresShape(serializers.Serializer[Figures]):
    """What one shift was."""

    start = Instant(source="shift.start")
    end = Instant(source="shift.end")
    hours = serializers.FloatField()
    pages = serializers.IntegerField()
    interruptions = serializers.IntegerField()
    off_hours = serializers.IntegerField()
    of_sleep = serializers.IntegerField()
    broken_nights = serializers.IntegerField()
    minutes_engaged = serializers.IntegerField(source="minutes")
    judged = serializers.IntegerField()
    worth = serializers.IntegerField()


class OwnShape(serializers.Serializer[Own]):
    """The figures of one person; shares lie between 0 and 1."""

    person = Person()
    hours = serializers.FloatField()
    share_of_hours = serializers.FloatField(source="share")
    interruptions = serializers.IntegerField()
    share_of_interruptions = serializers.FloatField(source="rang")
    share_of_weeks = serializers.FloatField(source="weeks")
    rest_until = Instant(allow_null=True)
    shifts = ShiftFiguresShape(many=True)


class HealthShape(serializers.Serializer[Card]):
    """One rotation over 90 days; `people` are those whose figures you may read."""

    schedule = serializers.CharField(source="health.schedule.slug")
    team = serializers.CharField(source="health.schedule.team.slug")
    pages = serializers.IntegerField(source="health.pages")
    interruptions = serializers.IntegerField(source="health.interruptions")
    off_hours = serializers.IntegerField(source="health.off_hours")
    of_sleep = serializers.IntegerField(source="health.of_sleep")
    actionable = serializers.FloatField(source="health.actionable", allow_null=True)
    fairness_of_hours = serializers.SerializerMethodField(allow_null=True)
    fairness_of_interruptions = serializers.SerializerMethodField(allow_null=True)
    flags = FlagShape(source="said", many=True)
    people = OwnShape(many=True)

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_fairness_of_hours(self, card: Card) -> float | None:
        """The largest share against an equal one: 1 is even; null: nothing to share."""
        return fairness(card.health.rotation.hours)

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_fairness_of_interruptions(self, card: Card) -> float | None:
        """The same for interruptions."""
        return fairness(card.health.rotation.rang)


class OnCallHealth(Desk):
    """What the pagers asked of people."""

    @listed(HealthShape, name="on_call_health")
    def get(self, request: Request) -> Response:
        """By the schedules' slugs, over the 90 days up to now."""
        paginator = BySlug()
        live: QuerySet[Schedule] = Schedule.objects.filter(archived_at=None).select_related("team")
        page: list[Schedule] = paginator.paginate_queryset(live, request, self)
        rows: Any = HealthShape(cards_of(page, self.person, self.standing), many=True)  # type: ignore[arg-type]  # many
        return paginator.get_paginated_response(rows.data)
