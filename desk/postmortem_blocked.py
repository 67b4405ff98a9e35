"""The owner of a postmortem cannot go on: its story says so, and the manager of the team is told."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from desk.postmortem_can import team_of
from incidents import command
from paging.notices import tell
from postmortems.models import Postmortem
from teams.leads import lead_for
from teams.models import User


@transaction.atomic
def cannot_go_on(pm: Postmortem, text: str, *, by: User, at: datetime) -> User | None:
    """Write it into the story and tell who can clear the way; returns whom. Raises NotAllowed for an empty text."""
    command.note(pm.incident, by=by, text=_("The postmortem cannot go on: %s") % text, at=at)
    team = team_of(pm.incident)
    manager = team.manager if team and team.manager and team.manager.is_active else lead_for(team)
    if manager is None or manager == by:
        return None
    subject = _("%(who)s cannot go on with the postmortem of %(number)s") % {
        "who": by.short_name,
        "number": pm.incident.number,
    }
    tell(manager, subject=subject, at=at, body=text, path=pm.path, thread=pm.incident.number)
    return manager
