"""One page for everything that is set up by hand: new, changed, archived, brought back; the same refusals everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from desk.answers import inside, see_other
from desk.guard import person, require, who
from desk.setup_fields import zones
from desk.setup_form import SetupForm
from desk.setup_rows import rearranged
from teams import setup
from teams.people import Refused
from teams.permissions import Standing

Word = str | Promise
Sent = Callable[[HttpRequest, Any, bool], HttpResponse | None]


@dataclass(frozen=True)
class Thing:
    """A kind of thing and its words. `may` is asked of a new row too; `needed_by` names what in use refers to a row.

    `look` is the word on the button that shows what saving would bring about; with `look_first` saving comes after it.
    `foresee` finds that out without saving, where it takes its time: nothing is locked meanwhile.
    `done` may answer instead of the way back: it gets the row and whether it was made just now.
    """

    model: Any
    form: type[SetupForm]
    fresh: Word
    what: Word
    may: Callable[[Standing, Any], bool]
    home: Callable[[Any], str]
    needed_by: Callable[[Any], list[str]]
    look: Word = ""
    look_first: bool = False
    foresee: Callable[[Any, Any, datetime], Any] | None = None
    done: Sent | None = None
    template: str = "desk/setup_thing.html"


class Overtaken(Exception):
    """Somebody saved it after this form was shown."""


def answer(request: HttpRequest, thing: Thing, slug: str | None) -> HttpResponse:
    """The page of one thing (None: of a new one). POST `act` = save, look, edit, archive, bring_back or a row's act."""
    row = _found(thing, slug)
    require(thing.may(who(request), row))
    form = thing.form(None, row=row, user=person(request), standing=who(request), asked=request.GET.dict())
    if request.method != "POST":
        return show(request, thing, form)
    if row.from_file:
        return show(request, thing, form, status=422)
    act = request.POST.get("act", "save")
    if row.archived_at or act == "archive":
        return _put(request, thing, form, act)
    data = rearranged(request.POST, act)
    form = thing.form(data or request.POST, row=row, user=person(request), standing=who(request))
    if data is not None or act == "edit":
        form.be_quiet()
        return show(request, thing, form)
    if not form.is_valid():
        return show(request, thing, form, status=422)
    require(form.is_allowed(), _("This belongs to a team that is not yours to set up."))
    try:
        if act == "look" and thing.look:
            return show(request, thing, form, preview=_preview(request, thing, form))
        if thing.look_first and not request.POST.get("read"):
            seen = _preview(request, thing, form)
            if seen.unread:
                return show(request, thing, form, preview=seen, status=REFUSED)
        return _save(request, thing, form)
    except Refused as refusal:
        form.add_error(form.title_field, str(refusal))
        return show(request, thing, form, status=422)


def _found(thing: Thing, slug: str | None) -> Any:  # noqa: ANN401
    if slug is None:
        return thing.model()
    row = thing.model.objects.filter(slug=slug).first()
    if row is None:
        raise Http404(_("There is no such thing here."))
    return row


def _put(request: HttpRequest, thing: Thing, form: SetupForm, act: str) -> HttpResponse:
    """Archive, or bring back what is archived; anything else is too late for an archived one."""
    row, by = form.row, person(request)
    if act == "bring_back":
        setup.bring_back(row, by=by)
        messages.success(request, _("%s is in use again.") % row)
        return see_other(request, thing.home(row))
    if act != "archive":
        return show(request, thing, form, status=409)
    users = [] if row.archived_at else thing.needed_by(row)
    if users:
        messages.error(request, _("%(row)s is still needed by %(users)s.") % {"row": row, "users": ", ".join(users)})
        return show(request, thing, form, status=422)
    setup.archive(row, by=by, at=timezone.now())
    messages.success(request, _("%s is archived: nothing is deleted, and its page can bring it back.") % row)
    return see_other(request, "/setup/")


def _preview(request: HttpRequest, thing: Thing, form: SetupForm) -> Any:  # noqa: ANN401
    """What the form would bring about, by doing it and taking it back: the preview cannot disagree with the pager."""
    row, at = _found(thing, form.row.slug if form.row.pk else None), timezone.now()
    if thing.foresee:
        return thing.foresee(form, row, at)
    with transaction.atomic():
        form.save(row, by=person(request), at=at)
        seen = form.preview(row, at)  # type: ignore[attr-defined]  # things with `look` have it
        transaction.set_rollback(True)
    return seen


def _save(request: HttpRequest, thing: Thing, form: SetupForm) -> HttpResponse:
    made = form.row.pk is None
    try:
        with transaction.atomic():
            row, is_twin = _written(request, thing, form)
    except Overtaken:
        form.add_error(
            None, _("Somebody changed it while this form was open. Look at it as it is now, then change it.")
        )
        return show(request, thing, form, status=409)
    if thing.done and (response := thing.done(request, row, made)):
        return response
    if not is_twin:
        messages.success(request, _("Saved: %s.") % row)
    return see_other(request, thing.home(row))


def _written(request: HttpRequest, thing: Thing, form: SetupForm) -> tuple[Any, bool]:
    """The row as it stands now, and whether another one of that name said the same already: a form that was sent twice."""
    by, at = person(request), timezone.now()
    setup.one_at_a_time(thing.model)
    named = {f"{form.title_field}__iexact": form.cleaned_data[form.title_field]}
    twin = thing.model.objects.filter(archived_at=None, **named).exclude(pk=form.row.pk).first()
    if twin is not None:
        if form.row.pk is None and _says_the_same(form, twin, request):
            return twin, True
        raise Refused(_("There is one of this name already."))
    row = form.row
    if row.pk:
        row = thing.model.objects.select_for_update().get(pk=row.pk)
        if form.fingerprint(row) != request.POST.get("was"):
            raise Overtaken
    form.save(row, by=by, at=at)
    return row, False


def _says_the_same(form: SetupForm, twin: Any, request: HttpRequest) -> bool:  # noqa: ANN401
    if twin.from_file:
        return False
    before = form.fingerprint(twin)
    with transaction.atomic():
        form.save(twin, by=person(request), at=timezone.now())
        after = form.fingerprint(twin)
        transaction.set_rollback(True)
    twin.refresh_from_db()
    return before == after


def show(
    request: HttpRequest, thing: Thing, form: SetupForm, *, preview: Any = None, status: int = 200
) -> HttpResponse:
    """The page: the form, or why there is none."""
    row = form.row
    saved = type(row).objects.filter(pk=row.pk).first() if row.pk else None
    asked = request.POST if request.method == "POST" else request.GET
    hidden = [(name, value) for name, values in request.POST.lists() for value in values if name not in NOT_REPEATED]
    context = {
        "at": timezone.now(),
        "thing": thing,
        "form": form,
        "row": saved,
        "was": (asked.get("was") if form.is_bound else None) or (form.fingerprint(saved) if saved else ""),
        "next": inside(request, asked.get("next", "")),
        "refused": status == REFUSED and form.is_bound,
        "home": thing.home(saved) if saved else "/setup/",
        "preview": preview,
        "typed": hidden if preview is not None else [],
        "zones": zones() if "timezone" in form.fields else [],
    }
    return render(request, thing.template, context, status=status)


REFUSED = 422
NOT_REPEATED = {"csrfmiddlewaretoken", "act", "read", "holder"}
