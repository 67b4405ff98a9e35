"""What customers are told about an incident."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk, Oldest
from desk.api.documented import listed
from desk.api.postmortem_shapes import PostUpdate, UpdateShape
from status.models import PublicUpdate
from status.states import standing_updates
from status.writers import post_update


class Updates(Desk):
    """Public updates of an incident."""

    @listed(UpdateShape)
    def get(self, request: Request, number: str) -> Response:
        """From the first; those that were taken back are not among them."""
        rows = standing_updates().filter(public__incident=self.incident(number))
        rows = rows.select_related("public", "by").prefetch_related("changes__component")
        return self.page_of(rows, UpdateShape, Oldest)

    @extend_schema(request=PostUpdate, responses={201: UpdateShape})
    def post(self, request: Request, number: str) -> Response:
        """Publish one: everybody can read it at once."""
        incident = self.incident_to_act_on(number, moves_state=False)
        update: PublicUpdate = post_update(incident, **self.words(PostUpdate), by=self.person, at=self.at)
        return Response(UpdateShape(update).data, status=201)
