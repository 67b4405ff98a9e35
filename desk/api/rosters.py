"""What people agree on about a schedule: swaps, covers, and words for whoever has it next."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import bare, listed
from desk.api.fields import Instant, Person
from desk.api.oncall import SpanTyped, live_schedule
from desk.override import may_begin_then
from desk.swaps import act_of, tell_answered, tell_asked
from incidents.models import NotAllowed
from oncall import writers
from oncall.models import Cover, DutyRole, HandoverNote, Swap
from oncall.swaps import Span, ask_swap
from oncall.wallclock import first_instant, last_instant
from paging.handovers import notes_of
from teams.permissions import may_move_shift, may_write


class SwapShape(serializers.Serializer[Swap]):
    """`asked_by` asks `asked` to take [start, end), perhaps for [back_start, back_end) in return."""

    id = serializers.IntegerField()
    schedule = serializers.CharField(source="schedule.slug")
    role = serializers.ChoiceField(DutyRole.choices)
    asked_by = Person()
    asked = Person()
    start = Instant()
    end = Instant()
    back_start = Instant(allow_null=True)
    back_end = Instant(allow_null=True)
    note = serializers.CharField()
    state = serializers.ChoiceField(Swap.State.choices)


class SwapTyped(serializers.Serializer[Any]):
    """A shift of one's own and, when `back_start` is given, one of theirs. Shifts are whole, as the schedule has them."""

    asked = Person()
    start = Instant()
    end = Instant()
    back_start = Instant(required=False, allow_null=True, default=None)
    back_end = Instant(required=False, allow_null=True, default=None)
    role = serializers.ChoiceField(DutyRole.choices, required=False, default=DutyRole.PRIMARY)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class CoverTyped(SpanTyped):
    """`person` stands in for `covered` wherever they are on duty; times without a zone are the schedule's."""

    covered = Person()
    role = serializers.ChoiceField(DutyRole.choices, required=False, default=DutyRole.PRIMARY)


class CoverShape(serializers.Serializer[Cover]):
    """`person` stands in for `covered` where they are on duty from `start` until before `end`."""

    id = serializers.IntegerField()
    person = Person()
    covered = Person()
    role = serializers.ChoiceField(DutyRole.choices)
    start = serializers.SerializerMethodField()
    end = serializers.SerializerMethodField()
    reason = serializers.CharField()

    @extend_schema_field(Instant)
    def get_start(self, cover: Cover) -> str:
        """The instant that the schedule's wall clock means."""
        return Instant().to_representation(first_instant(cover.starts, cover.zone))

    @extend_schema_field(Instant)
    def get_end(self, cover: Cover) -> str:
        """The same for the end."""
        return Instant().to_representation(last_instant(cover.ends, cover.zone))


class NoteShape(serializers.Serializer[HandoverNote]):
    """A word for whoever has it next."""

    author = Person()
    text = serializers.CharField()
    created_at = Instant()


class NoteTyped(serializers.Serializer[Any]):
    """The word."""

    text = serializers.CharField(max_length=4000)


class Swaps(Desk):
    """Swaps that were asked of one, or by one."""

    @listed(SwapShape, name="swaps_list")
    def get(self, request: Request) -> Response:
        """The newest first, answered ones too."""
        mine = Swap.objects.filter(Q(asked=self.person) | Q(asked_by=self.person))
        return self.page_of(mine.select_related("schedule", "asked", "asked_by"), SwapShape)


class AskSwap(Desk):
    """Ask a colleague to take a shift."""

    @extend_schema(request=SwapTyped, responses={201: SwapShape})
    def post(self, request: Request, slug: str) -> Response:
        """They hear it by mail and on their page Now; the same question twice is one."""
        self.require(may_write(self.standing))
        schedule, words = live_schedule(slug), self.words(SwapTyped)
        back = None
        if words["back_start"] and words["back_end"]:
            back = Span(words["back_start"], words["back_end"], words["role"])
        made = ask_swap(
            schedule,
            by=self.person,
            asked=words["asked"],
            shift=Span(words["start"], words["end"], words["role"]),
            back=back,
            at=self.at,
            note=words["note"],
        )
        if made.created_at == self.at:
            tell_asked(made, self.at)
        return Response(SwapShape(made).data, status=201)


class AnswerSwap(Desk):
    """Say yes or no to a swap, or ask no more."""

    @extend_schema(request=None, responses=SwapShape)
    def post(self, request: Request, number: int, answer: str) -> Response:
        """`accept` and `decline` by who was asked, `withdraw` by who asked, `approve` and `refuse` for the team."""
        found = get_object_or_404(Swap.objects.select_related("schedule"), pk=number)
        act = act_of(found, answer, self.standing)
        if act is None:
            raise Http404
        try:
            made = act(found, by=self.person, at=self.at)
        except ValidationError as refusal:
            raise NotAllowed(" ".join(refusal.messages)) from refusal
        tell_answered(made, self.at)
        return Response(SwapShape(made).data)


class Covers(Desk):
    """Covers of a schedule."""

    @extend_schema(request=CoverTyped, responses={201: CoverShape})
    def post(self, request: Request, slug: str) -> Response:
        """Somebody stands in: for oneself, oneself, or, by managers of the team, anybody."""
        schedule, words = live_schedule(slug), self.words(CoverTyped)
        people = [words["person"].pk, words["covered"].pk]
        self.require(may_move_shift(self.standing, team=schedule.team_id, people=people))
        said = {"starts": words["from"], "ends": words["to"], "reason": words["reason"], "role": words["role"]}
        with transaction.atomic():
            made = writers.add_cover(
                schedule, person=words["person"], covered=words["covered"], by=self.person, at=self.at, **said
            )
            self.require(may_begin_then(self.standing, schedule, made.starts, self.at))
        return Response(CoverShape(made).data, status=201)


class HandoverNotes(Desk):
    """Words for whoever has it next."""

    @bare(NoteShape)
    def get(self, request: Request, slug: str) -> Response:
        """Those that the next one will be told."""
        return self.array(notes_of([live_schedule(slug)]), NoteShape)

    @extend_schema(request=NoteTyped, responses={201: NoteShape})
    def post(self, request: Request, slug: str) -> Response:
        """Leave one."""
        self.require(may_write(self.standing))
        made = writers.leave_note(live_schedule(slug), by=self.person, text=self.words(NoteTyped)["text"], at=self.at)
        return Response(NoteShape(made).data, status=201)
