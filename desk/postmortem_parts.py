"""The parts of a postmortem that people write: what each holds, how a form names it, and how it is saved.

Everything is one form, so that a press on any button takes all that was typed along. Each part carries a mark of what
stood there when the page was drawn: who writes over somebody else's words is told, and both texts are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident, NotAllowed
from postmortems import lifecycle
from postmortems.models import Postmortem, Row
from postmortems.prompts import MANAGER, PROMPTS
from teams.models import User

MOST = 20_000  # characters of one text
MOST_FACTORS = 30
MOST_ROWS = 400
Texts = list[str]


@dataclass(frozen=True)
class Part:
    """One thing that two people can write at once: `now` reads it, `typed` reads the form, `write` saves it."""

    key: str
    title: str | Promise
    place: str
    now: Callable[[Postmortem], Texts]
    typed: Callable[[QueryDict], Texts]
    write: Callable[[Postmortem, Texts, User, datetime], object]


@dataclass
class Outcome:
    """What became of one press: conflicts hold what stands there now, refusals the sentence; `writer` wrote before."""

    writer: User | None = None
    saved: list[str] = field(default_factory=list)
    conflicts: dict[str, Texts] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether everything that was typed is saved."""
        return not self.conflicts and not self.refused

    @property
    def status(self) -> int:
        """For the answer: 409 when somebody else wrote there, 422 when a rule refused."""
        return 409 if self.conflicts else 422 if self.refused else 200


def tidy(text: str) -> str:
    """As it is stored: line feeds only, nothing around it, no NUL, not endless."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()[:MOST]


def mark(texts: Texts) -> str:
    """A short name of what stands in a part."""
    return sha256(json.dumps([tidy(text) for text in texts]).encode()).hexdigest()[:16]


def _columns(key: str, title: str | Promise, place: str, *names: str) -> Part:
    """A part that is kept in columns of the postmortem itself; the form's fields have their names."""

    def write(pm: Postmortem, texts: Texts, by: User, at: datetime) -> object:
        return lifecycle.edit(pm, values=dict(zip(names, texts, strict=True)), by=by, at=at)

    return Part(
        key,
        title,
        place,
        now=lambda pm: [getattr(pm, name) for name in names],
        typed=lambda post: [post.get(name, "") for name in names],
        write=write,
    )


def _factors_now(pm: Postmortem) -> Texts:
    return [factor.text for factor in pm.factors.all()]


def _factors_typed(post: QueryDict) -> Texts:
    return [text for text in map(tidy, post.getlist("factor")[:MOST_FACTORS]) if text]


def shown_rows(pm: Postmortem) -> list[Row]:
    """The rows that the page offers: a form of thousands of boxes would be refused."""
    return list(pm.rows.all())[:MOST_ROWS]


def _rows_now(pm: Postmortem) -> Texts:
    return [str(pk) for pk in sorted(row.pk for row in shown_rows(pm) if row.kept)]


def _rows_typed(post: QueryDict) -> Texts:
    ids = {int(text) for text in post.getlist("row") if text.isascii() and text.isdigit() and len(text) < 19}  # noqa: PLR2004 - bigint
    return [str(pk) for pk in sorted(ids)]


def _keep(pm: Postmortem, texts: Texts, by: User, at: datetime) -> object:
    beyond = {row.pk for row in list(pm.rows.all())[MOST_ROWS:] if row.kept}
    return lifecycle.keep_rows(pm, {int(text) for text in texts} | beyond, by, at)


def _answer(key: str) -> Part:
    def now(pm: Postmortem) -> Texts:
        return [next((answer.text for answer in pm.answers.all() if answer.prompt == key), "")]

    def write(pm: Postmortem, texts: Texts, by: User, at: datetime) -> object:
        return lifecycle.answer(pm, key, texts[0], by, at)

    name = f"answer-{key}"
    return Part(name, PROMPTS[key].question, name, now, lambda post: [post.get(name, "")], write)


PUBLIC = _columns("public_text", _("The text for customers"), "text", "public_text")
PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        _columns("summary", _("What happened"), "summary", "summary"),
        _columns("impact", _("Impact"), "impact", "impact", "impact_unknown_because"),
        Part("timeline", _("Timeline"), "timeline", _rows_now, _rows_typed, _keep),
        Part(
            "factors",
            _("What made it possible"),
            "factors",
            _factors_now,
            _factors_typed,
            lifecycle.set_factors,
        ),
        *(_answer(key) for key in PROMPTS),
        _columns("surprises", _("What surprised us"), "surprises", "surprises"),
        _columns("went_well", _("What went well"), "went_well", "went_well"),
        _columns("no_items_because", _("No action because"), "items", "no_items_because"),
        PUBLIC,
    )
}


def is_managers(key: str) -> bool:
    """Whether a question is for the manager only."""
    return key in PROMPTS and PROMPTS[key].group == MANAGER


def parts_in(post: QueryDict) -> Iterator[Part]:
    """The parts that the form carried: each brings its mark."""
    return (part for key, part in PARTS.items() if f"was-{key}" in post)


def save(pm: Postmortem, post: QueryDict, *, by: User, at: datetime) -> Outcome:
    """Save every part of the form that this person changed, each for itself; the incident's row is locked meanwhile."""
    outcome = Outcome()
    with transaction.atomic():
        Incident.objects.locked(pm.incident_id)
        rows = Postmortem.objects.select_related("updated_by").prefetch_related("rows", "factors", "answers")
        fresh = rows.get(pk=pm.pk)
        outcome.writer = fresh.updated_by if fresh.updated_by != by else None
        for part in parts_in(post):
            was, now = post[f"was-{part.key}"], part.now(fresh)
            mine = [tidy(text) for text in part.typed(post)]
            if mark(mine) in {was, mark(now)}:
                continue
            if mark(now) != was:
                outcome.conflicts[part.key] = now
                continue
            _write(part, fresh, mine, outcome, by, at)
    return outcome


def _write(part: Part, pm: Postmortem, mine: Texts, outcome: Outcome, by: User, at: datetime) -> None:
    try:
        with transaction.atomic():
            part.write(pm, mine, by, at)
    except NotAllowed as refusal:
        outcome.refused[part.key] = str(refusal)
    else:
        outcome.saved.append(part.key)
