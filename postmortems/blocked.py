""" "Cannot go on because ...": a question to the manager, who answers it within three working days, or the director hears."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from incidents.models import NotAllowed
from paging.notices import tell as send_word
from postmortems import item_rules as rules
from postmortems import items
from postmortems.item_door import lock, lock_for, manager_of, needed, present, save, tell, word, zone_of
from postmortems.models import Remediation, UnblockRequest
from teams.leads import lead_for
from teams.models import Team, User

PAGE = "/manage/blocked/"
Answer = UnblockRequest.Answer


@transaction.atomic
def block(item: Remediation, *, code: str, text: str, by: User, at: datetime, unblocks: str = "") -> UnblockRequest:
    """It cannot go on: the manager is asked. `unblocks` is what would let it go on. Raises NotAllowed."""
    text = needed("text", text, _("Say what is in its way."))
    item = lock_for("block", item)
    item.state = Remediation.State.BLOCKED
    tell(item, "blocked", at=at, by=by, text=text, code=code)
    asked = _ask(item, manager_of(item), code=code, text=text, unblocks=unblocks, by=by, at=at)
    save(item, at)
    return asked


def _ask(
    item: Remediation, manager: User | None, *, code: str, text: str, unblocks: str, by: User, at: datetime
) -> UnblockRequest:
    """Write the question down and mail it. The caller holds the lock."""
    asked = item.blocks.create(
        code=UnblockRequest.Code(code),
        text=text,
        unblocks=unblocks.replace("\x00", "").strip(),
        since=at,
        by=by,
        manager=manager,
        due_at=rules.add_working_days(at, rules.ANSWER_DAYS, zone_of(manager)),
    )
    if manager and manager.is_active and manager != by:
        subject = _("%(who)s cannot go on: %(title)s") % {"who": by.short_name, "title": item.title}
        body = "\n\n".join(filter(None, [f"{asked.get_code_display()}: {text}", asked.unblocks]))
        send_word(manager, subject=subject, at=at, body=body, path=f"{PAGE}#item-{item.pk}")
    return asked


@transaction.atomic
def answer_block(
    item: Remediation,
    *,
    answer: str,
    by: User,
    at: datetime,
    text: str = "",
    owner: User | None = None,
    team: Team | None = None,
    hours: int | None = None,
    until: date | None = None,
) -> Remediation:
    """What is done about it.

    `grant_hours` (with `hours`) and `decide` (with `text`) let it go on; `reassign` gives it to `owner`; `bring_team` asks
    the manager of `team`, and it stays blocked; `accept_risk` ends it until `until`. Raises NotAllowed for what is missing.
    """
    _complete(answer, text=text, owner=owner, team=team, hours=hours, until=until)
    item = lock(item)
    open_block = item.blocks.filter(ended_at=None).select_for_update(no_key=True).first()
    if open_block is None or item.state != Remediation.State.BLOCKED:
        raise _nobody_waits(item)
    said = text.replace("\x00", "").strip()
    open_block.answer, open_block.answer_text = Answer(answer), said
    open_block.answered_at, open_block.answered_by, open_block.ended_at = at, by, at
    open_block.save()
    words = str(open_block.get_answer_display())
    tell(item, "answered", at=at, by=by, text=said, answer=answer, **_facts(owner, team, hours))
    word(item, item.owner, words[:1].upper() + words[1:], at=at, by=by, body=said)
    if answer == Answer.ACCEPT_RISK and until:
        return items.accept_risk(item, until=until, by=by, at=at, reason=said)
    if answer == Answer.BRING_TEAM and team:
        return _bring(item, open_block, team, said, by, at)
    item.state = Remediation.State.IN_PROGRESS
    if answer == Answer.REASSIGN and owner:
        item.owner = owner
        word(item, owner, _("Yours now"), at=at, by=by, body=said)
    return save(item, at)


def _bring(item: Remediation, before: UnblockRequest, team: Team, said: str, by: User, at: datetime) -> Remediation:
    """The other team's manager is asked instead; the item waits on."""
    manager = team.manager if team.manager and team.manager.is_active else lead_for(team)
    text = "\n\n".join(filter(None, [before.text, said]))
    _ask(item, manager, code=UnblockRequest.Code.OTHER_TEAM, text=text, unblocks=before.unblocks, by=by, at=at)
    return save(item, at)


def _complete(
    answer: str, *, text: str, owner: User | None, team: Team | None, hours: int | None, until: date | None
) -> None:
    """Raise NotAllowed for an answer that lacks what it needs."""
    missing: dict[str, tuple[str, object, str]] = {
        Answer.GRANT_HOURS: ("hours", hours and hours > 0, _("Say how many hours are granted.")),
        Answer.DECIDE: ("text", text.strip(), _("Say what is decided.")),
        Answer.REASSIGN: ("owner", owner, _("Say who takes it.")),
        Answer.BRING_TEAM: ("team", team, _("Say which team is brought in.")),
        Answer.ACCEPT_RISK: ("until", until, _("Say until when the risk is accepted, at most 90 days.")),
    }
    name, given, sentence = missing[answer]
    if not given:
        raise NotAllowed(sentence, fields={name: [sentence]})
    present(owner)


def _nobody_waits(item: Remediation) -> NotAllowed:
    """The refusal of an answer that comes late, or to no question."""
    last = item.blocks.exclude(answered_at=None).select_related("answered_by").last()
    if last is None:
        return NotAllowed(_("Nobody waits for an answer here: it is %s.") % item.get_state_display())
    words = {"who": last.answered_by or _("somebody"), "what": last.get_answer_display()}
    return NotAllowed(_("%(who)s answered already: %(what)s.") % words, lost_race=True)


def _facts(owner: User | None, team: Team | None, hours: int | None) -> dict[str, object]:
    facts = {"owner": owner.email if owner else None, "team": team.slug if team else None, "hours": hours}
    return {name: value for name, value in facts.items() if value}


def unanswered(at: datetime, limit: int) -> list[Key]:
    """Questions that nobody answered within three working days, and of which no director knows."""
    rows = UnblockRequest.objects.filter(answered_at=None, ended_at=None, escalated_at=None, due_at__lte=at)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


@transaction.atomic
def tell_director(key: Key, at: datetime) -> bool:
    """The director hears of a question that waits for its answer."""
    found = UnblockRequest.objects.filter(pk=key).select_related("item__postmortem").first()
    if found is None:
        return False
    item = lock(found.item)
    rows = UnblockRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("manager")
    waiting = rows.filter(pk=key, answered_at=None, ended_at=None, escalated_at=None, due_at__lte=at).first()
    if waiting is None:
        return False
    director = item.team.director if item.team else None
    told = director if director and director.is_active else lead_for(None)
    UnblockRequest.objects.filter(pk=waiting.pk).update(escalated_at=at)
    tell(item, "escalated", at=at, to=told.email if told else "")
    if told and told.is_active:
        subject = _("No answer for three working days: %s") % item.title
        who = waiting.manager.short_name if waiting.manager else _("nobody")
        asked = _("%(who)s was asked: %(why)s") % {"who": who, "why": waiting.text}
        send_word(told, subject=subject, at=at, body=asked, path=f"{PAGE}#item-{item.pk}")
    return True
