"""Training and agreements: who knows which pager or service, and who said that they carry it."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Person, ServiceSlug
from desk.training import may_take_back
from incidents.models import NotAllowed
from oncall import skills
from oncall.models import Agreement, Schedule, Training
from teams.models import Service, Team
from teams.permissions import may_record_agreement, may_record_training, may_write


class TrainingShape(serializers.Serializer[Training]):
    """Somebody was trained for a schedule (everything that it is asked for) or for one service; of the two one is null."""

    id = serializers.IntegerField()
    person = Person()
    schedule = serializers.CharField(source="schedule.slug", allow_null=True, default=None)
    service = serializers.CharField(source="service.slug", allow_null=True, default=None)
    on = serializers.DateField()
    trainer = serializers.CharField()
    holds_until = serializers.DateField(allow_null=True)


class TrainingTyped(serializers.Serializer[Training]):
    """One of `schedule` and `service`, by slug; without `holds_until` it does not lapse."""

    person = Person()
    schedule = serializers.SlugField(required=False, allow_null=True)
    service = ServiceSlug(required=False, allow_null=True)
    on = serializers.DateField()
    trainer = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    holds_until = serializers.DateField(required=False, allow_null=True, default=None)


class Trainings(Desk):
    """Trainings that were not taken back, lapsed ones too."""

    @listed(
        TrainingShape,
        OpenApiParameter("person", OpenApiTypes.EMAIL, description="Only those of this person."),
        name="training_list",
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = Training.objects.filter(removed_at=None).select_related("person", "schedule", "service")
        if email := request.query_params.get("person"):
            rows = rows.filter(person__email__iexact=email)
        return self.page_of(rows, TrainingShape)

    @extend_schema(request=TrainingTyped, responses={201: TrainingShape})
    def post(self, request: Request) -> Response:
        """Somebody was trained: for those who lead or manage the team. The same one twice is one."""
        words = self.words(TrainingTyped)
        slug, service = words.pop("schedule", None), words.pop("service", None)
        if bool(slug) == bool(service):
            raise _refused(_("Name a schedule or a service: one of the two."))
        target: Schedule | Service | None = (
            service or Schedule.objects.filter(archived_at=None).filter(slug=slug).first()
        )
        if target is None:
            raise _refused(_("There is no schedule %s here.") % slug)
        self.require(may_record_training(self.standing, target.team_id))
        made = skills.train(words.pop("person"), target, **words, by=self.person, at=self.at)
        return Response(TrainingShape(made).data, status=201)


class RemoveTraining(Desk):
    """It was wrong, or ended."""

    @extend_schema(request=None, responses=TrainingShape)
    def post(self, request: Request, number: int) -> Response:
        """Take it back; twice is once. What the organisation's file says is changed there."""
        self.require(may_write(self.standing))
        rows = Training.objects.filter(from_file=False).select_related("person", "schedule__team", "service__team")
        found = get_object_or_404(rows, pk=number)
        self.require(may_take_back(self.standing, found))
        skills.take_back(found, at=self.at)
        return Response(TrainingShape(found).data)


class AgreementShape(serializers.Serializer[Agreement]):
    """Somebody agreed to be on call for one schedule, or for those of one team; of the two one is null."""

    id = serializers.IntegerField()
    person = Person()
    schedule = serializers.CharField(source="schedule.slug", allow_null=True, default=None)
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    on = serializers.DateField()
    version = serializers.CharField()
    text = serializers.CharField()


class AgreementTyped(serializers.Serializer[Agreement]):
    """One of `schedule` and `team`, by slug; `version` names the text that was agreed to."""

    person = Person()
    schedule = serializers.SlugField(required=False, allow_null=True)
    team = serializers.SlugField(required=False, allow_null=True)
    on = serializers.DateField()
    version = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")
    text = serializers.CharField(required=False, allow_blank=True, max_length=4000, default="")


class Agreements(Desk):
    """Agreements that were not taken back."""

    @listed(
        AgreementShape,
        OpenApiParameter("person", OpenApiTypes.EMAIL, description="Only those of this person."),
        name="agreement_list",
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = Agreement.objects.filter(removed_at=None).select_related("person", "schedule", "team")
        if email := request.query_params.get("person"):
            rows = rows.filter(person__email__iexact=email)
        return self.page_of(rows, AgreementShape)

    @extend_schema(request=AgreementTyped, responses={201: AgreementShape})
    def post(self, request: Request) -> Response:
        """Somebody agreed: for themselves, and for those who lead or manage the team. The same one twice is one."""
        words = self.words(AgreementTyped)
        schedule, team = words.pop("schedule", None), words.pop("team", None)
        if bool(schedule) == bool(team):
            raise _refused(_("Name a schedule or a team: one of the two."))
        model: type[Schedule] | type[Team] = Schedule if schedule else Team
        target = model.objects.filter(archived_at=None, slug=schedule or team).first()
        if target is None:
            raise _refused(_("There is no %s here.") % (schedule or team))
        person, owner = words.pop("person"), target.team_id if isinstance(target, Schedule) else target.pk
        self.require(may_record_agreement(self.standing, of=person.pk, team=owner))
        made = skills.agree(person, target, **words, by=self.person, at=self.at)
        return Response(AgreementShape(made).data, status=201)


class RemoveAgreement(Desk):
    """It was wrong, or ended."""

    @extend_schema(request=None, responses=AgreementShape)
    def post(self, request: Request, number: int) -> Response:
        """Take it back; twice is once. What the organisation's file says is changed there."""
        self.require(may_write(self.standing))
        rows = Agreement.objects.filter(from_file=False).select_related("person", "schedule__team", "team")
        found = get_object_or_404(rows, pk=number)
        self.require(may_take_back(self.standing, found))
        skills.take_back(found, at=self.at)
        return Response(AgreementShape(found).data)


def _refused(sentence: str) -> NotAllowed:
    return NotAllowed(sentence, fields={"schedule": [sentence]})
