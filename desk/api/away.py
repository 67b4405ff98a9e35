"""Absences: who cannot have a pager, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person
from desk.api.oncall import OnTheClock
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


class AbsenceTyped(serializers.Serializer[Any]):
    """`from` and `to` without a zone are on the person's own clock; they may also be called `start` and `end`."""

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
