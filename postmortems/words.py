"""What reminders say: one sentence, the time that is left, and each button as a link."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from paging.notices import tell
from postmortems.models import Clock, Postmortem
from postmortems.steps import DAY
from teams.models import User


def remind(clock: Clock, step: str, person: User, at: datetime) -> None:
    """Tell a person that a postmortem is theirs, or is due, or is late."""
    written = clock.postmortem
    subject = _subject(clock, step, person, at)
    lines = [
        _("%(number)s: %(title)s") % {"number": written.incident.number, "title": written.incident.title},
        _due_line(clock, person),
        *_buttons(written),
        _("Open it:"),
    ]
    tell(person, subject=subject, at=at, body="\n".join(lines), path=written.path, thread=written.incident.number)


def _subject(clock: Clock, step: str, person: User, at: datetime) -> str:
    written = clock.postmortem
    what = _("Public postmortem") if clock.kind == Clock.Kind.PUBLIC else _("Postmortem")
    words = {"what": what, "number": written.incident.number, "left": _span(abs(clock.due_at - at))}
    owns = written.owner_id == person.pk
    if step == "start" and not owns:
        return _("%(what)s of %(number)s: write down what you saw while it is fresh") % words
    if at < clock.due_at:
        mine = _("%(what)s of %(number)s is yours: %(left)s left")
        return (mine if owns and step == "start" else _("%(what)s of %(number)s: %(left)s left")) % words
    if not owns:
        return _("%(what)s of %(number)s is not there: what blocks it? (%(left)s late)") % words
    if step.startswith(DAY) or at > clock.due_at + timedelta(hours=1):
        return _("%(what)s of %(number)s is %(left)s late") % words
    return _("%(what)s of %(number)s is due now") % words


def _span(span: timedelta) -> str:
    """ "2 d 4 h", "6 h", "12 min": rounded down."""
    minutes = int(span.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours} if hours else _("%s d") % days
    return _("%s h") % hours if hours else _("%s min") % minutes


def when(instant: datetime, zone: str) -> str:
    """In the person's zone, with UTC beside it."""
    local = instant.astimezone(ZoneInfo(zone))
    here = f"{local:%a %d %b %H:%M} {zone}"
    return here if zone == "UTC" else f"{here} ({instant.astimezone(ZoneInfo('UTC')):%a %H:%M} UTC)"


def _due_line(clock: Clock, person: User) -> str:
    owner = clock.postmortem.owner
    return _("Promised for %(when)s. Owner: %(owner)s.") % {
        "when": when(clock.due_at, person.timezone),
        "owner": owner or _("nobody yet"),
    }


def _buttons(written: Postmortem) -> list[str]:
    start = f"{settings.SHARPEND_URL}{written.path}"
    return [
        "",
        _("Hand over: %s") % f"{start}hand-over/",
        _("Ask for an extension: %s") % f"{start}extend/",
        _("Cannot go on because ...: %s") % f"{start}blocked/",
        "",
    ]


def handed_over(written: Postmortem, by: User | None, at: datetime) -> None:
    """Tell the new owner, unless they took it themselves."""
    if written.owner is None or (by and by.pk == written.owner_id):
        return
    words = {"number": written.incident.number, "by": by or _("the owner left")}
    tell(
        written.owner,
        subject=_("Postmortem of %(number)s is yours now (%(by)s)") % words,
        at=at,
        body="\n".join([written.incident.title, *_buttons(written), _("Open it:")]),
        path=written.path,
        thread=written.incident.number,
    )


def extension_asked(clock: Clock, person: User, by: User, at: datetime) -> None:
    """Tell whoever may grant it."""
    written = clock.postmortem
    tell(
        person,
        subject=_("%(by)s asks for more time: postmortem of %(number)s")
        % {"by": by, "number": written.incident.number},
        at=at,
        body="\n".join([written.incident.title, _due_line(clock, person), clock.extension_reason]),
        path=f"{written.path}extend/",
        thread=written.incident.number,
    )
