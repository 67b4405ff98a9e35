"""A real test page to oneself, and the word that it rang."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.answers import see_other
from desk.guard import person, row_number
from incidents.models import NotAllowed
from paging import answers, asking, methods
from paging.models import Page


@require_POST
def page_me(request: HttpRequest) -> HttpResponse:
    """Page myself on every method; with `seen` (a page's id) say that it rang. Observers may: it tests a phone.

    With `proves` the answer is about the mail of that test, which proves its address. `next` is where to go on.
    """
    user, at = person(request), timezone.now()
    if "seen" in request.POST:
        page = get_object_or_404(Page, pk=row_number(request.POST["seen"]) or 0, person=user)
        answers.answer_page(page, at=at, via="web") if page.incident is None else answers.seen(page, at=at)
        if "proves" in request.POST:
            methods.proved(page, at=at)
        messages.success(request, _("Good: it rang."))
        return see_other(request, reverse("desk:home"))
    try:
        asking.page_me(user, at=at)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return see_other(request, reverse("desk:settings_methods"))
    messages.success(request, _("A test page is on its way to you. Did it ring?"))
    return see_other(request, reverse("desk:home"))
