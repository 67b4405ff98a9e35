"""The page of one remediation item: what it is, what comes next as plain forms, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from desk.answers import see_other
from desk.guard import person, require, who
from desk.remediation_acts import ACTS, Doing, find_item, waiting_block
from desk.undo_offer import tell
from desk.undo_plans import block_offer
from incidents.models import NotAllowed
from postmortems import item_rules as rules
from postmortems.item_door import day, manager_of
from postmortems.models import ItemEvent, Remediation, UnblockRequest
from teams.models import User

SHOWN_FIRST = 2
"""So many acts stand beside the title; the others wait below."""
HISTORY = 200
STORY: dict[str, str | Promise] = {
    "proposed": gettext_lazy("%(who)s proposed it"),
    "accepted": gettext_lazy("%(who)s accepted it, due %(due)s"),
    "in_progress": gettext_lazy("%(who)s started"),
    "blocked": gettext_lazy("%(who)s cannot go on: %(code)s"),
    "answered": gettext_lazy("%(who)s answered: %(answer)s"),
    "escalated": gettext_lazy("No answer for three working days: the director was told"),
    "done": gettext_lazy("%(who)s says that it is done"),
    "verified": gettext_lazy("%(who)s verified it"),
    "declined": gettext_lazy("%(who)s declined it"),
    "risk_accepted": gettext_lazy("%(who)s accepted the risk until %(until)s"),
    "returned": gettext_lazy("The accepted risk was over: it is back"),
    "superseded": gettext_lazy("%(who)s gave it to another item: %(title)s"),
    "moved": gettext_lazy("%(who)s moved the date to %(to)s"),
    "edited": gettext_lazy("%(who)s changed %(fields)s"),
    "reminded": gettext_lazy("The owner was reminded"),
    "asked_why": gettext_lazy("The owner was asked what is in its way"),
}
HINTS: dict[str, str | Promise] = {
    "no_verb": gettext_lazy("Begin the title with a verb, so that everybody sees what is to be done."),
    "vague": gettext_lazy("“Investigate”, “improve” and “ensure” have no end: say when it is done."),
}


@dataclass(frozen=True)
class Offered:
    """An act that this person may do now. `open`: its form was refused and shows why."""

    name: str
    label: str
    button: str
    form: forms.Form
    primary: bool = False
    open: bool = False


@require_safe
def item(request: HttpRequest, number: str) -> HttpResponse:
    """One item."""
    return render_item(request, find_item(person(request), number))


@require_POST
def act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Do `name` to the item; 303 to `next` or back to it.

    Refusals: 404 not there or not theirs, 403 not allowed, 422 a field or a rule, 409 somebody was faster (who is said).
    """
    known = ACTS.get(name)
    if known is None:
        raise Http404
    by = person(request)
    item = find_item(by, number)
    require(known.may(who(request), item))
    form = known.form(request.POST, auto_id=f"{name}-%s")
    if not form.is_valid():
        return render_item(request, item, refused=(name, form), status=422)
    at, was = timezone.now(), item.state
    try:
        known.run(Doing(item, by, at, dict(form.cleaned_data)))
    except NotAllowed as refusal:
        field = next((field for field in refusal.fields if field in form.fields), None)
        form.add_error(field, str(refusal))
        return render_item(request, find_item(by, number), refused=(name, form), status=refusal.status_code)
    now = find_item(by, number)
    words = {"title": now.title, "state": now.get_state_display()}
    offer = block_offer(now, was=was) if name == "block" else None
    tell(request, _("“%(title)s” is %(state)s now.") % words, offer, at=at)
    return see_other(request, now.path)


def render_item(
    request: HttpRequest, item: Remediation, *, refused: tuple[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    """The page; `refused` is the act whose form says why it was refused, with what was typed."""
    at = timezone.now()
    today = timezone.localdate(at)
    offered = offers(request, item, refused)
    if refused and not any(one.open for one in offered):
        messages.error(request, "; ".join(str(error) for errors in refused[1].errors.values() for error in errors))
    waiting = waiting_block(item)
    events = list(item.events.select_related("by").order_by("-pk")[:HISTORY])
    context = {
        "at": at,
        "item": item,
        "incident": item.postmortem.incident,
        "manager": manager_of(item),
        "over": rules.days_over(item.state, item.due, today),
        "asks": rules.asks_what_blocks(item.state, item.due, today),
        "waiting": waiting,
        "answered": None if waiting else _last_answer(item),
        "hints": [HINTS[hint] for hint in rules.title_hints(item.title, item.done_when)] if _is_open(item) else [],
        "first": offered[:SHOWN_FIRST],
        "others": offered[SHOWN_FIRST:],
        "history": [(event, sentence(event)) for event in events],
        "people": list(User.objects.active().only("email", "name")) if offered else [],
    }
    return render(request, "desk/remediation_item.html", context, status=status)


def _is_open(item: Remediation) -> bool:
    return item.state in rules.OPEN


def _last_answer(item: Remediation) -> UnblockRequest | None:
    answers = item.blocks.exclude(answered_at=None).select_related("answered_by")
    return answers.last() if item.state == Remediation.State.IN_PROGRESS else None


def offers(request: HttpRequest, item: Remediation, refused: tuple[str, forms.Form] | None = None) -> list[Offered]:
    """The acts that state and role allow, the likeliest first."""
    standing = who(request)
    offered: list[Offered] = []
    for name, act in ACTS.items():
        if not act.fits(item) or not act.may(standing, item):
            continue
        mine = refused is not None and refused[0] == name
        form = refused[1] if refused and mine else _blank(name, item)
        label = _("It goes on") if name == "start" and item.state == Remediation.State.BLOCKED else str(act.label)
        button = str(act.button or label)
        offered.append(Offered(name, label, button, form, primary=not offered, open=mine and bool(form.fields)))
    return offered


def _blank(name: str, item: Remediation) -> forms.Form:
    """The empty form of an act, with what is known already."""
    initial: dict[str, Any] = {}
    if name == "edit":
        fields = ("title", "type", "priority", "done_when", "version")
        initial = {field: getattr(item, field) for field in fields}
        initial |= {"owner": item.owner.email if item.owner else "", "team": item.team.slug if item.team else ""}
    elif name == "accept":
        initial = {"owner": item.owner.email if item.owner else ""}
    elif name == "move":
        initial = {"to": item.due}
    return ACTS[name].form(initial=initial, auto_id=f"{name}-%s")


def sentence(event: ItemEvent) -> str:
    """A line of the history in words."""
    data = event.data
    facts = {
        "who": event.by.short_name if event.by else _("Somebody"),
        "due": _day(data.get("due")),
        "until": _day(data.get("until")),
        "to": _day(data.get("to")),
        "code": _label(UnblockRequest.Code, data.get("code")),
        "answer": _label(UnblockRequest.Answer, data.get("answer")),
        "title": data.get("title", ""),
        "fields": ", ".join(name.replace("_", " ") for name in data),
    }
    return str(STORY.get(event.kind, event.kind)) % facts


def _day(text: object) -> str:
    try:
        return day(date.fromisoformat(str(text)))
    except ValueError:
        return ""


def _label(choices: type[UnblockRequest.Code] | type[UnblockRequest.Answer], value: object) -> str:
    return str(choices(value).label) if value in choices.values else ""
