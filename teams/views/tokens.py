"""The keys of one's own scripts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from teams.forms import TokenForm
from teams.models import ApiToken
from teams.permissions import standing
from teams.views import viewer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and a form; POST makes one and shows its secret in the answer, this once."""
    user = viewer(request)
    form = TokenForm(request.POST or None, who=standing(user))
    secret = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        _token, secret = ApiToken.make(user, scope=data["scope"], name=data["name"], at=timezone.now())
        form = TokenForm(who=standing(user))
    mine = ApiToken.objects.filter(user=user, revoked_at=None).order_by("-pk")
    context = {"form": form, "tokens": mine, "secret": secret}
    return render(request, "teams/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one's own token; twice is as once."""
    token = get_object_or_404(ApiToken, pk=pk, user=viewer(request))
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    messages.success(request, _("The token %(hint)s… is revoked.") % {"hint": token.hint})
    return redirect("teams:tokens")
