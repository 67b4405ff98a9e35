"""The postmortem's editor: one page, one form, drawn as it stands in the database or as it was just typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods

from desk import postmortem_adds, postmortem_parts
from desk.answers import see_other
from desk.guard import find_incident, person, require, who
from desk.learning import faces_of
from desk.postmortem_can import can_of
from desk.postmortem_parts import PARTS, Outcome, Texts, is_managers, mark, shown_rows
from foundation.ui import markdown
from incidents.models import Incident
from postmortems import lifecycle
from postmortems.language import hints
from postmortems.models import Postmortem, Remediation
from postmortems.prompts import GROUPS, MANAGER, OFFERED, PROMPTS, group_name, offered
from postmortems.requirements import Check
from teams.permissions import may_act_on_incident

RELATED = ("service__team",)
MOST_HINTS = 12
CONTENTS = (
    "summary",
    "impact",
    "timeline",
    "factors",
    "questions",
    "surprises",
    "items",
)


@dataclass(frozen=True)
class PartView:
    """One part as it is drawn. `theirs` is what somebody else wrote there meanwhile, `looked` the preview."""

    key: str
    title: str
    place: str
    texts: Texts
    mark: str
    theirs: Texts | None = None
    refused: str = ""
    looked: SafeString | None = None

    @property
    def text(self) -> str:
        """The first, mostly the only text."""
        return self.texts[0] if self.texts else ""

    @property
    def second(self) -> str:
        """The text beside it: why the impact is not known."""
        return self.texts[1] if len(self.texts) > 1 else ""

    @property
    def written(self) -> bool:
        """Whether anything stands there."""
        return any(text.strip() for text in self.texts)


def find_postmortem(request: HttpRequest, number: str) -> Postmortem:
    """The postmortem of an incident that this person may see. Raises Http404."""
    incident = find_incident(person(request), number, related=RELATED)
    found = Postmortem.objects.filter(incident=incident).select_related("owner", "updated_by").first()
    if found is None:
        raise Http404(_("%s has no postmortem.") % incident)
    found.incident = incident
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def postmortem(request: HttpRequest, number: str) -> HttpResponse:
    """The editor; POST saves what was typed, or shows it (`look`) without saving.

    Refusals: 404 not there or not theirs, 403 not allowed, 409 somebody else wrote there (both texts are shown), 422.
    """
    if request.method != "POST":
        incident = find_incident(person(request), number, related=RELATED)
        if not Postmortem.objects.filter(incident=incident).exists():
            return _none_yet(request, incident)
        return draw(request, find_postmortem(request, number))
    pm = writable(request, number)
    if look := request.POST.get("look", ""):
        return _look(request, pm, look)
    outcome = save_typed(request, pm)
    if not outcome.clean:
        return draw(request, pm, outcome=outcome)
    if request.htmx:  # type: ignore[attr-defined]
        return draw(request, pm, saved=True)
    if request.GET.get("then") == "public":
        return see_other(request, f"{pm.path}public/")
    return see_other(request, f"{pm.path}#{_place(request.POST)}")


def writable(request: HttpRequest, number: str) -> Postmortem:
    """The postmortem, for somebody who may write it. Raises Http404 and PermissionDenied."""
    pm = find_postmortem(request, number)
    require(may_act_on_incident(who(request)), _("Observers read; they write no postmortem."))
    return pm


def save_typed(request: HttpRequest, pm: Postmortem) -> Outcome:
    """Save everything that the form carried."""
    by, at = person(request), timezone.now()
    outcome = postmortem_parts.save(pm, request.POST, by=by, at=at)
    outcome.refused |= postmortem_adds.add(pm, request.POST, by=by, at=at)
    return outcome


def _place(post: QueryDict) -> str:
    """Where on the page the pressed button stood."""
    asked = post.get("save", "")
    return asked if asked in CONTENTS or asked in PARTS else "top"


def _look(request: HttpRequest, pm: Postmortem, key: str) -> HttpResponse:
    """How a text reads, nothing saved."""
    if key not in PARTS:
        raise Http404
    if request.htmx:  # type: ignore[attr-defined]
        shown = markdown.render("\n\n".join(PARTS[key].typed(request.POST)))
        return render(request, "desk/_look.html", {"looked": shown})
    return draw(request, pm, look=key)


def draw(
    request: HttpRequest,
    pm: Postmortem,
    *,
    outcome: Outcome | None = None,
    look: str = "",
    saved: bool = False,
    unmet: list[Any] | None = None,
    status: int = 0,
) -> HttpResponse:
    """The editor as it stands; what was typed and is not saved stands in its fields. `unmet` says why it was not filed."""
    at = timezone.now()
    outcome = outcome or Outcome()
    fresh = find_postmortem(request, pm.incident.number)
    prefetch_related_objects([fresh], "rows", "factors", "answers__by", "items__owner")
    typed = request.POST if (look or not outcome.clean) else None
    context = context_of(request, fresh, at, typed, outcome, look) | {"saved": saved, "unmet": unmet or []}
    template = "desk/_postmortem_live.html" if request.htmx else "desk/postmortem.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status or outcome.status)


def context_of(
    request: HttpRequest, pm: Postmortem, at: datetime, typed: QueryDict | None, outcome: Outcome, look: str
) -> dict[str, Any]:
    """Everything that the editor draws; the number of queries does not depend on how much is written."""
    can = can_of(who(request), pm)
    parts = {key: _view(pm, key, typed, outcome, look) for key in PARTS}
    checks = [placed(one) for one in lifecycle.checks_of(pm)]
    shut = {one["place"] for one in checks if not one["check"].ok}
    kept = set(parts["timeline"].texts)
    return {
        "at": at,
        "pm": pm,
        "incident": pm.incident,
        "faces": faces_of(pm.incident, at, pm),
        "can": can,
        "parts": parts,
        "checks": checks,
        "open_checks": sum(not one["check"].ok for one in checks),
        "hopes": [check for check in lifecycle.soft_checks_of(pm) if not check.ok],
        "hints": _hints(pm, parts),
        "contents": _contents(pm, parts, shut),
        "rows": [{"row": row, "kept": str(row.pk) in kept} for row in shown_rows(pm)],
        "questions": _questions(pm, parts),
        "prompts": _prompts(with_managers=can["manage"]),
        "items": sorted(pm.items.all(), key=lambda item: (item.priority, item.pk)),
        "factors": [*parts["factors"].texts, "", ""] if can["write"] else parts["factors"].texts,
        "owners": postmortem_adds.owners() if can["write"] else [],
        "item_types": Remediation.Type.choices,
        "item_priorities": Remediation.Priority.choices,
        "outcome": outcome,
        "conflicts": [parts[key] for key in outcome.conflicts],
        "again": postmortem_adds.again(typed, outcome.refused, everything=bool(look)),
    }


CHIPS = {
    "summary": ("summary", _lazy("Summary")),
    "impact": ("impact", _lazy("Impact")),
    "timeline": ("timeline", _lazy("Timeline")),
    "factors": ("factors", _lazy("Factors")),
    "answers": ("questions", _lazy("Questions")),
    "items": ("items", _lazy("Changes")),
}
"""Where on the page each check is met, and its word."""


def placed(check: Check) -> dict[str, Any]:
    """A check with its place on the page and its word."""
    place, title = CHIPS.get(check.key, (check.key, check.key))
    return {"check": check, "place": place, "title": title}


def _view(pm: Postmortem, key: str, typed: QueryDict | None, outcome: Outcome, look: str) -> PartView:
    part = PARTS[key]
    now = part.now(pm)
    carried = typed is not None and f"was-{key}" in typed
    texts = part.typed(typed) if carried and typed is not None else now
    return PartView(
        key=key,
        title=str(part.title),
        place=part.place,
        texts=texts,
        # While only looking, the mark stays what it was; after a conflict the writer has seen what stands there now.
        mark=str(typed[f"was-{key}"]) if look and carried and typed is not None else mark(now),
        theirs=outcome.conflicts.get(key),
        refused=outcome.refused.get(key, ""),
        looked=markdown.render("\n\n".join(texts)) if key == look else None,
    )


def _questions(pm: Postmortem, parts: dict[str, PartView]) -> list[dict[str, Any]]:
    """The questions with an answer, or typed at, and those offered: at least three."""
    known = {answer.prompt: answer for answer in pm.answers.all()}
    asked = [key for key in PROMPTS if key in known or parts[f"answer-{key}"].written]
    spare = [prompt.key for prompt in offered(pm.incident_id, asked)]
    shown = asked + spare[: max(0, OFFERED - len(asked))]
    return [
        {
            "key": key,
            "prompt": PROMPTS[key],
            "part": parts[f"answer-{key}"],
            "answer": known.get(key),
            "for_manager": is_managers(key),
        }
        for key in shown
    ]


def _prompts(*, with_managers: bool) -> list[dict[str, Any]]:
    """Every question by group, for "another question"."""
    return [
        {"group": group_name(group), "prompts": [prompt for prompt in PROMPTS.values() if prompt.group == group]}
        for group in GROUPS
        if with_managers or group != MANAGER
    ]


def _hints(pm: Postmortem, parts: dict[str, PartView]) -> list[dict[str, str]]:
    """Words that look for somebody to blame, each with a better question and its place; quiet, and never counted."""
    people = lifecycle.content_of(pm).people
    return [
        {"place": part.place, "words": hint.words, "question": hint.question}
        for key, part in parts.items()
        if key not in {"timeline", "public_text"}
        for text in part.texts
        for hint in hints(text, people)
    ][:MOST_HINTS]


def _contents(pm: Postmortem, parts: dict[str, PartView], shut: set[str]) -> list[dict[str, Any]]:
    """The places of the page: whether something stands there, and whether a check is open."""
    written = {
        **{key: parts[key].written for key in ("summary", "impact", "factors", "surprises")},
        "timeline": bool(parts["timeline"].texts),
        "questions": any(parts[f"answer-{key}"].written for key in PROMPTS),
        "items": bool(pm.items.all()) or parts["no_items_because"].written,
    }
    titles = {key: parts[key].title for key in ("summary", "impact", "timeline", "factors", "surprises")}
    titles |= {"questions": _("Questions"), "items": _("What we will change")}
    return [
        {"place": place, "title": titles[place], "written": written[place], "open": place in shut} for place in CONTENTS
    ]


def _none_yet(request: HttpRequest, incident: Incident) -> HttpResponse:
    """No postmortem is owed, or its draft is being made: the address says so, and offers to ask for one."""
    at = timezone.now()
    context = {
        "at": at,
        "incident": incident,
        "faces": faces_of(incident, at),
        "may_request": may_act_on_incident(who(request)) and not incident.is_open,
    }
    return render(request, "desk/postmortem_none.html", context)
