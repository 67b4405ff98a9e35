"""Writing a postmortem: its texts, rows, factors, answers and owner."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import NotAllowed
from postmortems import reminders
from postmortems.doors import enter, leave
from postmortems.models import Answer, Factor, Postmortem, Row
from postmortems.prompts import MANAGER, PROMPTS
from teams.models import User
from teams.permissions import may_manage_team, standing

TEXTS = (
    "summary",
    "impact",
    "impact_unknown_because",
    "surprises",
    "went_well",
    "no_items_because",
    "public_text",
)
LONGEST = 100_000


def _clean(value: object) -> str:
    text = str(value or "").replace("\x00", "").replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise NotAllowed(_("This is longer than %s characters.") % LONGEST)
    return text.strip()


@transaction.atomic
def edit(
    written: Postmortem, *, values: dict[str, Any], by: User, at: datetime, version: int | None = None
) -> Postmortem:
    """Change texts (and `owner`). With a `version`, raises NotAllowed (lost race) when somebody wrote since.

    Another text for customers is not signed any more.
    """
    written = enter(written, at)
    _same_version(written, version)
    unknown = set(values) - {*TEXTS, "owner"}
    if unknown:
        raise NotAllowed(_("A postmortem has no field %s.") % ", ".join(sorted(unknown)))
    texts = {name: _clean(value) for name, value in values.items() if name in TEXTS}
    if "public_text" in texts and texts["public_text"] != written.public_text:
        written.public_signed_at = written.public_signed_by = None
    for name, text in texts.items():
        setattr(written, name, text)
    if "owner" in values:
        _own(written, values["owner"])
    written = leave(written, by, at)
    if "owner" in values:
        reminders.lay_out_all(written, at)
    return written


def _same_version(written: Postmortem, version: int | None) -> None:
    if version is None or version == written.version:
        return
    who = written.updated_by.short_name if written.updated_by else _("Somebody")
    raise NotAllowed(_("%s changed this meanwhile. Your words are kept here: look at both.") % who, lost_race=True)


def _own(written: Postmortem, owner: User | None) -> None:
    if owner is None or not owner.is_active:
        raise NotAllowed(_("A postmortem has one owner, who is still here."), fields={"owner": [_("not active")]})
    written.owner = owner


@transaction.atomic
def hand_over(written: Postmortem, to: User, by: User, at: datetime) -> Postmortem:
    """Somebody else owns it now, and hears of it."""
    written = enter(written, at)
    if written.owner_id == to.pk:
        return written
    _own(written, to)
    written = leave(written, by, at)
    reminders.handed_over(written, by, at)
    return written


@transaction.atomic
def keep_rows(written: Postmortem, kept: Collection[int], by: User, at: datetime) -> Postmortem:
    """Keep the timeline rows with these ids, drop the others (they stay offered)."""
    written = enter(written, at)
    written.rows.filter(pk__in=kept).update(kept=True)
    written.rows.exclude(pk__in=kept).update(kept=False)
    return leave(written, by, at)


@transaction.atomic
def add_row(written: Postmortem, when: datetime, text: str, by: User, at: datetime) -> Row:
    """A line of one's own in the timeline. Raises NotAllowed for an empty one, or one in the future."""
    written = enter(written, at)
    words = _clean(text)
    if not words:
        raise NotAllowed(_("A row needs a few words."), fields={"text": [_("This is empty.")]})
    if when > at:
        raise NotAllowed(_("A timeline tells what was, not what will be."), fields={"at": [_("in the future")]})
    row = Row.objects.create(postmortem=written, at=when, text=words)
    leave(written, by, at)
    return row


@transaction.atomic
def set_factors(written: Postmortem, texts: Sequence[str], by: User, at: datetime) -> Postmortem:
    """What made it possible, in this order. A factor whose words stay keeps who wrote it."""
    written = enter(written, at)
    had = {factor.text: factor for factor in written.factors.all()}
    wanted = list(dict.fromkeys(filter(None, (_clean(text) for text in texts))))
    written.factors.exclude(text__in=wanted).delete()
    for position, text in enumerate(wanted):
        factor = had.get(text) or Factor(postmortem=written, text=text, by=by, created_at=at)
        factor.position = position
        factor.save()
    return leave(written, by, at)


@transaction.atomic
def answer(written: Postmortem, prompt: str, text: str, by: User, at: datetime) -> Answer | None:
    """Answer a question, or change the answer; an empty text takes it back (None).

    Raises NotAllowed for an unknown question, and to others for the questions to the manager.
    """
    written = enter(written, at)
    if prompt not in PROMPTS:
        raise NotAllowed(_("There is no question %s.") % prompt[:40])
    asked, words = PROMPTS[prompt], _clean(text)
    service = written.incident.service
    if asked.group == MANAGER and not may_manage_team(standing(by), service.team_id if service else None):
        raise NotAllowed(_("This question is for the manager."))
    if not words:
        written.answers.filter(prompt=prompt).delete()
        leave(written, by, at)
        return None
    had = written.answers.filter(prompt=prompt).first()
    found = had or Answer(postmortem=written, prompt=prompt, group=asked.group, question=asked.question)
    found.text, found.by, found.at = words, by, at
    found.save()
    leave(written, by, at)
    return found
