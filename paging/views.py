"""A page by its signed link: GET shows it, only POST answers, nobody signs in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from incidents.models import NotAllowed
from paging import answers, links, methods, pressed
from paging.models import Page


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page_link(request: HttpRequest, token: str) -> HttpResponse:
    """`/p/{token}/`. The token is the authority over this page alone; it neither reads nor makes a session."""
    try:
        page_id, person_id = links.read(token)
    except links.LinkExpired:
        return _private(_expired(request, 410))
    except links.LinkUnknown:
        return _private(_expired(request, 404))
    pages = Page.objects.select_related("incident__service", "incident__held_by", "person")
    page = pages.filter(pk=page_id, person=person_id, person__is_active=True).first()
    if page is None:
        return _private(_expired(request, 410))
    with timezone.override(ZoneInfo(page.person.timezone)):
        return _private(_answer(request, page, token) if request.method == "POST" else _show(request, page, token))


def _expired(request: HttpRequest, status: int) -> HttpResponse:
    unknown = status == 404  # noqa: PLR2004
    if pressed.by_a_program(request):
        return pressed.gone(status)
    return render(request, "paging/page_link_expired.html", {"unknown": unknown}, status=status)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: no cache and no other site gets it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _context(page: Page, token: str) -> dict[str, Any]:
    incident = page.incident
    others = [other for other in answers.live_pages(page.person) if other.pk != page.pk and other.incident != incident]
    shown = [
        {
            "incident": incident,
            "because": page.because,
            "open": incident.is_open,
            "held_by": incident.held_by or incident.held_by_sender,
            "in_part": answers.in_part(incident) if page.person.email in incident.acked_in_part else "",
            "gave": answers.gave(incident),
            "mine": incident.held_by_id == page.person_id,
        }
        for incident in ([incident] if incident else [])
    ]
    return {
        "page": page,
        "person": page.person,
        "test": page.incident is None,
        "incidents": shown,
        "others": [
            {"page": other, "path": f"/p/{links.sibling(token, other.pk, other.person_id)}/"} for other in others
        ],
        "at": timezone.now(),
    }


def _show(request: HttpRequest, page: Page, token: str, *, status: int = 200, refused: str = "") -> HttpResponse:
    """What the page says now: it asks, it is answered, or there is nothing left to do."""
    if pressed.by_a_program(request):
        return pressed.said(page, status=status, refused=refused)
    context, incident = _context(page, token), page.incident
    if incident is None:
        return render(request, "paging/page_link_done.html" if page.acked_at else "paging/page_link.html", context)
    if incident.is_open and incident.held_by_id == page.person_id:
        return render(request, "paging/page_link_done.html", {**context, "until": incident.held_until}, status=status)
    if not incident.is_open or incident.is_held:
        context |= {"refused": refused, "can_take": incident.is_open}
        return render(request, "paging/page_link_over.html", context, status=status)
    return render(
        request,
        "paging/page_link.html",
        {**context, "can_acknowledge": page.person.email not in incident.acked_in_part},
        status=status,
    )


def _answer(request: HttpRequest, page: Page, token: str) -> HttpResponse:
    """Acknowledge. When somebody else has it already, only `take=1` takes it over: a late tap says who has it."""
    now, incident = timezone.now(), page.incident
    answers.seen(page, at=now)
    taken = incident is not None and incident.is_held and incident.held_by_id != page.person_id
    asked = page.reason in {Page.Reason.ASKED_FOR_HELP, Page.Reason.HANDOVER}
    if taken and request.POST.get("take") != "1":
        if asked:
            answers.heard(page, at=now)
        return _show(request, page, token)
    if (
        incident is not None
        and incident.is_open
        and not incident.is_held
        and (late := pressed.too_long_ago(request, now))
    ):
        return _ask_again(request, page, token, late)
    try:
        page = answers.answer_page(page, at=now, via="link")
        if incident is None:
            methods.proved(page, at=now)  # only who reads what arrives there has the link
    except NotAllowed as error:
        page.refresh_from_db()
        return _show(request, page, token, status=409, refused=str(error))
    return _show(request, page, token)


def _ask_again(request: HttpRequest, page: Page, token: str, late: timedelta) -> HttpResponse:
    """A press that waited for a connection is not taken: whoever pressed it may be asleep, or long at something else."""
    words = pressed.again(late)
    if pressed.by_a_program(request):
        return pressed.asked_again(page, words)
    context = {**_context(page, token), "can_acknowledge": True, "again": words}
    return render(request, "paging/page_link.html", context, status=409)
