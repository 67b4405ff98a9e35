"""The text for customers: signing, publishing, taking back, and the proof that a visitor can read it (C5, C6, section 5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import Kind, NotAllowed
from postmortems import public_checks, reminders
from postmortems.doors import enter, latest_clock, leave, stop
from postmortems.models import Clock, Postmortem
from postmortems.requirements import Check, unmet
from teams.models import User


def public_checks_of(written: Postmortem) -> list[Check]:
    """The hard checks of the public version as it is written now."""
    people = [name for pair in User.objects.values_list("name", "email") for name in pair if name]
    return public_checks.checks(written.public_text, people=people, signed=written.public_signed_at is not None)


def _require(checks: list[Check]) -> None:
    missing = unmet(checks)
    if missing:
        raise NotAllowed(
            _("The public version is not ready: %s") % " ".join(one["sentence"] for one in missing),
            fields={"checks": missing},
        )


@transaction.atomic
def sign(written: Postmortem, by: User, at: datetime) -> Postmortem:
    """The point of contact stands by this text. Raises NotAllowed while any other check is not met."""
    written = enter(written, at)
    _require([check for check in public_checks_of(written) if check.key != "signed"])
    written.public_signed_by, written.public_signed_at = by, at
    return leave(written, by, at)


@transaction.atomic
def publish(written: Postmortem, by: User, at: datetime) -> Postmortem:
    """Visitors may read the signed text (`published_text`). The clock stops only when one could: see `seen`."""
    written = enter(written, at)
    _require(public_checks_of(written))
    if written.published_at is None or written.published_text != written.public_text:
        written.published_at = at
    written.published_text = written.public_text
    written.check_due_at, written.seen_at = at, None
    written = leave(written, by, at)
    written.incident.tell(Kind.EDITED, at=at, by=by, field="public_postmortem", new="published")
    return written


@transaction.atomic
def unpublish(written: Postmortem, by: User, at: datetime) -> Postmortem:
    """C6: visitors may not read it any more; the clock runs again with the due time that it had."""
    written = enter(written, at)
    if written.published_at is None:
        raise NotAllowed(_("It is not published."), lost_race=True)
    written.published_at = written.check_due_at = written.seen_at = None
    clock = latest_clock(written, Clock.Kind.PUBLIC)
    if clock and clock.ended_at and clock.state != Clock.State.WAIVED and not clock.waiver:
        clock.state, clock.ended_at = Clock.State.MISSED if clock.missed_at else Clock.State.RUNNING, None
        clock.save(update_fields=["state", "ended_at"])
        reminders.lay_out(clock, at)
    written = leave(written, by, at)
    written.incident.tell(Kind.EDITED, at=at, by=by, field="public_postmortem", new="unpublished")
    return written


@transaction.atomic
def seen(written: Postmortem, at: datetime) -> Postmortem:
    """C6: an anonymous GET of its address answered 200 at `at`: the public clock stops. Twice is once."""
    written = enter(written, at)
    if written.published_at is None or written.seen_at is not None:
        return written
    written.seen_at, written.check_due_at = at, None
    stop(latest_clock(written, Clock.Kind.PUBLIC), at)
    return leave(written, None, at)


@transaction.atomic
def not_seen(written: Postmortem, *, again_at: datetime, at: datetime) -> Postmortem:
    """The anonymous GET failed: it is fetched again at `again_at`."""
    written = enter(written, at)
    if written.published_at is not None and written.seen_at is None:
        written.check_due_at = again_at
        written.save(update_fields=["check_due_at"])
    return written
