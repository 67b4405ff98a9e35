"""Incidents: the list, one, declaring or backfilling, editing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.documented import listed
from desk.api.shapes import IncidentShape, with_alerts
from desk.api.typed import Declare, Edit
from desk.guard import visible
from incidents import command, lifecycle
from incidents.declaring import declare
from incidents.models import NUMBER, Incident, IncidentQuerySet, State
from teams.models import Severity
from teams.permissions import may_declare, may_restrict

STATES = ["open", "all", *State.values]


def shown(incident: Incident) -> dict[str, Any]:
    """The incident as it is now, after the act too."""
    found: dict[str, Any] = IncidentShape(with_alerts(Incident.objects.filter(pk=incident.pk)).get()).data
    return found


class Incidents(Desk):
    """All incidents, newest first."""

    @listed(
        IncidentShape,
        OpenApiParameter("state", enum=STATES, default="open", description="`open`: all but those that are over."),
        OpenApiParameter("service", description="A slug."),
        OpenApiParameter("class", enum=Severity.values),
        OpenApiParameter("q", description="A part of the title, or a number such as INC-12."),
        name="incidents_list",
    )
    def get(self, request: Request) -> Response:
        """Those that are open, unless `state` asks for others."""
        return self.page_of(with_alerts(_filtered(visible(self.person), request)), IncidentShape)

    @extend_schema(request=Declare, responses={201: IncidentShape})
    def post(self, request: Request) -> Response:
        """Declare an incident; with `resolved_at` it is one of the past and pages nobody."""
        self.require(may_declare(self.standing))
        words = self.words(Declare)
        service = words["service"]
        if words["restricted"]:
            self.require(may_restrict(self.standing, service.team_id if service else None))
        incident = declare(
            title=words["title"],
            service=service,
            severity=words.get("class") or (service.default_class if service else "") or Severity.MAJOR,
            by=self.person,
            at=self.at,
            stamps={name: stamp for name, stamp in Declare.stamps(words).items() if stamp is not None},
            restricted=words["restricted"],
            drill=words["drill"],
            text=words["text"],
        )
        return Response(shown(incident), status=201)


class OneIncident(Desk):
    """One incident."""

    @extend_schema(responses=IncidentShape)
    def get(self, request: Request, number: str) -> Response:
        """The incident with its alerts, resolved ones too."""
        return Response(shown(self.incident(number)))

    @extend_schema(request=Edit, responses=IncidentShape)
    def patch(self, request: Request, number: str) -> Response:
        """Another title, another class, corrected time stamps (which need a `reason`): all of it, or nothing."""
        incident = self.incident_to_act_on(number, moves_state=False)
        words = self.words(Edit)
        stamps = Edit.stamps(words)
        if not stamps and not words.keys() & {"title", "class"}:
            raise ValidationError(_("Nothing to change: send title, class, or a time stamp with its reason."))
        self.require_act_on(incident, moves_state=bool(stamps) or "class" in words)
        with transaction.atomic():
            self._edit(incident, words)
            if stamps:
                command.edit_stamps(incident, stamps=stamps, reason=words["reason"], by=self.person, at=self.at)
        return Response(shown(incident))

    def _edit(self, incident: Incident, words: dict[str, Any]) -> None:
        by, at = self.person, self.at
        if "title" in words:
            lifecycle.retitle(incident, title=words["title"], by=by, at=at)
        if "class" in words:
            lifecycle.change_class(incident, to=words["class"], by=by, at=at, reason=words["reason"])


def _filtered(rows: IncidentQuerySet, request: Request) -> IncidentQuerySet:
    """What the query string asks for. Raises ValidationError (400) for a state or class that there is not."""
    asked = request.query_params
    state = _one_of(STATES, asked.get("state") or "open", "state")
    if state == "open":
        rows = rows.open()
    elif state != "all":
        rows = rows.filter(state=state)
    if severity := asked.get("class"):
        rows = rows.filter(severity=_one_of(Severity.values, severity, "class"))
    if service := asked.get("service"):
        rows = rows.filter(service__slug=service)
    if words := asked.get("q", "").strip():
        found = NUMBER.fullmatch(words)
        rows = rows.filter(Q(title__icontains=words) | Q(pk=int(found[1])) if found else Q(title__icontains=words))
    return rows


def _one_of(known: list[str], text: str, name: str) -> str:
    if text not in known:
        raise ValidationError({name: [_("Known are: %s.") % ", ".join(known)]})
    return text
