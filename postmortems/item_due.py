"""Due work of remediation items: reminders, risks that return, and questions that nobody answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key, Work, register
from postmortems import blocked
from postmortems import item_rules as rules
from postmortems.item_door import asked, day, lock, manager_of, save, tell, word, zone_of
from postmortems.models import Remediation

ITEMS = "items"
UNBLOCKS = "unblocks"


def due(at: datetime, limit: int) -> list[Key]:
    """Items that must be looked at, the longest waiting first."""
    rows = Remediation.objects.filter(look_due_at__lte=at).order_by("look_due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


@transaction.atomic
def look(key: Key, at: datetime) -> bool:
    """Remind of one item, or bring an accepted risk back."""
    found = Remediation.objects.filter(pk=key, look_due_at__lte=at).select_related("postmortem").first()
    if found is None:
        return False
    item = lock(found)
    if item.look_due_at is None or item.look_due_at > at:
        return False
    if item.state == Remediation.State.RISK_ACCEPTED:
        return_risk(item, at)
    elif item.due and item.state in rules.RUNNING:
        remind(item, at)
    save(item, at)
    return True


def remind(item: Remediation, at: datetime) -> None:
    """One word to the owner for the step that speaks now. The caller holds the lock and saves."""
    if item.due is None:
        return
    step = rules.reminder_now(item.due, zone_of(item.owner), at)
    if step is None:
        return
    asks = step >= rules.ASK_AFTER_DAYS and item.state != Remediation.State.BLOCKED
    subject = _("Due %s") % day(item.due) if step <= 0 else _("Was due %s") % day(item.due)
    body = _("What is in its way? Say so on its page: “Cannot go on because …” asks your manager.") if asks else ""
    tell(item, "asked_why" if asks else "reminded", at=at, step=step)
    word(item, asked(item), subject, at=at, body=body)


def return_risk(item: Remediation, at: datetime) -> None:
    """The risk is over: the item is back where it was promised, or proposed again. The caller holds the lock and saves."""
    item.state = Remediation.State.ACCEPTED if item.accepted_at else Remediation.State.PROPOSED
    tell(item, "returned", at=at, name=item.risk_name, until=item.risk_until.isoformat() if item.risk_until else "")
    item.risk_name, item.risk_until = "", None
    subject = _("The accepted risk is over")
    for person in {asked(item), manager_of(item)}:
        word(item, person, subject, at=at, body=_("Do it now, decline it, or accept the risk anew."))


register(Work(ITEMS, "default", due=due, run=look, late_after=timedelta(minutes=10)))
register(Work(UNBLOCKS, "default", due=blocked.unanswered, run=blocked.tell_director, late_after=timedelta(minutes=10)))
