"""Words to a team about its incidents: one is open, somebody has it, it is over. Never a page, and no page waits for them.

State is read: the row of an incident says what its team was told last, and is gone when the incident is over and that is said.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from incidents.models import OPEN, Incident
from paging.channels import apprise_api
from paging.channels.base import SendFailed

LEASE = timedelta(minutes=1)
WAITS = (timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=15))
"""Before another try; after the last it stays unsaid until the incident moves again."""
MOST_PLACES = 3
"""Of one team: all of them must be called within the lease."""
MOST_AT_ONCE = 2
"""Words on their way: where the worker is gone the dispatcher does this too, and its threads are for pages."""
EVERYBODY = "*"
logger = logging.getLogger(__name__)


class TeamWord(models.Model):
    """What the team of an open incident was told last."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="team_word")
    told = models.CharField(max_length=100, blank=True, default="", db_default="")
    version = models.PositiveIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.told}"


def places(incident: Incident) -> list[str]:
    """Where the team of an incident is told; nobody is told of a restricted one."""
    if incident.restricted:
        return []
    known: dict[str, list[str]] = settings.TEAM_NOTICES
    team = incident.service.team.slug if incident.service else ""
    return list(dict.fromkeys([*known.get(team, ()), *known.get(EVERYBODY, ())]))[:MOST_PLACES]


def due(at: datetime, limit: int) -> list[Key]:
    """Incidents of which a team has not been told what is so."""
    known: dict[str, list[str]] = settings.TEAM_NOTICES
    on_their_way = TeamWord.objects.filter(attempts__gt=0, due_at__gt=at, due_at__lte=at + LEASE)
    room = MOST_AT_ONCE - on_their_way.count() if known else 0
    if room <= 0:
        return []
    new = Incident.objects.filter(state__in=OPEN, restricted=False, team_word=None)
    if EVERYBODY not in known:
        new = new.filter(service__team__slug__in=list(known))
    moved = TeamWord.objects.filter(due_at__lte=at).exclude(version=F("incident__version")).order_by("due_at")
    keys: list[Key] = [*moved.values_list("incident_id", flat=True)[:room], *new.values_list("pk", flat=True)[:room]]
    return keys[: min(limit, room)]


def tell_one(key: Key, at: datetime) -> bool:
    """Tell the team what is so of one incident; returns whether there was anything to do."""
    row = _claim(int(key), at)
    if row is None:
        return False
    incident = row.incident
    where, to = standing(incident), places(incident)
    if where == row.told or not to or _said(to, incident):
        _looked(row, where, at)
    else:
        _later(row, where, at)
    return True


@transaction.atomic
def _claim(incident_id: int, at: datetime) -> TeamWord | None:
    TeamWord.objects.bulk_create([TeamWord(incident_id=incident_id, due_at=at)], ignore_conflicts=True)
    rows = TeamWord.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    waiting = rows.filter(incident=incident_id, due_at__lte=at).exclude(version=F("incident__version"))
    row = waiting.select_related("incident__service__team", "incident__held_by").first()
    if row is None:
        return None
    row.attempts, row.due_at = row.attempts + 1, at + LEASE
    row.save(update_fields=["attempts", "due_at"])
    return row


def standing(incident: Incident) -> str:
    """Where it stands, as far as its team is told."""
    if not incident.is_open:
        return incident.state
    return f"held:{incident.held_by_id or 'sender'}" if incident.is_held else "open"


def _said(to: Sequence[str], incident: Incident) -> bool:
    """Whether anybody took it. A place that did not is named in the log by its kind alone: addresses hold secrets."""
    title, body = words(incident)
    taken = 0
    for url in to:
        try:
            apprise_api.send(url, title=title, body=body)
            taken += 1
        except SendFailed as error:
            logger.warning("a team notice by %s was not taken: %s", url.partition(":")[0], error)
    return taken > 0


def words(incident: Incident) -> tuple[str, str]:
    """The title and the text."""
    title = " ".join(f"[{incident.number}] {incident.severity}: {incident.title}".split())[:250]
    if not incident.is_open:
        said = _("It is over: %s.") % incident.get_state_display()
    elif incident.is_held:
        said = _("%s has it.") % incident.holder
    else:
        said = _("It is open, and nobody has it yet. Whoever has the pager is paged.")
    return title, f"{said}\n{settings.SHARPEND_URL}{incident.path}"


def _looked(row: TeamWord, where: str, at: datetime) -> None:
    if not row.incident.is_open:
        TeamWord.objects.filter(pk=row.pk).delete()
        return
    TeamWord.objects.filter(pk=row.pk).update(told=where, version=row.incident.version, due_at=at, attempts=0)


def _later(row: TeamWord, where: str, at: datetime) -> None:
    """Nobody took it: again later, and after some tries not at all."""
    if row.attempts > len(WAITS):
        _looked(row, where, at)
        return
    TeamWord.objects.filter(pk=row.pk).update(due_at=at + WAITS[row.attempts - 1])
