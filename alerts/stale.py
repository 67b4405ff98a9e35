"""Alerts of an Alertmanager that cannot be asked, once it is silent about them for longer than it ever was.

The responder is asked once whether they are still true, and says so on the incident's page. Hearing of one takes the doubt
away (`alerts.rows`). Locks: alerts by source and fingerprint, then the incident.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from alerts import unheard
from alerts.models import Alert, Source
from alerts.payloads import Mark
from alerts.rejected import owners
from alerts.stale_rules import CRITICAL, FLOOR, ends_by_itself, is_asked, is_stale
from foundation.ui.times import duration
from incidents import lifecycle
from incidents.models import OPEN_Q, Incident, Kind, NotAllowed
from paging.forecast import would_page
from teams.models import Notice, User

EVERY = timedelta(minutes=5)
REPEATING = ("alertmanager", "grafana")
"""Kinds of sources that repeat what fires and say nothing when they forget it."""
NAMED = 5


def sweep(at: datetime) -> int:
    """Doubt what was not heard of for too long, ask about it, and end what nobody answered for: how many were doubted anew.

    Where Alertmanager itself is asked (`reconcile`), its word counts instead.
    """
    quiet = [one for one in _repeated().filter(last_seen_at__lte=at - FLOOR) if is_stale_at(one, at)]
    fresh = _doubt([one.pk for one in quiet if one.stale_at is None], at)
    asked: dict[int, list[Alert]] = defaultdict(list)
    for one in quiet:
        if is_asked(one.stale_at, at):
            asked[one.incident_id or 0].append(one)
    for pk in sorted(asked):
        if not _end(asked[pk], at):
            ask(pk, at)
    return fresh


@transaction.atomic
def _doubt(alerts: Sequence[int], at: datetime) -> int:
    """Those that are being told at this moment are left out."""
    rows = Alert.objects.filter(pk__in=alerts, firing=True).order_by("source", "fingerprint")
    locked = rows.select_for_update(no_key=True, skip_locked=True)
    return Alert.objects.filter(pk__in=[one.pk for one in locked if is_stale_at(one, at)]).update(stale_at=at)


def is_stale_at(alert: Alert, at: datetime) -> bool:
    """Whether its sender is silent about `alert` for too long at `at`."""
    return is_stale(alert.repeat_gap, alert.last_seen_at, at)


def _repeated() -> QuerySet[Alert]:
    """Firing alerts of open incidents that were repeated, of senders that cannot be asked."""
    senders = Source.objects.live().filter(kind__in=REPEATING, reconcile_urls=[], watching=False)
    firing = Alert.objects.filter(firing=True, incident__in=Incident.objects.filter(OPEN_Q), repeat_gap__isnull=False)
    return firing.filter(source__in=senders).select_related("incident", "source__service").order_by("pk")


def _end(alerts: Iterable[Alert], at: datetime) -> int:
    """End those of one incident whose time is over; how many."""
    over: dict[Source, list[Alert]] = defaultdict(list)
    for one in alerts:
        severity = one.incident.severity if one.incident else CRITICAL
        if ends_by_itself(one.repeat_gap, one.last_seen_at, one.stale_at, at, severity):
            over[one.source].append(one)
    return sum(unheard.end(source, gone, at=at, mark=Mark.STALE) for source, gone in over.items())


@transaction.atomic
def ask(pk: int, at: datetime) -> bool:
    """Ask whoever has the incident, else who is on call, about its stale alerts; once for each doubt. Whether it did."""
    doubted = _doubted(pk, at)
    incident = Incident.objects.locked(pk)
    since = min((one.stale_at for one in doubted if one.stale_at), default=None)
    told = incident.timeline.filter(kind=Kind.NOTE, data__has_key="stale", at__gte=since) if since else None
    if not incident.is_open or told is None or told.exists():
        return False
    text, longest = in_words(doubted, at), max(doubted, key=lambda one: at - one.last_seen_at)
    incident.tell(Kind.NOTE, at=at, cause=str(longest.source), text=text, stale=len(doubted), titles=titles(doubted))
    lifecycle.save(incident)
    body = _(
        "%s\n\nLook whether it is still true, and say so on the page. Its sender may have silenced or forgotten it."
    )
    notice = {"subject": _("%s: is it still true?") % incident, "body": body % f"{text}\n{', '.join(titles(doubted))}"}
    Notice.objects.bulk_create(
        Notice(person=person, path=incident.path, thread=str(incident), created_at=at, due_at=at, **notice)
        for person in _responders(incident, longest.source, at)
    )
    return True


def _responders(incident: Incident, source: Source, at: datetime) -> Iterable[User]:
    """Who has it, else who would be paged first, else who answers for the source."""
    if incident.held_by and incident.held_by.is_active:
        return [incident.held_by]
    first = would_page(incident.service, at).first
    return first.people if first else owners(source)


def in_words(alerts: Sequence[Alert], at: datetime) -> str:
    """How long these were not heard of, and how often their sender repeated them before."""
    oldest = max(alerts, key=lambda one: at - one.last_seen_at)
    words = {
        "n": len(alerts),
        "unseen": duration(at - oldest.last_seen_at),
        "gap": duration(oldest.repeat_gap),
    }
    if len(alerts) == 1:
        return _("Not heard of for %(unseen)s; its sender repeated it every %(gap)s. Is it still true?") % words
    return _("%(n)d alerts not heard of for %(unseen)s; repeated every %(gap)s before. Are they still true?") % words


def titles(alerts: Sequence[Alert]) -> list[str]:
    """The first few, for the story."""
    return list(dict.fromkeys(str(one) for one in alerts))[:NAMED]


def _doubted(pk: int, at: datetime) -> list[Alert]:
    """The alerts of an incident about which people are asked, under their locks."""
    rows = Alert.objects.filter(incident=pk, firing=True, stale_at__isnull=False).select_related("source__service")
    locked = rows.order_by("source", "fingerprint").select_for_update(no_key=True, of=("self",))
    return [one for one in locked if is_asked(one.stale_at, at)]


@transaction.atomic
def still_true(incident: Incident, *, by: User, at: datetime) -> str:
    """`by` has looked: what was not heard of is still true, which counts as a word about it. What was done in words.

    Raises NotAllowed when nothing is in doubt.
    """
    doubted = _doubted(incident.pk, at)
    _refuse_none(doubted)
    Alert.objects.filter(pk__in=[one.pk for one in doubted]).update(stale_at=None, last_seen_at=at)
    _note(incident, _("It is still true."), doubted, by=by, at=at)
    return _("Noted: it is still true. You are asked again if it stays unheard of.")


def over(incident: Incident, *, by: User, at: datetime) -> str:
    """`by` has looked: what was not heard of is over. It ends as by its sender, others fire on. What was done in words.

    Raises NotAllowed when nothing is in doubt. Each source's alerts end in a transaction of their own, as its deliveries do.
    """
    rows = Alert.objects.filter(incident=incident, firing=True, stale_at__isnull=False).select_related("source")
    doubted = [one for one in rows.order_by("source", "fingerprint") if is_asked(one.stale_at, at)]
    _refuse_none(doubted)
    gone: dict[Source, list[Alert]] = defaultdict(list)
    for one in doubted:
        gone[one.source].append(one)
    ended = sum(unheard.end(source, alerts, at=at, mark=Mark.STALE) for source, alerts in gone.items())
    _refuse_none(doubted[:ended])
    _note(incident, _("It is over; its sender said nothing of it."), doubted, by=by, at=at)
    return _("What was not heard of is over.")


def _refuse_none(doubted: Sequence[Alert]) -> None:
    if not doubted:
        raise NotAllowed(_("Nothing is in doubt any more: its sender was heard, or somebody answered."), lost_race=True)


@transaction.atomic
def _note(incident: Incident, text: str, alerts: Sequence[Alert], *, by: User, at: datetime) -> None:
    found = Incident.objects.locked(incident.pk)
    lifecycle.reacted(found, at)
    found.tell(Kind.NOTE, by=by, at=at, text=text, titles=titles(alerts))
    lifecycle.save(found)
