"""How views describe themselves to OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

View = TypeVar("View", bound=Callable[..., Any])

AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description="The instant that is asked about; without it, now.")
CURSOR = OpenApiParameter("cursor", description="Opaque: follow `next`.")


def listed(
    shape: type[serializers.Serializer[Any]], *parameters: OpenApiParameter, name: str | None = None
) -> Callable[[View], View]:
    """A view that answers `{"results": [...], "next": url|null}`."""
    fields = {"results": shape(many=True), "next": serializers.URLField(allow_null=True)}
    page = inline_serializer(f"ListOf{shape.__name__.removesuffix('Shape')}", fields=fields)
    described: Callable[[View], View] = extend_schema(
        operation_id=name, parameters=[*parameters, CURSOR], responses=page
    )
    return described


def bare(shape: type[serializers.Serializer[Any]], *parameters: OpenApiParameter) -> Callable[[View], View]:
    """A view that answers a bare array."""
    described: Callable[[View], View] = extend_schema(parameters=list(parameters), responses=shape(many=True))
    return described
