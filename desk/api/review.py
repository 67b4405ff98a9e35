"""The weekly review for scripts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.review import read
from review.shape import shape
from review.week import NoSuchWeekError

WEEK = OpenApiParameter(
    "week", OpenApiTypes.STR, OpenApiParameter.PATH, description="An ISO week of the organisation's zone: 2026-W47."
)


class OpsReview(Desk):
    """One week as managers look at it."""

    @extend_schema(parameters=[WEEK], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, week: str) -> Response:
        """Every figure by its key, with the week before and the address of its rows; durations are seconds.

        A value of null was not measured. Below five values none is summed up: they are listed.
        """
        try:
            review = read(week, self.person, self.at)
        except NoSuchWeekError as error:
            raise NotFound(str(error)) from error
        found: dict[str, Any] = shape(review, origin=settings.SHARPEND_URL)
        return Response(found)
