"""Absences: who cannot have a pager, and when."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person
from desk.api.oncall import SpanTyped
from desk.away import whom
from oncall import writers
from oncall.models import Absence
from oncall.wallclock import first_instant, last_instant
from teams.permissions import may_write


class AbsenceShape(serializers.Serializer[Absence]):
    """Somebody is away from `start` until before `end`, and is not paged by a schedule."""

    id = serializers.IntegerField()
    person = Person()
    start = serializers.SerializerMethodField()
    end = serializers.SerializerMethodField()
    reason = serializers.CharField()

    @extend_schema_field(Instant)
    def get_start(self, absence: Absence) -> str:
        """The instant that the person's wall clock means."""
        return Instant().to_representation(first_instant(absence.starts, absence.timezone))

    @extend_schema_field(Instant)
    def get_end(self, absence: Absence) -> str:
        """The same for the end."""
        return Instant().to_representation(last_instant(absence.ends, absence.timezone))


class AbsenceTyped(SpanTyped):
    """`from` and `to` without a zone are on the person's own clock; they may also be called `start` and `end`."""


class Absences(Desk):
    """Absences that were not taken back, past ones too."""

    @listed(
        AbsenceShape,
        OpenApiParameter("person", OpenApiTypes.EMAIL, description="Only those of this person."),
        name="absences_list",
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = Absence.objects.filter(removed_at=None).select_related("person")
        if email := request.query_params.get("person"):
            rows = rows.filter(person__email__iexact=email)
        return self.page_of(rows, AbsenceShape)

    @extend_schema(request=AbsenceTyped, responses={201: AbsenceShape})
    def post(self, request: Request) -> Response:
        """Somebody will be away: oneself, or, for managers, people of their teams. The same one twice is one."""
        words = self.words(AbsenceTyped)
        known = whom(self.standing, self.person).filter(pk=words["person"].pk)
        self.require(may_write(self.standing) and known.exists())
        made = writers.add_absence(
            words["person"], starts=words["from"], ends=words["to"], reason=words["reason"], by=self.person, at=self.at
        )
        return Response(AbsenceShape(made).data, status=201)


class RemoveAbsence(Desk):
    """They are there after all."""

    @extend_schema(request=None, responses=AbsenceShape)
    def post(self, request: Request, number: int) -> Response:
        """Take it back; twice is once."""
        self.require(may_write(self.standing))
        mine = Absence.objects.filter(person__in=whom(self.standing, self.person)).select_related("person")
        found = get_object_or_404(mine, pk=number)
        return Response(AbsenceShape(writers.remove_absence(found, at=self.at)).data)
