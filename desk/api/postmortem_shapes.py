"""Postmortems and public updates, as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from desk.api.fields import Instant, Person, absolute
from desk.api.shapes import ClocksShape, clocks_shown
from incidents.models import Incident
from postmortems import clocks, lifecycle
from postmortems.models import Answer, Clock, Postmortem, Remediation
from status.models import ComponentState, PublicIncident, PublicUpdate

LONGEST = 20_000  # characters of one text


class CheckShape(serializers.Serializer[Any]):
    """One requirement, whether it is met, and what to do about it."""

    key = serializers.CharField()
    ok = serializers.BooleanField()
    message = serializers.CharField(source="sentence")


class RowShape(serializers.Serializer[Any]):
    """A line of the timeline; a row that is not kept stays offered."""

    at = Instant()
    text = serializers.CharField(max_length=LONGEST)
    kept = serializers.BooleanField(required=False, default=True)


class AnswerShape(serializers.Serializer[Answer]):
    """What was answered to a question."""

    prompt = serializers.CharField()
    question = serializers.CharField(read_only=True)
    text = serializers.CharField(max_length=LONGEST, allow_blank=True)


class ItemShape(serializers.Serializer[Remediation]):
    """A remediation item in short; everything of it is at /remediations/{id}/."""

    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(max_length=300)
    type = serializers.ChoiceField(Remediation.Type.choices, required=False)
    priority = serializers.ChoiceField(Remediation.Priority.choices, required=False)
    state = serializers.CharField(read_only=True)
    owner = Person(allow_null=True, required=False)
    due = serializers.DateField(allow_null=True, required=False)
    done_when = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)


class PublicShape(serializers.Serializer[Postmortem]):
    """The version for customers; `text` is what is written, which visitors read once it is signed and published."""

    text = serializers.CharField(source="public_text")
    signed_by = Person(source="public_signed_by", allow_null=True)
    signed_at = Instant(source="public_signed_at", allow_null=True)
    published_at = Instant(allow_null=True)
    seen_at = Instant(allow_null=True)
    url = serializers.SerializerMethodField()
    checks = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_url(self, pm: Postmortem) -> str | None:
        """Where visitors find it; null until it is published."""
        told = PublicIncident.objects.filter(incident=pm.incident_id).first() if pm.published_at else None
        return absolute(told.path) if told else None

    @extend_schema_field(CheckShape(many=True))
    def get_checks(self, pm: Postmortem) -> Any:
        """What must be so before it is published."""
        return CheckShape(lifecycle.public_checks_of(pm), many=True).data


class PostmortemRow(serializers.Serializer[Any]):
    """A postmortem in a list."""

    incident = serializers.CharField(source="incident.number")
    title = serializers.CharField(source="incident.title")
    state = serializers.ChoiceField(Postmortem.State.choices)
    owner = Person(allow_null=True)
    clocks = serializers.SerializerMethodField()
    filed_at = Instant(allow_null=True)
    reviewed_at = Instant(allow_null=True)
    published_at = Instant(allow_null=True)
    url = serializers.SerializerMethodField()

    @extend_schema_field(ClocksShape)
    def get_clocks(self, pm: Postmortem) -> dict[str, Any]:
        """Both promises."""
        views: dict[int, clocks.View] = self.context.get("views", {})
        return clocks_shown(views.get(pm.incident_id) or clocks.view_of(pm.incident))

    def get_url(self, pm: Postmortem) -> str:
        """Where people find it."""
        return absolute(pm.path)


class PostmortemShape(PostmortemRow):
    """A postmortem. There is no root-cause field."""

    summary = serializers.CharField()
    impact = serializers.CharField()
    impact_unknown_because = serializers.CharField()
    surprises = serializers.CharField()
    went_well = serializers.CharField()
    no_items_because = serializers.CharField()
    data_loss = serializers.BooleanField()
    security = serializers.BooleanField()
    public_by_hand = serializers.BooleanField(allow_null=True)
    factors = serializers.SerializerMethodField()
    answers = AnswerShape(many=True)
    timeline = RowShape(source="rows", many=True)
    items = ItemShape(many=True)
    checks = serializers.SerializerMethodField()
    public = PublicShape(source="*")
    version = serializers.IntegerField()

    def get_factors(self, pm: Postmortem) -> list[str]:
        """What made it possible, in its order."""
        return [factor.text for factor in pm.factors.all()]

    @extend_schema_field(CheckShape(many=True))
    def get_checks(self, pm: Postmortem) -> Any:
        """What must be so before it is filed."""
        return CheckShape(lifecycle.checks_of(pm), many=True).data


class PublicText(serializers.Serializer[Any]):
    """The version for customers, as it is typed."""

    text = serializers.CharField(max_length=LONGEST, allow_blank=True)


class EditPostmortem(serializers.Serializer[Any]):
    """What may be changed; what is not sent stays. `version` is that of the text that was read: else 409."""

    summary = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    impact = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    impact_unknown_because = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    surprises = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    went_well = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    no_items_because = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    owner = Person(required=False)
    factors = serializers.ListField(child=serializers.CharField(max_length=2000), required=False, max_length=50)
    answers = AnswerShape(many=True, required=False, max_length=100)  # type: ignore[call-arg]
    timeline = RowShape(many=True, required=False, max_length=500)  # type: ignore[call-arg]
    items = ItemShape(many=True, required=False, max_length=50)  # type: ignore[call-arg]
    public = PublicText(required=False)
    data_loss = serializers.BooleanField(required=False)
    security = serializers.BooleanField(required=False)
    public_by_hand = serializers.BooleanField(required=False)
    because = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class OfClock(serializers.Serializer[Any]):
    """Which of both promises is meant."""

    kind = serializers.ChoiceField(Clock.Kind.choices, required=False, default=Clock.Kind.INTERNAL)


class Waive(OfClock):
    """Why it is not written."""

    code = serializers.ChoiceField(Clock.Waiver.choices)
    text = serializers.CharField(max_length=LONGEST)
    link = serializers.URLField(max_length=500, required=False, allow_blank=True, default="")


class Extend(OfClock):
    """More time, until `to` or by `hours`; without either as long as one extension may give."""

    to = Instant(required=False)
    hours = serializers.IntegerField(required=False, min_value=1, max_value=1000)
    reason = serializers.CharField(max_length=LONGEST)


class Publish(serializers.Serializer[Any]):
    """The title for customers, needed when nothing was said publicly yet."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class UpdateShape(serializers.Serializer[PublicUpdate]):
    """What customers were told."""

    id = serializers.CharField(source="code")
    title = serializers.CharField(source="public.title")
    status = serializers.ChoiceField(PublicUpdate.Status.choices)
    body = serializers.CharField()
    components = serializers.SerializerMethodField()
    at = Instant()
    by = Person(allow_null=True)
    next_by = Instant(allow_null=True)
    url = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.ChoiceField(ComponentState.choices)))
    def get_components(self, update: PublicUpdate) -> dict[str, str]:
        """The states that it gave to parts, by slug."""
        return {change.component.slug: change.new for change in update.changes.all()}

    def get_url(self, update: PublicUpdate) -> str:
        """Where visitors read it."""
        return absolute(update.public.path)


class PostUpdate(serializers.Serializer[Incident]):
    """One word to customers; `components` maps slugs to states, what is not named stays."""

    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    status = serializers.ChoiceField(PublicUpdate.Status.choices)
    body = serializers.CharField(max_length=LONGEST)
    components = serializers.DictField(child=serializers.CharField(max_length=40), required=False, default=dict)
    next_by = Instant(required=False, allow_null=True, default=None)
