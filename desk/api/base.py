"""What every REST view of the desk has: who asks, what they may do, and what they typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from desk.guard import find_incident, roles_in
from foundation.rest import KeysetPagination
from incidents.models import Incident
from teams.models import User
from teams.permissions import Standing, may_act_on_incident, may_change_state, standing

RELATED = ("service__team", "acked_by", "held_by")


class BySlug(KeysetPagination):
    """Named things, in the order of their names."""

    ordering = "slug"


class Oldest(KeysetPagination):
    """Stories, from their beginning: following `next` leads to what is new."""

    ordering = "pk"


class Desk(APIView):
    """A view that knows its person and reads the clock once."""

    @cached_property
    def person(self) -> User:
        """Who asks. The permission class lets only holders of a token come here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    @cached_property
    def standing(self) -> Standing:
        """What is true of the person now."""
        return standing(self.person)

    @cached_property
    def at(self) -> datetime:
        """The instant of this request."""
        return timezone.now()

    def require(self, allowed: bool) -> None:
        """Refuse with 403 unless `allowed`."""
        if not allowed:
            raise PermissionDenied(_("Your role does not allow this."))

    def words(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The body as `shape` reads it. Raises `ValidationError` (400)."""
        typed = shape(data=self.request.data)
        typed.is_valid(raise_exception=True)
        cleaned: dict[str, Any] = typed.validated_data
        return cleaned

    def incident(self, number: str) -> Incident:
        """The incident called `number`. Raises Http404 when it is not there or not theirs to see."""
        return find_incident(self.person, number, related=RELATED)

    def incident_to_act_on(self, number: str, *, moves_state: bool) -> Incident:
        """The same, for a change. Raises Http404, and PermissionDenied (403) when this person may not."""
        incident = self.incident(number)
        self.require_act_on(incident, moves_state=moves_state)
        return incident

    def require_act_on(self, incident: Incident, *, moves_state: bool) -> None:
        """Refuse with 403 unless this person may act on it, or move its state."""
        roles = roles_in(incident, self.person)
        may = may_change_state if moves_state else may_act_on_incident
        self.require(may(self.standing, roles))

    def array(self, rows: Iterable[Any], shape: type[BaseSerializer[Any]]) -> Response:
        """`rows` as a bare array: they are few by nature."""
        return Response(shape(rows, many=True).data)

    def page_of(
        self,
        rows: QuerySet[Any],
        shape: type[BaseSerializer[Any]],
        pages: type[KeysetPagination] = KeysetPagination,
    ) -> Response:
        """A keyset page of `rows` as `{"results", "next"}`."""
        paginator = pages()
        found: list[Model] = paginator.paginate_queryset(rows, self.request, self)
        return paginator.get_paginated_response(shape(found, many=True).data)
