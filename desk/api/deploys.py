"""What was changed: deploys and change events. They page nobody, and stand beside the incidents that follow them."""

from __future__ import annotations

from typing import Any

from django.core.validators import URLValidator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.changes import AHEAD
from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person, ServiceSlug
from incidents.changes import Change
from incidents.models import NotAllowed
from teams.models import Service
from teams.permissions import MANAGING, may_act_on_incident


class Deploy(serializers.Serializer[Any]):
    """Something that was changed; without `at`, now."""

    title = serializers.CharField(max_length=1024)
    service = ServiceSlug(required=False, allow_null=True, default=None)
    version = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    at = Instant(required=False)
    url = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", validators=[URLValidator(["http", "https"])]
    )


class DeployShape(serializers.Serializer[Change]):
    """A change, by whom or by which source."""

    id = serializers.IntegerField()
    at = Instant()
    title = serializers.CharField()
    service = ServiceSlug(allow_null=True)
    version = serializers.CharField()
    by = Person(allow_null=True)
    source = serializers.CharField(source="cause")  # type: ignore[assignment]  # the metaclass takes it away
    links = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    details = serializers.DictField(child=serializers.CharField())


class Deploys(Desk):
    """Changes, told by people's scripts and by senders."""

    @listed(DeployShape)
    def get(self, request: Request) -> Response:
        """The last told first."""
        return self.page_of(Change.objects.select_related("service", "by"), DeployShape)

    @extend_schema(request=Deploy, responses={201: DeployShape})
    def post(self, request: Request) -> Response:
        """Tell that something was changed."""
        self.require(may_act_on_incident(self.standing, set()))
        words = self.words(Deploy)
        url = words.pop("url")
        service: Service | None = words["service"]
        mine = service is None or service.team_id in self.standing.own_teams
        self.require(mine or self.standing.role in MANAGING)
        if words.get("at", self.at) > self.at + AHEAD:
            raise NotAllowed(_("A change that lies more than a day ahead is not told yet."))
        links = [{"label": "Link", "url": url}] if url else []
        change = Change.objects.create(**{"at": self.at, **words}, told_at=self.at, by=self.person, links=links)
        return Response(DeployShape(change).data, status=201)
