"""Calendars that somebody else keeps: shifts of a schedule, absences, holidays."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.fields import Instant, Person
from desk.away import whom
from desk.calendar_forms import Address
from desk.calendars import asked_now, of_people
from incidents.models import NotAllowed
from oncall.calendar_fetch import host_of
from oncall.calendars import add_calendar, remove_calendar
from oncall.models import DutyRole, ImportedCalendar, Schedule
from oncall.models.imported import MOST_ADDRESS
from teams.models import Team
from teams.permissions import may_edit_team_config, may_write

Kind = ImportedCalendar.Kind


class CalendarShape(serializers.Serializer[ImportedCalendar]):
    """A calendar that is read every 15 minutes. Its address is a secret and is not told; `host` says where it leads."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Kind.choices)
    name = serializers.CharField()
    schedule = serializers.CharField(source="schedule.slug", default=None, allow_null=True)
    role = serializers.ChoiceField(DutyRole.choices)
    person = Person(allow_null=True)
    team = serializers.CharField(source="team.slug", default=None, allow_null=True)
    host = serializers.SerializerMethodField()
    good_at = Instant(allow_null=True, help_text="When what is kept here was last known to be right.")
    failing_since = Instant(allow_null=True)
    error = serializers.CharField()

    def get_host(self, calendar: ImportedCalendar) -> str:
        """Where the address leads."""
        return host_of(calendar.address)


class CalendarTyped(serializers.Serializer[Any]):
    """`schedule` for shifts, `person` or `team` for absences, `team` for holidays."""

    kind = serializers.ChoiceField(Kind.choices)
    address = serializers.CharField(max_length=MOST_ADDRESS)
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    schedule = serializers.SlugField(required=False, max_length=100)
    role = serializers.ChoiceField(DutyRole.choices, required=False, default=DutyRole.PRIMARY)
    person = Person(required=False)
    team = serializers.SlugField(required=False, max_length=100)

    def validate_address(self, typed: str) -> str:
        """The address to ask. Raises NotAllowed (422) for what is none."""
        try:
            address: str = Address().clean(typed)
        except ValidationError as refusal:
            sentence = " ".join(refusal.messages)
            raise NotAllowed(sentence, fields={"address": [sentence]}) from refusal
        return address


class Calendars(Desk):
    """Calendars that are kept and were not removed."""

    @listed(CalendarShape, name="calendars_list")
    def get(self, request: Request) -> Response:
        """Those of every schedule, and of the people and teams for whom one may speak."""
        return self.page_of(readable(self).filter(removed_at=None), CalendarShape)

    @extend_schema(request=CalendarTyped, responses={201: CalendarShape})
    def post(self, request: Request) -> Response:
        """Read it now and keep it; the same address twice is one. 422 with the reason when it cannot be read."""
        self.require(may_write(self.standing))
        draft = self._draft(self.words(CalendarTyped))
        return Response(
            CalendarShape(add_calendar(draft, asked_now(draft, self.at), by=self.person, at=self.at)).data, status=201
        )

    def _draft(self, words: dict[str, Any]) -> ImportedCalendar:
        """What would be kept. Raises PermissionDenied (403), and NotAllowed (422) for what does not fit together."""
        draft = ImportedCalendar(kind=words["kind"], address=words["address"], name=words["name"])
        if words["kind"] == Kind.LAYER:
            draft.schedule = Schedule.objects.filter(slug=words.get("schedule", ""), archived_at=None).first()
            draft.role = words["role"]
            team = draft.schedule.team_id if draft.schedule else None
        elif words["kind"] == Kind.ABSENCES and "person" in words:
            draft.person = words["person"]
            self.require(whom(self.standing, self.person).filter(pk=words["person"].pk).exists())
            return draft
        else:
            draft.team = Team.objects.filter(slug=words.get("team", ""), archived_at=None).first()
            team = draft.team.pk if draft.team else None
        if team is None:
            field = "schedule" if words["kind"] == Kind.LAYER else "team"
            raise NotAllowed(_("Say whose calendar it is."), fields={field: [_("There is none of this name.")]})
        self.require(may_edit_team_config(self.standing, team))
        return draft


class RemoveCalendar(Desk):
    """It says nothing from now on."""

    @extend_schema(request=None, responses=CalendarShape)
    def post(self, request: Request, number: int) -> Response:
        """Forget its address and what lies ahead in it; what is over stays. Twice is once."""
        self.require(may_write(self.standing))
        found = get_object_or_404(readable(self), pk=number)
        if found.schedule:
            self.require(may_edit_team_config(self.standing, found.schedule.team_id))
        remove_calendar(found, at=self.at)
        return Response(CalendarShape(readable(self).get(pk=number)).data)


def readable(asking: Desk) -> QuerySet[ImportedCalendar]:
    """Those of schedules, and those of people and teams for whom who asks may speak; removed ones too."""
    known = Q(kind=Kind.LAYER, schedule__archived_at=None) | of_people(asking.standing, asking.person)
    return ImportedCalendar.objects.filter(known).select_related("schedule", "person", "team")
