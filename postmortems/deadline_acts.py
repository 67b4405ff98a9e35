"""Extensions, waivers and requests: what people decide about deadlines (incident rules, C1, C4, C9, C10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import Incident, Kind, NotAllowed, State
from postmortems import reminders
from postmortems.doors import (
    changed_duty,
    ensured,
    enter,
    latest_clock,
    leave,
    open_clock,
)
from postmortems.models import Clock, Postmortem
from teams.models import User

REASON_LENGTH, LINK_LENGTH = 20, 500
GRANTED_HOURS = {"internal": 24, "public": 7 * 24}
"""C10: how much time one extension gives at most."""
EXTENSIONS = {"internal": 2, "public": 1}
"""C10: how often a deadline may be extended."""


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()


def _reason(text: str, name: str = "reason") -> str:
    words = " ".join(_plain(text).split())
    if len(words) < REASON_LENGTH:
        sentence = _("Give a reason of at least %s characters.") % REASON_LENGTH
        raise NotAllowed(sentence, fields={name: [sentence]})
    return words


def _kind(kind: str) -> str:
    if kind not in Clock.Kind.values:
        raise NotAllowed(_("A deadline is internal or public."), fields={"kind": [_("internal or public")]})
    return kind


@transaction.atomic
def request(incident: Incident, by: User, at: datetime) -> Postmortem:
    """C1: anybody asks for a postmortem; the internal deadline begins when the incident is over.

    Raises NotAllowed for an incident that was none, or is part of another.
    """
    if incident.state in {State.CANCELLED, State.MERGED}:
        raise NotAllowed(_("%s is %s.") % (incident, incident.get_state_display()))
    written = ensured(incident, at)
    if written.requested_by_id is None:
        written.requested_by = by
        written = leave(written, by, at)
        written.incident.tell(Kind.NOTE, at=at, by=by, text=_("Asked for a postmortem."))
        changed_duty(written, at)
    return enter(written, at)


@transaction.atomic
def flag(
    incident: Incident,
    *,
    data_loss: bool | None = None,
    security: bool | None = None,
    public_by_hand: bool | None = None,
    because: str = "",
    by: User,
    at: datetime,
) -> Postmortem:
    """C1, C4: data was lost, security is touched, or the public duty is decided by hand (True or False; None leaves it).

    Raises NotAllowed without a reason for a decision by hand.
    """
    written = ensured(incident, at)
    if data_loss is not None:
        written.data_loss = data_loss
    if security is not None:
        written.security = security
    if public_by_hand is not None:
        written.public_by_hand_because = _reason(because, "because")
        written.public_by_hand = public_by_hand
    written = leave(written, by, at)
    told = {"data_loss": data_loss, "security": security, "public_by_hand": public_by_hand}
    changed = {name: value for name, value in told.items() if value is not None}
    written.incident.tell(Kind.EDITED, at=at, by=by, text=_plain(because), field="postmortem", new=changed)
    changed_duty(written, at)
    return enter(written, at)


@transaction.atomic
def ask_extension(written: Postmortem, kind: str, reason: str, by: User, at: datetime) -> Clock:
    """C10: the owner asks for more time; a manager or the area's lead hears of it."""
    written = enter(written, at)
    if written.owner_id not in {None, by.pk}:
        raise NotAllowed(_("The owner asks for more time: %s.") % written.owner)
    clock = open_clock(written, _kind(kind), at)
    _limit(clock)
    clock.extension_reason, clock.extension_asked_at = _reason(reason), at
    clock.save()
    leave(written, by, at)
    reminders.extension_asked(clock, by, at)
    return clock


def _limit(clock: Clock) -> None:
    if clock.extensions >= EXTENSIONS[clock.kind]:
        limits = {"internal": _("twice, by 24 hours each"), "public": _("once, by 7 days")}
        raise NotAllowed(_("This deadline may be extended %s: it was already.") % limits[clock.kind])


@transaction.atomic
def extend(written: Postmortem, kind: str, to: datetime | int | None, reason: str, by: User, at: datetime) -> Clock:
    """C10: a manager or the area's lead grants more time: until `to`, by `to` hours, or as long as one extension may give.

    Raises NotAllowed when the deadline passed already, for more than the rule allows, or without a reason of 20 characters.
    """
    written = enter(written, at)
    clock = open_clock(written, _kind(kind), at)
    _limit(clock)
    words, most = _reason(reason), clock.due_at + timedelta(hours=GRANTED_HOURS[clock.kind])
    until = clock.due_at + timedelta(hours=to) if isinstance(to, int) else to or most
    if not clock.due_at < until <= most:
        sentence = _("An extension ends after the deadline and not after %s.") % f"{most:%Y-%m-%d %H:%M} UTC"
        raise NotAllowed(sentence, fields={"to": [sentence]})
    clock.extended_to = clock.due_at = until
    clock.extensions += 1
    clock.extension_reason, clock.extended_by = words, by
    clock.save()
    reminders.lay_out(clock, at)
    leave(written, by, at)
    written.incident.tell(Kind.EDITED, at=at, by=by, text=words, field=f"{kind}_deadline", new=until.isoformat())
    return clock


def _check_waiver(code: str, text: str, link: str) -> None:
    needed = {}
    if code not in Clock.Waiver.values:
        needed["code"] = _("Known reasons to waive are: %s.") % ", ".join(Clock.Waiver.values)
    if not text:
        needed["text"] = _("Say why it is waived.")
    if code == Clock.Waiver.UPSTREAM_REPORT and not link:
        needed["link"] = _("Give the address of the provider's report.")
    if link and not (link.startswith(("https://", "http://")) and len(link) <= LINK_LENGTH):
        needed["link"] = _("An address begins with https:// and has at most %s characters.") % LINK_LENGTH
    if needed:
        raise NotAllowed(" ".join(needed.values()), fields={name: [sentence] for name, sentence in needed.items()})


@transaction.atomic
def waive(written: Postmortem, kind: str, code: str, text: str, link: str, by: User, at: datetime) -> Clock:
    """C9: the duty is waived, with a code and a text that the week shows. What was missed stays missed.

    Raises NotAllowed for an unknown code, without a text, or an upstream report without its link.
    """
    written = enter(written, at)
    text, link = _plain(text), _plain(link)
    _check_waiver(code, text, link)
    clock = latest_clock(written, _kind(kind))
    if clock is None or clock.ended_at is not None:
        raise NotAllowed(_("No such deadline is running for %s.") % written.incident)
    clock.waiver, clock.waiver_text, clock.waiver_link, clock.waived_by = code, text, link, by
    missed = clock.state == Clock.State.MISSED or clock.due_at < at
    clock.state = Clock.State.MISSED if missed else Clock.State.WAIVED
    clock.missed_at = clock.due_at if missed else None
    clock.ended_at = at
    clock.save()
    reminders.drop(clock, at)
    leave(written, by, at)
    written.incident.tell(Kind.EDITED, at=at, by=by, text=text, field=f"{kind}_deadline", new=f"waived: {code}")
    return clock
