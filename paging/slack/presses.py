"""Presses on the buttons of a page: the same door as every other reply, and a sentence back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents.models import Incident, NotAllowed
from paging import asking, chat
from paging.channels.slack_blocks import ACT, ADD, Unknown, page_of
from paging.models import Page
from paging.slack.people import offer, person_of
from teams.models import User
from teams.permissions import may_act_on_incident, standing

VIA = "slack"


def text_of(found: Any, *path: str) -> str:
    """The text at `path` in what Slack sent; empty for anything else that stands there."""
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return chat.clear(found)


def pressed(payload: Any, *, at: datetime) -> str:
    """Do what was pressed; returns the sentence for who pressed it, empty when it was none of our buttons."""
    actions = payload.get("actions") if isinstance(payload, Mapping) else None
    ours = [one for one in actions if text_of(one, "action_id").startswith(ACT)] if isinstance(actions, list) else []
    member = text_of(payload, "user", "id")
    if not ours or not member:
        return ""
    page = _page(ours[0], member)
    if page is None:
        known = person_of(member)
        return offer(member) if known is None else chat.too_old()
    return _do(page, ours[0], at)


def _page(action: Any, member: str) -> Page | None:
    """The page of a button, when the member who presses is still its person."""
    try:
        return chat.page_of(VIA, member, page_of(text_of(action, "value") or text_of(action, "block_id"), member))
    except Unknown:
        return None


def _do(page: Page, action: Any, at: datetime) -> str:
    act = text_of(action, "action_id")
    if act == ADD and page.incident is not None:
        said = pull_in(page.incident, text_of(action, "selected_user"), by=page.person, why="", at=at)
        wake("edits")
        return said
    return chat.answer(page, act.removeprefix(ACT), at=at, via=VIA)


def pull_in(incident: Incident, member: str, *, by: User, why: str, at: datetime) -> str:
    """Page the person behind a member id for help; returns the sentence."""
    person = person_of(member)
    if person is None:
        return _("Sharp End does not know this person's Slack account: pull them in by e-mail, or on the web.")
    return page_for_help(incident, person, by=by, why=why, at=at)


def page_for_help(incident: Incident, person: User, *, by: User, why: str, at: datetime) -> str:
    """Page `person` for help; returns the sentence."""
    if not may_act_on_incident(standing(by)):
        return _("Observers read; they page nobody but themselves.")
    try:
        asking.pull_in(incident, person=person, by=by, reason=why[:300], at=at)
    except NotAllowed as refusal:
        return str(refusal)
    return _("%(who)s is paged for %(incident)s.") % {"who": person.short_name, "incident": incident.number}
