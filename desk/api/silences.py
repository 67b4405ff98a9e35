"""Silences and maintenance windows by scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from alerts import silencing
from alerts.models import Silence
from alerts.silencing import Wish
from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person, ServiceSlug
from desk.silences import may_change, may_extend
from teams.models import Service
from teams.permissions import Standing, may_silence

STATES = ("live", "coming", "past")


class SilenceShape(serializers.Serializer[Silence]):
    """What is quiet until `ends_at`, by whom and why. No `services`: all of them."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Silence.Kind.choices)
    match = serializers.DictField(child=serializers.JSONField())
    services = serializers.ListField(child=ServiceSlug(), source="services.all")
    starts_at = Instant()
    ends_at = Instant()
    reason = serializers.CharField()
    by = Person(allow_null=True)
    removed_at = Instant(allow_null=True)
    removed_by = Person(allow_null=True)


class SilenceTyped(serializers.Serializer[Any]):
    """Without `starts_at` it begins now. `all_of_it` says that a match which fits nearly everything is meant."""

    kind = serializers.ChoiceField(Silence.Kind.choices, required=False, default=Silence.Kind.SILENCE)
    match = serializers.DictField(child=serializers.JSONField(), required=False, default=dict)
    services = serializers.ListField(child=ServiceSlug(), required=False, default=list, max_length=200)
    starts_at = Instant(required=False, allow_null=True, default=None)
    ends_at = Instant()
    reason = serializers.CharField(max_length=300)
    all_of_it = serializers.BooleanField(required=False, default=False)


class EndTyped(serializers.Serializer[Any]):
    """Another end."""

    ends_at = Instant()


class Silences(Desk):
    """All silences and maintenance windows."""

    @listed(
        SilenceShape,
        OpenApiParameter("state", enum=STATES, description="Only those that are live, coming or past."),
        OpenApiParameter("service", description="The slug of a service: those about it, or about all."),
        name="silences_list",
    )
    def get(self, request: Request) -> Response:
        """Newest first, past ones too."""
        asked, rows = request.query_params, _rows()
        if state := asked.get("state"):
            if state not in STATES:
                raise ValidationError({"state": ["Known are: live, coming, past."]})
            known = {"live": Silence.objects.live, "coming": Silence.objects.coming, "past": Silence.objects.past}
            rows = rows.filter(pk__in=known[state](self.at))
        if slug := asked.get("service"):
            rows = rows.filter(pk__in=Silence.objects.touching(Service.objects.filter(slug=slug)))
        return self.page_of(rows, SilenceShape)

    @extend_schema(request=SilenceTyped, responses={201: SilenceShape})
    def post(self, request: Request) -> Response:
        """For services of one's own teams; without services for directors and administrators. The same twice is one."""
        words = self.words(SilenceTyped)
        services = list({service.pk: service for service in words["services"]}.values())
        self.require(may_silence(self.standing, [service.team_id for service in services]))
        wish = Wish(
            kind=words["kind"],
            match=words["match"],
            services=services,
            starts_at=words["starts_at"] or self.at,
            ends_at=words["ends_at"],
            reason=words["reason"],
            all_of_it=words["all_of_it"],
        )
        made = silencing.make(wish, by=self.person, at=self.at)
        return Response(SilenceShape(_rows().get(pk=made.pk)).data, status=201)


class OneSilence(Desk):
    """One of them."""

    @extend_schema(responses=SilenceShape)
    def get(self, request: Request, number: int) -> Response:
        """As it is now."""
        return Response(SilenceShape(get_object_or_404(_rows(), pk=number)).data)

    @extend_schema(request=EndTyped, responses=SilenceShape)
    def patch(self, request: Request, number: int) -> Response:
        """Let it end at another instant: a new decision, with the same limits (422)."""
        found = self._permitted(number, may_extend)
        silencing.move_end(found, ends_at=self.words(EndTyped)["ends_at"], at=self.at)
        return self.get(request, number)

    @extend_schema(responses=SilenceShape)
    def delete(self, request: Request, number: int) -> Response:
        """End it now; twice is once. It stays in the list of past ones."""
        silencing.end(self._permitted(number, may_change), by=self.person, at=self.at)
        return self.get(request, number)

    def _permitted(self, number: int, may: Callable[[Standing, Silence], bool]) -> Silence:
        found = get_object_or_404(_rows(), pk=number)
        self.require(may(self.standing, found))
        return found


class EndSilence(OneSilence):
    """The same for programs that only post."""

    http_method_names = ["post", "options"]

    @extend_schema(request=None, responses=SilenceShape)
    def post(self, request: Request, number: int) -> Response:
        """End it now; twice is once."""
        return self.delete(request, number)


def _rows() -> QuerySet[Silence]:
    return Silence.objects.select_related("by", "removed_by").prefetch_related("services")
