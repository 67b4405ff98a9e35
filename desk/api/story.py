"""What belongs to one incident: notes, roles, impact, its timeline and its pages; and the pages of all incidents."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk, Oldest
from desk.api.documented import bare, listed
from desk.api.fields import asked_instant
from desk.api.shapes import EntryShape, ImpactShape, PageOfShape, PageShape, RoleShape
from desk.api.typed import Impact, Note, TakeRole
from desk.guard import not_hidden
from incidents import command
from incidents.models import ImpactInterval, NotAllowed
from paging.models import Delivery, Page


class Notes(Desk):
    """Notes of an incident."""

    @extend_schema(request=Note, responses={201: EntryShape})
    def post(self, request: Request, number: str) -> Response:
        """Write a note into the story."""
        incident = self.incident_to_act_on(number, moves_state=False)
        entry = command.note(incident, by=self.person, text=self.words(Note)["text"], at=self.at)
        return Response(EntryShape(entry).data, status=201)


class Roles(Desk):
    """Who has held which role in an incident."""

    @listed(RoleShape)
    def get(self, request: Request, number: str) -> Response:
        """From the first."""
        return self.page_of(self.incident(number).tenures.select_related("person"), RoleShape, Oldest)

    @extend_schema(request=TakeRole, responses={201: RoleShape})
    def post(self, request: Request, number: str) -> Response:
        """Take a role, or give it to somebody; whoever held a role for one hands it on."""
        incident = self.incident_to_act_on(number, moves_state=False)
        words = self.words(TakeRole)
        holder = words.get("person", self.person)
        tenure = command.take_role(incident, role=words["role"], person=holder, by=self.person, at=self.at)
        return Response(RoleShape(tenure).data, status=201)


class Impacts(Desk):
    """The stretches in which customers felt an incident."""

    @listed(ImpactShape)
    def get(self, request: Request, number: str) -> Response:
        """From the first."""
        return self.page_of(self.incident(number).impacts.select_related("service"), ImpactShape, Oldest)

    @extend_schema(request=Impact, responses={201: ImpactShape})
    def post(self, request: Request, number: str) -> Response:
        """Write down a stretch by hand."""
        incident = self.incident_to_act_on(number, moves_state=True)
        words = {"service": incident.service} | self.words(Impact)
        if words["service"] is None:
            sentence = _("%s has no service: name the one that customers missed.") % incident
            raise NotAllowed(sentence, fields={"service": [sentence]})
        interval = command.set_impact(incident, interval=ImpactInterval(**words), by=self.person, at=self.at)
        return Response(ImpactShape(interval).data, status=201)


class Timeline(Desk):
    """The story of an incident."""

    @listed(EntryShape)
    def get(self, request: Request, number: str) -> Response:
        """From the beginning; the last `next` is null until there is more than a page."""
        return self.page_of(self.incident(number).timeline.select_related("by"), EntryShape, Oldest)


class PagesOfIncident(Desk):
    """Who was paged for an incident."""

    @bare(PageShape)
    def get(self, request: Request, number: str) -> Response:
        """From the first, with what became of each on each of the person's methods."""
        rows = Page.objects.filter(incident=self.incident(number))
        return self.array(_with_deliveries(rows), PageShape)


class Pages(Desk):
    """Who was paged."""

    @listed(
        PageOfShape, OpenApiParameter("since", OpenApiTypes.DATETIME, description="Only pages written from then on.")
    )
    def get(self, request: Request) -> Response:
        """Newest first; test pages are shown to their person only."""
        mine = Q(incident=None, person=self.person)
        rows = Page.objects.filter(mine | Q(incident__isnull=False) & not_hidden(self.person, "incident"))
        if since := request.query_params.get("since"):
            rows = rows.filter(created_at__gte=asked_instant(since, name="since", default=self.at))
        return self.page_of(_with_deliveries(rows), PageOfShape)


def _with_deliveries(rows: QuerySet[Page]) -> QuerySet[Page]:
    deliveries = Prefetch("deliveries", queryset=Delivery.objects.select_related("method"))
    return rows.select_related("person", "incident").prefetch_related(deliveries).order_by("pk")
