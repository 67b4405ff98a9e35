"""What every door of a remediation item does: lock, check the state, tell the history, mail a word, save."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from incidents.models import Incident, NotAllowed, State
from paging.notices import tell as send_word
from postmortems import item_rules as rules
from postmortems import lifecycle
from postmortems.models import ItemEvent, Postmortem, Remediation
from teams.leads import lead_for
from teams.models import User

FURTHEST_YEARS = 5
LONGEST_ADDRESS = 500
_url = URLValidator(schemes=["http", "https"])


def postmortem_of(incident: Incident, at: datetime) -> Postmortem:
    """The postmortem to which items of `incident` belong, made when there is none: its draft is filled when it is resolved.

    Raises NotAllowed for a cancelled or merged incident.
    """
    if incident.state in {State.CANCELLED, State.MERGED}:
        raise NotAllowed(_("%s is %s: it teaches nothing of its own.") % (incident, incident.get_state_display()))
    if incident.state in {State.RESOLVED, State.CLOSED}:
        return lifecycle.ensure(incident, at)
    return Postmortem.objects.get_or_create(incident=incident, defaults={"created_at": at})[0]


def lock(item: Remediation) -> Remediation:
    """The item under its lock, after that of its incident. Call inside a transaction."""
    Incident.objects.locked(item.postmortem.incident_id)
    rows = Remediation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("postmortem__incident", "owner", "team__manager", "team__director").get(pk=item.pk)


def lock_for(act: str, item: Remediation) -> Remediation:
    """The same, for this act. Raises NotAllowed when it is not possible now; a race when somebody did it already."""
    item = lock(item)
    if rules.may(act, item.state):
        return item
    done_already = item.state == rules.LEADS_TO.get(act)
    last = item.events.filter(kind=item.state).select_related("by").last() if done_already else None
    if last and last.by:
        raise NotAllowed(
            _("It is %(state)s already, by %(by)s.") % {"state": item.get_state_display(), "by": last.by},
            lost_race=True,
        )
    known = ", ".join(str(Remediation.State(state).label) for state in rules.FROM[act])
    sentence = _("It is %(state)s now. This is possible only while it is: %(known)s.")
    raise NotAllowed(sentence % {"state": item.get_state_display(), "known": known}, lost_race=done_already)


def zone_of(person: User | None) -> tzinfo:
    """The person's clock; UTC for nobody."""
    try:
        return ZoneInfo(person.timezone if person else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def manager_of(item: Remediation) -> User | None:
    """Who manages the owning team; without one, who answers for it otherwise."""
    manager = item.team.manager if item.team else None
    return manager if manager and manager.is_active else lead_for(item.team)


def asked(item: Remediation) -> User | None:
    """Who is reminded: the owner, or their manager when there is none any more."""
    return item.owner if item.owner and item.owner.is_active else manager_of(item)


def tell(item: Remediation, kind: str, /, *, at: datetime, by: User | None = None, text: str = "", **data: Any) -> None:
    """Append a line to the item's history."""
    ItemEvent.objects.create(item=item, kind=kind, at=at, by=by, text=text.replace("\x00", ""), data=data)


def word(
    item: Remediation, to: User | None, subject: str, *, at: datetime, by: User | None = None, body: str = ""
) -> None:
    """Mail a word about the item; nobody is told what they did themselves."""
    if to and to.is_active and to != by:
        send_word(to, subject=f"{subject}: {item.title}", at=at, body=body, path=item.path)


def save(item: Remediation, at: datetime) -> Remediation:
    """Write a locked item with its next version and its next reminder."""
    item.version += 1
    item.look_due_at = next_look(item, at)
    item.save()
    return item


def next_look(item: Remediation, at: datetime) -> datetime | None:
    """When the item must be looked at again: its next reminder, or the end of its risk."""
    zone = zone_of(item.owner)
    if item.state == Remediation.State.RISK_ACCEPTED and item.risk_until:
        return rules.risk_over(item.risk_until, zone)
    return rules.next_reminder(item.due, zone, at) if item.due and item.state in rules.RUNNING else None


def end_block(item: Remediation, at: datetime) -> None:
    """What stood in its way no longer does. The caller holds the lock."""
    item.blocks.filter(ended_at=None).update(ended_at=at)


def day(at: date) -> str:
    """A day as people say it."""
    return date_format(at, "D j M Y")


def needed(name: str, text: str, sentence: str) -> str:
    """What was typed for `name`. Raises NotAllowed with the sentence when it is empty."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise NotAllowed(sentence, fields={name: [sentence]})
    return text


def title_of(text: str) -> str:
    """A title on one line. Raises NotAllowed when it is empty."""
    title = " ".join(text.replace("\x00", "").split())
    return needed("title", title, _("Say what will be changed."))[:300]


def not_too_many(postmortem: Postmortem, priority: str, *, but: int | None = None) -> None:
    """Raise NotAllowed when the incident has five urgent items already (section 4)."""
    if priority not in rules.URGENT:
        return
    others = postmortem.items.filter(priority__in=rules.URGENT).exclude(state__in=["declined", "superseded"])
    if others.exclude(pk=but or 0).count() >= rules.MOST_URGENT:
        sentence = _("This incident has five items of P0 and P1 already: when all is urgent, nothing is.")
        raise NotAllowed(sentence, fields={"priority": [sentence]})


def possible(due: date, at: datetime, name: str = "due") -> date:
    """Raise NotAllowed for a day that has passed or that nobody can mean."""
    today = at.date()
    if not today - timedelta(days=1) <= due or due.year > today.year + FURTHEST_YEARS:
        sentence = _("The date must lie between today and five years from now.")
        raise NotAllowed(sentence, fields={name: [sentence]})
    return due


def present(person: User | None) -> User | None:
    """Nobody, or somebody who is still here. Raises NotAllowed."""
    if person and not person.is_active:
        raise NotAllowed(_("%s is not active here any more.") % person, fields={"owner": [_("not active")]})
    return person


def address(text: str) -> str:
    """A web address. Raises NotAllowed for anything else."""
    sentence = _("Give the address of what shows it: a change, a dashboard, a document.")
    text = needed("evidence", text, sentence)
    try:
        _url(text)
    except ValidationError:
        raise NotAllowed(sentence, fields={"evidence": [sentence]}) from None
    if len(text) > LONGEST_ADDRESS:
        raise NotAllowed(_("This address is too long."), fields={"evidence": [_("too long")]})
    return text
