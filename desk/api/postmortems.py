"""Postmortems: the list, one, writing it, and what is done to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.postmortem_edit import edit
from desk.api.postmortem_shapes import EditPostmortem, Extend, PostmortemRow, PostmortemShape, Publish, Waive
from desk.api.typed import Nothing
from desk.learning import faces_of
from desk.postmortem_can import may_extend, may_sign, may_waive
from desk.postmortems import overdue, theirs
from foundation.rest import KeysetPagination
from incidents.models import NotAllowed
from postmortems import clocks, lifecycle
from postmortems.models import Clock, Postmortem
from status import publishing
from teams.permissions import may_act_on_incident

STATES = Postmortem.State.values
Words = dict[str, Any]


class Postmortems(Desk):
    """All postmortems, newest first."""

    @listed(
        PostmortemRow,
        OpenApiParameter("overdue", enum=Clock.Kind.values, description="Only those of which this promise is over."),
        OpenApiParameter("state", enum=STATES),
        name="postmortems_list",
    )
    def get(self, request: Request) -> Response:
        """In every state unless `state` asks for one."""
        rows = theirs(self.person)
        if kind := request.query_params.get("overdue"):
            rows = overdue(rows, self._known(Clock.Kind.values, kind, "overdue"), self.at)
        if state := request.query_params.get("state"):
            rows = rows.filter(state=self._known(STATES, state, "state"))
        pages = KeysetPagination()
        found = pages.paginate_queryset(rows, request, self)
        views = clocks.views_of([pm.incident for pm in found], at=self.at)
        return pages.get_paginated_response(PostmortemRow(found, many=True, context={"views": views}).data)

    @staticmethod
    def _known(known: list[str], text: str, name: str) -> str:
        if text not in known:
            raise ValidationError({name: [_("Known are: %s.") % ", ".join(known)]})
        return text


class Writing(Desk):
    """A view of one postmortem."""

    def postmortem(self, number: str, *, writes: bool = True) -> Postmortem:
        """The postmortem of this incident. Raises Http404, and PermissionDenied (403) when this person may not write."""
        incident = self.incident(number)
        found = theirs(self.person).filter(incident=incident).select_related("public_signed_by").first()
        if found is None:
            found = Postmortem.objects.filter(incident=incident).select_related("owner").first()
        if found is None:
            raise Http404
        found.incident = incident
        if writes:
            self.require(may_act_on_incident(self.standing))
        return found

    def shown(self, pm: Postmortem) -> Words:
        """The postmortem as it is now, after the act too."""
        rows = Postmortem.objects.select_related("incident__service__team", "owner", "public_signed_by")
        rows = rows.prefetch_related("rows", "factors", "answers", "items__owner")
        return dict(PostmortemShape(rows.get(pk=pm.pk)).data)


class OnePostmortem(Writing):
    """One postmortem."""

    @extend_schema(responses=PostmortemShape)
    def get(self, request: Request, number: str) -> Response:
        """What is written, with its checks and clocks. 404 when the incident has none."""
        return Response(self.shown(self.postmortem(number, writes=False)))

    @extend_schema(request=EditPostmortem, responses=PostmortemShape)
    def patch(self, request: Request, number: str) -> Response:
        """Write: all that was sent, or nothing. 409 when somebody wrote since `version`, and who is said.

        `factors` replaces the list; `answers`, `timeline` and `items` add to what is there: an answer by its prompt, a row
        by its instant and text (so that `kept` can be changed), an item always.
        """
        pm = self.postmortem(number)
        with transaction.atomic():
            edit(pm, self.words(EditPostmortem), by=self.person, at=self.at)
        return Response(self.shown(pm))


class Act(Writing):
    """One act. Refusals: 404 not there or not theirs, 403 not allowed, 409 somebody was faster, 422 the unmet checks."""

    typed: ClassVar[type[Serializer[Any]]] = Nothing

    def post(self, request: Request, number: str) -> Response:
        """Do it."""
        pm = self.postmortem(number)
        self.act(pm, self.words(self.typed))
        return Response(self.shown(pm))

    def act(self, pm: Postmortem, words: Words) -> None:
        """What this act does. Raises NotAllowed."""
        raise NotImplementedError


@extend_schema(request=Nothing, responses=PostmortemShape)
class File(Act):
    """It is complete: the internal clock stops. 422 with the unmet checks in `fields.checks`."""

    def act(self, pm: Postmortem, words: Words) -> None:
        """Stamps `filed_at`."""
        lifecycle.file(pm, self.person, self.at)


@extend_schema(request=Nothing, responses=PostmortemShape)
class Review(Act):
    """From filed to in review, from in review to reviewed."""

    def act(self, pm: Postmortem, words: Words) -> None:
        """One step."""
        lifecycle.review(pm, self.person, self.at)


@extend_schema(request=Publish, responses=PostmortemShape)
class PublishIt(Act):
    """Let visitors read it. Whoever speaks for us, or manages the team, signs it by this; 422 with the unmet checks."""

    typed = Publish

    def act(self, pm: Postmortem, words: Words) -> None:
        """The clock stops when an anonymous GET of its address was answered."""
        signs = may_sign(self.standing, pm.incident)
        if not signs and pm.public_signed_at is None:
            raise PermissionDenied(_("The point of contact signs and publishes, or a manager of the team."))
        with transaction.atomic():
            if pm.public_signed_at is None:
                lifecycle.sign(pm, self.person, self.at)
            publishing.publish_postmortem(pm, by=self.person, at=self.at, title=words["title"])


@extend_schema(request=Nothing, responses=PostmortemShape)
class Unpublish(Act):
    """Take it off the public page; its clock runs again with the deadline that it had."""

    def act(self, pm: Postmortem, words: Words) -> None:
        """By who may sign."""
        self.require(may_sign(self.standing, pm.incident))
        publishing.unpublish_postmortem(pm, by=self.person, at=self.at)


@extend_schema(request=Waive, responses=PostmortemShape)
class WaiveIt(Act):
    """It is not written, for a reason that the weekly review lists: by a manager of the team or the point of contact."""

    typed = Waive

    def act(self, pm: Postmortem, words: Words) -> None:
        """The clock ends."""
        self.require(may_waive(self.standing, pm.incident))
        kind, code, text = words["kind"], words["code"], words["text"]
        lifecycle.waive(pm, kind, code, text, words["link"], by=self.person, at=self.at)


@extend_schema(request=Extend, responses=PostmortemShape)
class ExtendIt(Act):
    """More time: granted when a manager of the team or the lead of its area sends it, asked for when the owner does."""

    typed = Extend

    def act(self, pm: Postmortem, words: Words) -> None:
        """The deadline moves, or the manager is asked."""
        kind, reason = words["kind"], words["reason"]
        if not may_extend(self.standing, pm.incident):
            lifecycle.ask_extension(pm, kind, reason, self.person, self.at)
            return
        until = words.get("to")
        if until is None and words.get("hours"):
            faces = faces_of(pm.incident, self.at, pm)
            face = faces.internal if kind == Clock.Kind.INTERNAL else faces.public
            if face is None:
                raise NotAllowed(_("No such deadline is running for %s.") % pm.incident)
            until = face.due_at + timedelta(hours=words["hours"])
        lifecycle.extend(pm, kind, until, reason=reason, by=self.person, at=self.at)


@extend_schema(request=Nothing, responses=PostmortemShape)
class AskForOne(Writing):
    """Anybody asks for a postmortem of an incident that owes none."""

    def post(self, request: Request, number: str) -> Response:
        """Its draft is there at once."""
        incident = self.incident_to_act_on(number, moves_state=False)
        return Response(self.shown(lifecycle.request(incident, self.person, self.at)))
