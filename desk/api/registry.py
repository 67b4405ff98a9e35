"""Services, sources, what came in and what was turned away."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.models import Body, RejectedDelivery, RejectedQuerySet, Source
from desk.api.base import BySlug, Desk
from desk.api.documented import listed
from desk.api.fields import Instant, ServiceSlug
from teams.models import Service, Severity


class ServiceShape(serializers.Serializer[Service]):
    """A service with its owner and its policy."""

    slug = serializers.CharField()
    name = serializers.CharField()
    team = serializers.CharField(source="team.slug")
    policy = serializers.CharField(source="coverage.policy.slug", allow_null=True, default=None)
    target = serializers.FloatField(allow_null=True)
    exposure_per_hour = serializers.FloatField(allow_null=True)
    demand = serializers.ChoiceField(Service.Demand.choices)
    customer_facing = serializers.BooleanField()
    default_class = serializers.SerializerMethodField()

    def get_default_class(self, service: Service) -> str | None:
        """The class of its incidents when nothing else says; null: major."""
        return Severity(service.default_class).value if service.default_class else None


class SourceShape(serializers.Serializer[Source]):
    """A sender of alerts; its keys are shown once and never again."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    service = ServiceSlug(allow_null=True)
    grouping = serializers.ChoiceField(Source.Grouping.choices)
    watching = serializers.BooleanField()


class BodyShape(serializers.Serializer[Body]):
    """A request of a source and what was made of it; its content stays inside."""

    id = serializers.IntegerField()
    received_at = Instant()
    size = serializers.IntegerField()
    content_type = serializers.CharField()
    accepted = serializers.IntegerField()
    outcome = serializers.DictField(child=serializers.JSONField())


class RejectedShape(serializers.Serializer[RejectedDelivery]):
    """A request that was turned away, and why."""

    id = serializers.IntegerField()
    at = Instant()
    source = serializers.CharField(source="source.slug", allow_null=True)  # type: ignore[assignment]  # the metaclass takes it away
    kind = serializers.CharField()
    reason = serializers.ChoiceField(RejectedDelivery.Reason.choices)
    sentence = serializers.CharField()
    key_hint = serializers.CharField()
    sender = serializers.IPAddressField(allow_null=True)


class Services(Desk):
    """Services in use."""

    @listed(ServiceShape)
    def get(self, request: Request) -> Response:
        """By slug."""
        rows = Service.objects.filter(archived_at=None).select_related("team", "coverage__policy")
        return self.page_of(rows, ServiceShape, BySlug)


class Sources(Desk):
    """Sources in use."""

    @listed(SourceShape)
    def get(self, request: Request) -> Response:
        """By slug."""
        return self.page_of(_live_sources().select_related("service"), SourceShape, BySlug)


class Deliveries(Desk):
    """What a source has sent."""

    @listed(BodyShape)
    def get(self, request: Request, slug: str) -> Response:
        """Newest first."""
        source = get_object_or_404(_live_sources(), slug=slug)
        return self.page_of(Body.objects.filter(source=source).defer("content"), BodyShape)


class OneDelivery(Desk):
    """One request of a source, and the decision on each of its alerts."""

    @extend_schema(operation_id="source_delivery", responses=BodyShape)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Kept for a while only: 404 afterwards."""
        rows = Body.objects.filter(source__slug=slug, source__archived_at=None).defer("content")
        return Response(BodyShape(get_object_or_404(rows, pk=number)).data)


class RejectedDeliveries(Desk):
    """What was turned away."""

    @listed(RejectedShape)
    def get(self, request: Request) -> Response:
        """Newest first: those of the sources of one's own teams; administrators see unknown keys too."""
        rows = RejectedQuerySet(RejectedDelivery).visible_to(self.person)
        return self.page_of(rows.select_related("source").defer("content"), RejectedShape)


def _live_sources() -> QuerySet[Source]:
    return Source.objects.filter(archived_at=None)
