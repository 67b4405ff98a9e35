"""The API's description of itself, and the answer where there is no address."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from teams.tokens import ScopeAllows


class Schema(SpectacularAPIView):
    """OpenAPI 3, for every holder of a token."""

    permission_classes = (ScopeAllows,)


@extend_schema(exclude=True)
class Nowhere(APIView):
    """Every other address below: 404 as JSON, and no redirect, which would turn a POST into a GET."""

    permission_classes = ()
    authentication_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse whatever the method is."""
        raise Http404
