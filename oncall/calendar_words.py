"""A calendar that cannot be read any more is told after a day, once, to who can mend it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from foundation.dispatch.wake import wake
from oncall.models import ImportedCalendar
from oncall.models.imported import ImportedQuerySet
from teams.leads import lead_for
from teams.models import Notice, User

PATIENCE = timedelta(hours=24)
"""How long the last good copy does without a word (on-call rules, "Calendar feeds")."""


def due(at: datetime, limit: int) -> list[Key]:
    """Those that have failed for a day, and nobody was told."""
    rows = ImportedQuerySet(ImportedCalendar).live().filter(told_at=None, failing_since__lte=at - PATIENCE)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def tell(key: Key, at: datetime) -> bool:
    """Tell the person whose calendar it is, or the lead and the manager of its team; once for each time that it fails."""
    known = ImportedCalendar.objects.select_related("schedule__team__area__lead", "schedule__team__manager", "person")
    locked = known.select_related("team__area__lead", "team__manager").select_for_update(no_key=True, of=("self",))
    calendar = locked.filter(pk=key, removed_at=None, told_at=None, failing_since__lte=at - PATIENCE).first()
    if calendar is None:
        return False
    subject = _("The calendar “%(name)s” of %(of)s has not been read for a day") % {
        "name": calendar.name,
        "of": calendar.subject,
    }
    body = _("What it said last stays in force: look whether it is still right.")
    for person in _listening(calendar):
        said = {"subject": subject[:300], "body": f"{calendar.error}\n\n{body}", "path": path_of(calendar)}
        Notice.objects.create(person=person, **said, created_at=at, due_at=at)
    wake("notices")
    calendar.told_at = at
    calendar.save(update_fields=["told_at"])
    return True


def path_of(calendar: ImportedCalendar) -> str:
    """The page on which it stands."""
    return f"{calendar.schedule.path}calendars/" if calendar.schedule else "/settings/away/calendars/"


def _listening(calendar: ImportedCalendar) -> list[User]:
    if calendar.person:
        return [calendar.person] if calendar.person.is_active else []
    team = calendar.schedule.team if calendar.schedule else calendar.team
    manager = team.manager if team and team.manager and team.manager.is_active else None
    return list({person.pk: person for person in (lead_for(team), manager) if person}.values())
