"""Signing in by a one-time link."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from teams.account import BACKEND
from teams.signin import find_link, is_open, use


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whom the link signs in and changes nothing (mail scanners follow links); POST uses it up."""
    at = timezone.now()
    link = find_link(token)
    if link is None:
        return _refuse(request, 404, _("This sign-in link is unknown. Perhaps it was copied in part."))
    if not link.user.is_active:
        return _refuse(request, 403, _("This account is switched off. An administrator can switch it on again."))
    if not is_open(link, at):
        return _refuse(request, 410, _("This sign-in link was used before, or it is older than 15 minutes."))
    if request.method != "POST":
        return render(request, "teams/signin.html", {"person": link.user})
    if not use(link, at):
        return _refuse(request, 410, _("This sign-in link was used a moment ago."))
    login(request, link.user, backend=BACKEND)
    return HttpResponseRedirect("/")


def _refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return render(request, "teams/signin_refused.html", {"sentence": sentence}, status=status)
