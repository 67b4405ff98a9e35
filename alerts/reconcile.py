"""Asking Alertmanager once a minute what is still true: a webhook that was lost, or never sent, is made good here.

Alertmanager sends no "resolved" for what was silenced, inhibited, or forgotten over a restart or a reload. What it no
longer holds is resolved, what it silences is quiet, and what it tells our receiver without our having heard is opened.
Nothing is held while it is asked, and an answer that cannot be believed changes nothing. Absence is believed only when every
member of the cluster has answered, and only for what was seen there before.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from alerts import unheard
from alerts.am_api import Cluster, NoAnswer
from alerts.models import Alert, Body, Source
from alerts.payloads import Mark
from alerts.payloads.alertmanager_api import Held, Hush
from alerts.reconcile_models import Reconciliation
from alerts.watchdogs import is_watchdog as is_watchdog_of
from foundation.dispatch.registry import Key
from incidents import alerts_end, lifecycle
from incidents.models import OPEN_Q, Incident
from teams.models import Severity

EVERY = timedelta(seconds=60)
SETTLED = timedelta(minutes=5)
"""An Alertmanager that was just started has no alerts until Prometheus sends them again, once a minute by default."""
OVERDUE = timedelta(minutes=6)
"""Alertmanager waits for the rest of a group (30 s, then 5 min by default) before it tells of an alert."""
KEPT = timedelta(minutes=10)
"""So long one answer keeps an incident quiet."""
MOST_HUSHES = 50
"""Silences that are asked for in one look; what only others keep quiet pages."""
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
LOOKED_BACK = 50
"""Deliveries in which the names of our receivers are looked for."""


def due(at: datetime, limit: int) -> list[Key]:
    """Sources with an address to ask whose minute is over."""
    mine = Source.objects.live().exclude(reconcile_urls=[])
    waiting = mine.filter(Q(reconciliation=None) | Q(reconciliation__due_at__lte=at))
    return list(waiting.order_by("reconciliation__due_at", "pk").values_list("pk", flat=True)[:limit])


def look(key: Key, at: datetime) -> bool:
    """Ask one that is due. It is due again before it is asked: who dies meanwhile has lost nothing but a turn."""
    source = (
        Source.objects.select_related("service").filter(pk=key, archived_at=None).exclude(reconcile_urls=[]).first()
    )
    if source is None:
        return False
    row, made = Reconciliation.objects.get_or_create(source=source, defaults={"due_at": at + EVERY, "asked_at": at})
    claimed = made or Reconciliation.objects.filter(pk=row.pk, due_at__lte=at).update(due_at=at + EVERY, asked_at=at)
    return bool(claimed) and reconcile(source, at=at)


def put_aside(key: Key, at: datetime, error: Exception) -> None:
    """What could not be followed is said on the source's page; it is asked again in its turn."""
    said = _("What it said could not be followed (%s).") % type(error).__name__
    Reconciliation.objects.filter(source=int(key)).update(error=said[:500])


def reconcile(source: Source, *, at: datetime) -> bool:
    """Ask now and follow the answer; returns whether there was one. Must not be called while a lock is held."""
    mine = Reconciliation.objects.filter(source=source)
    try:
        cluster = Cluster(source.reconcile_urls)
        held = cluster.held
        unknown = _unknown(source, held, at)
        missed = cluster.alerts_for(receivers_of(source)) if unknown else {}
        hushes = _hushes(cluster, source, held)
    except NoAnswer as error:
        mine.update(error=str(error)[:500])
        return False
    seen = _seen(source)
    if cluster.all_up_since(at - SETTLED):
        _resolve(source, seen - held.keys(), at)
    if found := [missed[one] for one in sorted(unknown & missed.keys())]:
        unheard.take_in(source, found, at=at, mark=Mark.RECONCILED)
    _hush(source, held, hushes, at)
    still = {one.fingerprint for one in _firing(source)} & (seen | held.keys())
    mine.update(held={"asked": source.reconcile_urls, "fingerprints": sorted(still)}, error=cluster.missing[:500])
    if not cluster.missing:
        mine.update(answered_at=at)
    return True


def _seen(source: Source) -> set[str]:
    """Which firing alerts these addresses held when they were asked before: another Alertmanager never had the others."""
    held = Reconciliation.objects.get(source=source).held
    return set(held["fingerprints"]) if held.get("asked") == source.reconcile_urls else set()


def receivers_of(source: Source) -> set[str]:
    """What Alertmanager calls us, by its last deliveries: of alerts for other receivers we know nothing."""
    bodies = Body.objects.filter(source=source, outcome__has_key="receiver").order_by("-pk")
    return set(bodies.values_list("outcome__receiver", flat=True)[:LOOKED_BACK])


def _unknown(source: Source, held: dict[str, Held], at: datetime) -> set[str]:
    """What fires there for longer than any group waits, and not here; watchdogs never fire here."""
    is_watchdog = is_watchdog_of(source)
    old = {
        name
        for name, one in held.items()
        if not one.suppressed
        and one.alert.starts_at
        and one.alert.starts_at <= at - OVERDUE
        and not is_watchdog(one.alert)
    }
    known = Alert.objects.filter(source=source, fingerprint__in=old, firing=True)
    return old - set(known.values_list("fingerprint", flat=True))


def _resolve(source: Source, gone_there: Collection[str], asked_at: datetime) -> None:
    """End what Alertmanager no longer holds, unless it was heard of after the question was sent."""
    gone = [one for one in _firing(source) if one.fingerprint in gone_there and one.last_seen_at < asked_at]
    unheard.end(source, gone, at=asked_at, mark=Mark.RECONCILED)


def _firing(source: Source) -> list[Alert]:
    """Those with a fingerprint of Alertmanager's own: test alerts and the like are not its to end."""
    return [one for one in Alert.objects.filter(source=source, firing=True) if FINGERPRINT.fullmatch(one.fingerprint)]


def _hushes(cluster: Cluster, source: Source, held: dict[str, Held]) -> dict[str, Hush]:
    """The silences of our firing alerts, by their ids."""
    mine = {one.fingerprint for one in _firing(source)}
    ids = {number for name, one in held.items() if name in mine for number in one.silenced_by}
    return {number: cluster.silence(number) for number in sorted(ids)[:MOST_HUSHES]}


def _hush(source: Source, held: dict[str, Held], hushes: dict[str, Hush], at: datetime) -> None:
    """Incidents are quiet while all their firing alerts are silenced there; the first silence to end lets the page out."""
    row = Reconciliation.objects.get(source=source)
    quiet: dict[int, Hush] = {}
    loud: set[int] = set()
    for alert in Alert.objects.filter(firing=True, incident__in=_incidents(source)).only(
        "fingerprint", "incident", "source"
    ):
        one = held.get(alert.fingerprint) if alert.source_id == source.pk else None
        ends = [hushes[number] for number in one.silenced_by if number in hushes] if one and one.suppressed else []
        pk = alert.incident_id or 0
        if not ends:
            loud.add(pk)
            continue
        longest = max(ends, key=lambda hush: hush.until)
        quiet[pk] = min(quiet.get(pk, longest), longest, key=lambda hush: hush.until)
    wanted = {pk: hush for pk, hush in quiet.items() if pk not in loud and hush.until > at}
    before = {int(pk): stamp for pk, stamp in row.hushed.items()}
    stamps = {pk: _stamp(pk, wanted.get(pk), before.get(pk, {}), at) for pk in sorted(wanted.keys() | before.keys())}
    row.hushed = {str(pk): stamp for pk, stamp in stamps.items() if stamp}
    row.save(update_fields=["hushed"])


def _incidents(source: Source) -> set[int]:
    open_ones = Alert.objects.filter(source=source, firing=True, incident__in=Incident.objects.filter(OPEN_Q))
    return {pk for pk in open_ones.values_list("incident_id", flat=True) if pk}


@transaction.atomic
def _stamp(pk: int, hush: Hush | None, before: dict[str, str], at: datetime) -> dict[str, str]:
    """Make one incident quiet, or let it speak again; what a person has made quiet stays as they made it.

    Quiet for `KEPT` only, and for longer by each answer that says so again: an Alertmanager that is dead silences nothing.
    A critical one is quiet for an hour in all. Returns what is remembered of it: `Reconciliation.hushed`.
    """
    incident = Incident.objects.filter(OPEN_Q).select_for_update(no_key=True).filter(pk=pk).first()
    if incident is None:
        return {}
    now = incident.silenced_until
    lasts = now is not None and now > at
    ours = bool(now and now.isoformat() == before.get("stamped"))
    if hush is None:
        if ours and lasts:
            alerts_end.end_silence(incident, at=at, cause=_("Alertmanager"))
        return {}
    same = hush.until.isoformat() == before.get("until")
    stamp = before if same else {"until": hush.until.isoformat(), "since": at.isoformat(), "stamped": ""}
    end = min(hush.until, at + KEPT)
    if incident.severity == Severity.CRITICAL:
        end = min(end, datetime.fromisoformat(stamp["since"]) + lifecycle.QUIET_CRITICAL)
    # Stamped once: whoever has paged all the same since then has decided so.
    if end <= at or ((same or lasts) and not ours) or (same and now and end - now < KEPT / 2 and lasts):
        return stamp
    if same and lasts:
        alerts_end.stays_quiet(incident, until=end)
    else:
        words = {"by": hush.by or "?", "comment": hush.comment}
        because = _("Silenced in Alertmanager by %(by)s: %(comment)s") % words
        lifecycle.silence(incident, until=end, because=because, at=at)
    return {**stamp, "stamped": end.isoformat()}
