"""An incident, its story and its pages, as the API shows them."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.models import Episode
from desk.api.base import RELATED
from desk.api.fields import Instant, Person, ServiceSlug, absolute
from foundation.rest import utc_text
from incidents.models import ImpactInterval, Incident, Kind, RoleTenure, State, TimelineEntry
from paging.models import ContactMethod, Delivery, Page
from postmortems import clocks
from postmortems.models import Clock
from teams.models import Severity


class WithClocks(serializers.ListSerializer[Incident]):
    """Many incidents: their clocks are computed together, in a constant number of queries."""

    def to_representation(self, data: Any) -> list[Any]:
        """Each with its clocks."""
        rows = list(data)
        for pk, view in clocks.views_of(rows).items():
            self.child.views[pk] = view  # type: ignore[union-attr]
        return super().to_representation(rows)


def clocks_shown(view: clocks.View) -> dict[str, Any]:
    """Both promises in JSON; null where none is required."""
    return {kind: face and {**face, "due_at": utc_text(face["due_at"])} for kind, face in view.items()}


def with_alerts(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """Everything that `IncidentShape` reads, in a constant number of queries."""
    latest = Episode.objects.order_by("incident_id", "alert_id", "-starts_at", "-pk").distinct(
        "incident_id", "alert_id"
    )
    episodes = Prefetch("episodes", queryset=latest.select_related("alert"), to_attr="latest_episodes")
    return rows.select_related(*RELATED).prefetch_related(episodes)


class AcksShape(serializers.Serializer[dict[str, Any]]):
    """Where a policy asks for several acknowledgements: how many, and who gave theirs since paging began."""

    needed = serializers.IntegerField()
    given = serializers.ListField(child=serializers.EmailField())


class AlertShape(serializers.Serializer[Episode]):
    """An alert as it stands in one incident."""

    fingerprint = serializers.CharField(source="alert.fingerprint")
    status = serializers.SerializerMethodField()
    labels = serializers.DictField(child=serializers.CharField(), source="alert.labels")
    starts_at = Instant()
    ends_at = Instant(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(["firing", "resolved"]))
    def get_status(self, episode: Episode) -> str:
        """Whether it fires now."""
        return "resolved" if episode.closed_at else "firing"


class ClockShape(serializers.Serializer[Any]):
    """A promise: when, and what became of it."""

    due_at = Instant()
    state = serializers.ChoiceField(Clock.State.choices)


class ClocksShape(serializers.Serializer[Any]):
    """Both promises; null where none is required."""

    internal = ClockShape(allow_null=True)
    public = ClockShape(allow_null=True)


class IncidentShape(serializers.Serializer[Incident]):
    """An incident."""

    class Meta:
        list_serializer_class = WithClocks

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.views: dict[int, clocks.View] = {}

    number = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    service = ServiceSlug(allow_null=True)
    team = serializers.CharField(source="service.team.slug", allow_null=True)
    restricted = serializers.BooleanField()
    drill = serializers.BooleanField()
    acked_by = Person(allow_null=True)
    held_by = Person(allow_null=True)
    held_by_sender = serializers.CharField(help_text="source at whose sender it was acknowledged")
    held_until = Instant(allow_null=True)
    acks = AcksShape(allow_null=True)
    waits_until = Instant(allow_null=True)
    alerts = AlertShape(source="latest_episodes", many=True)
    impact_started_at = Instant(allow_null=True)
    detected_at = Instant()
    declared_at = Instant()
    first_page_at = Instant(allow_null=True)
    acked_at = Instant(allow_null=True)
    reacted_at = Instant(allow_null=True)
    mitigated_at = Instant(allow_null=True)
    resolved_at = Instant(allow_null=True)
    closed_at = Instant(allow_null=True)
    reopened = serializers.IntegerField()
    clocks = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`class` is a word of Python, so it cannot be written above."""
        return super().get_fields() | {"class": serializers.ChoiceField(Severity.choices, source="severity")}

    @extend_schema_field(ClocksShape)
    def get_clocks(self, incident: Incident) -> dict[str, Any]:
        """Both promises, right from the instant at which they follow from the incident's stamps."""
        return clocks_shown(self.views.get(incident.pk) or clocks.view_of(incident))

    def get_url(self, incident: Incident) -> str:
        """Where people find it."""
        return absolute(incident.path)


class EntryShape(serializers.Serializer[TimelineEntry]):
    """A line of the story."""

    id = serializers.IntegerField()
    at = Instant()
    kind = serializers.ChoiceField(Kind.choices)
    by = Person(allow_null=True)
    cause = serializers.CharField()
    text = serializers.CharField()
    data = serializers.DictField(child=serializers.JSONField())  # type: ignore[assignment]  # the metaclass takes it away


class RoleShape(serializers.Serializer[RoleTenure]):
    """Who holds or held a role, from when to when."""

    role = serializers.ChoiceField(RoleTenure.Role.choices)
    person = Person()
    start = Instant()
    end = Instant(allow_null=True)


class ImpactShape(serializers.Serializer[ImpactInterval]):
    """A stretch in which customers felt it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(ImpactInterval.Kind.choices)
    service = ServiceSlug()
    start = Instant()
    end = Instant(allow_null=True)
    share = serializers.FloatField()
    estimated = serializers.BooleanField()
    customer_visible = serializers.BooleanField()
    automatic = serializers.BooleanField()


class DeliveryShape(serializers.Serializer[Delivery]):
    """A page on one of the person's methods; the address itself is theirs alone."""

    method = serializers.CharField(source="method.slug", allow_null=True)
    kind = serializers.ChoiceField(ContactMethod.Kind.choices)
    state = serializers.ChoiceField(Delivery.State.choices)
    attempts = serializers.IntegerField(source="attempt")
    sent_at = Instant(allow_null=True)
    provider_ref = serializers.CharField()
    error = serializers.CharField()


class PageShape(serializers.Serializer[Page]):
    """A call for one person."""

    person = Person()
    step = serializers.IntegerField()
    round = serializers.IntegerField()
    reason = serializers.ChoiceField(Page.Reason.choices)
    because = serializers.CharField()
    created_at = Instant()
    seen_at = Instant(allow_null=True)
    acked_at = Instant(allow_null=True)
    deliveries = DeliveryShape(many=True)


class PageOfShape(PageShape):
    """The same, with the incident that it is about (null: a test page)."""

    incident = serializers.CharField(source="incident.number", allow_null=True)
