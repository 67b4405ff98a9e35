"""Heartbeats: what is expected to be heard, and whether it was."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts import heartbeats
from alerts.beats import State
from alerts.models import Heartbeat
from desk.api.base import BySlug, Desk
from desk.api.documented import listed
from desk.api.fields import Instant, ServiceSlug
from desk.heartbeats import may_edit


class HeartbeatShape(serializers.Serializer[Heartbeat]):
    """A heartbeat as it stands; `period` and `grace` are seconds, and `cron` stands in place of the period."""

    slug = serializers.CharField()
    name = serializers.CharField()
    service = ServiceSlug(source="owner", allow_null=True)
    source = serializers.CharField(source="source.slug", allow_null=True, default=None)  # type: ignore[assignment]  # the metaclass takes it away
    state = serializers.ChoiceField([(one.value, one.name) for one in State])
    period = serializers.SerializerMethodField()
    cron = serializers.CharField()
    timezone = serializers.CharField()
    grace = serializers.SerializerMethodField()
    last_ping_at = Instant(allow_null=True)
    expected_at = Instant(allow_null=True)
    down_since = Instant(allow_null=True)
    why = serializers.CharField()

    def get_period(self, heartbeat: Heartbeat) -> float:
        """In seconds."""
        return heartbeat.period.total_seconds()

    def get_grace(self, heartbeat: Heartbeat) -> float:
        """In seconds."""
        return heartbeat.grace.total_seconds()


class Heartbeats(Desk):
    """Heartbeats in use."""

    @listed(HeartbeatShape, name="heartbeats_list")
    def get(self, request: Request) -> Response:
        """By slug."""
        return self.page_of(_live(), HeartbeatShape, BySlug)


class OneHeartbeat(Desk):
    """One heartbeat."""

    @extend_schema(responses=HeartbeatShape)
    def get(self, request: Request, slug: str) -> Response:
        """As it stands."""
        return Response(HeartbeatShape(get_object_or_404(_live(), slug=slug)).data)


class PauseHeartbeat(Desk):
    """Nobody waits for it until its next ping."""

    @extend_schema(request=None, responses=HeartbeatShape)
    def post(self, request: Request, slug: str) -> Response:
        """What it has told ends; twice is once."""
        found = get_object_or_404(_live(), slug=slug)
        self.require(may_edit(self.standing, found))
        heartbeats.pause(found, at=self.at)
        return Response(HeartbeatShape(_live().get(pk=found.pk)).data)


class ResumeHeartbeat(Desk):
    """It waits for its first ping again."""

    @extend_schema(request=None, responses=HeartbeatShape)
    def post(self, request: Request, slug: str) -> Response:
        """Changes nothing unless it is paused."""
        found = get_object_or_404(_live(), slug=slug)
        self.require(may_edit(self.standing, found))
        heartbeats.resume(found)
        return Response(HeartbeatShape(_live().get(pk=found.pk)).data)


def _live() -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(archived_at=None).select_related("service", "source__service")
