"""A page by its signed link: GET shows it, only POST answers, nobody signs in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from incidents.models import NotAllowed
from paging import answers, links
from paging.models import Page


def _show(request: HttpRequest, page: Page | None, *, status: int = 200, **extra: object) -> HttpResponse:
    incident = page.incident if page else None
    held_by_other = incident is not None and incident.held_by_id not in {None, page.person_id if page else None}
    context = {
        "page": page,
        "incident": incident,
        "is_open": incident is not None and incident.is_open,
        "yours": incident is not None and page is not None and incident.held_by_id == page.person_id,
        "held_by_other": held_by_other,
        "others": [other for other in answers.live_pages(page.person) if page and other.pk != page.pk] if page else [],
        **extra,
    }
    response = render(request, "paging/page_link.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page_link(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/{token}/`. The token is the authority; it neither reads nor makes a session."""
    try:
        page_id, person_id = links.read(token)
    except links.LinkExpired:
        return _show(request, None, status=410, problem="expired")
    except links.LinkUnknown:
        return _show(request, None, status=404, problem="unknown")
    page = (
        Page.objects.select_related("incident__service", "incident__held_by", "person")
        .filter(pk=page_id, person=person_id, person__is_active=True)
        .first()
    )
    if page is None:
        return _show(request, None, status=410, problem="gone")
    if request.method != "POST":
        return _show(request, page)
    return _answer(request, page)


def _answer(request: HttpRequest, page: Page) -> HttpResponse:
    """Acknowledge; when somebody else has it already, only `take=1` takes it over, so that a late second tap says who."""
    incident = page.incident
    taken = incident is not None and incident.is_held and incident.held_by_id != page.person_id
    if taken and request.POST.get("take") != "1":
        answers.seen(page, at=timezone.now())
        return _show(request, page)
    try:
        page = answers.answer_page(page, at=timezone.now(), via="link")
    except NotAllowed as error:
        return _show(request, page, status=409, problem="over", message=str(error))
    return _show(request, page, answered=True)
