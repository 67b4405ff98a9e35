"""The phone's "More" as a page of its own, for those without scripts or popovers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """Links to everything that the bottom bar has no room for."""
    return render(request, "desk/more.html", {})
