"""Silencing in Alertmanager from here: exactly the alerts of one incident, until an end, in the name of a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from alerts.am_api import Alertmanager, NoAnswer
from alerts.models import Alert, Source
from alerts.reconcile_models import Reconciliation
from foundation.dispatch.wake import wake
from incidents import command
from incidents.models import Incident, NotAllowed
from teams.models import User

MOST = 10
"""Silences for one incident, one for each alert; more alerts than that are silenced by what they have in common."""


def silence_there(incident: Incident, *, until: datetime, because: str, by: User, at: datetime) -> int:
    """Silence the firing alerts of `incident` in the Alertmanagers that hold them; returns how many silences were made.

    The incident is quiet as soon as they are asked again, which is now. Raises NotAllowed when there is nothing to
    silence, or no answer. Must not be called while a lock is held.
    """
    firing = Alert.objects.filter(incident=incident, firing=True).exclude(source__reconcile_urls=[])
    by_source: dict[Source, list[Alert]] = {}
    for alert in firing.select_related("source").order_by("source", "fingerprint"):
        by_source.setdefault(alert.source, []).append(alert)
    if not by_source:
        raise NotAllowed(_("None of its alerts fires in an Alertmanager that can be asked."))
    made = 0
    comment = f"{incident.number}: {because}"
    for source, alerts in by_source.items():
        try:
            peer = Alertmanager.first(source.reconcile_urls)
            for labels in _each(alerts):
                peer.make_silence(_silence(labels, comment=comment, by=str(by), at=at, until=until))
                made += 1
        except NoAnswer as error:
            raise NotAllowed(
                _("Nothing was silenced in %(source)s. %(why)s") % {"source": source, "why": error}
            ) from None
    command.note(incident, by=by, text=_("Silenced in Alertmanager: %s") % because, at=at)
    Reconciliation.objects.filter(source__in=by_source).update(due_at=at)
    wake("reconciling")
    return made


def _each(alerts: list[Alert]) -> list[dict[str, str]]:
    """The labels of each alert; of many, the labels that all of them share."""
    if len(alerts) <= MOST:
        return [alert.labels for alert in alerts]
    shared = set.intersection(*(set(alert.labels.items()) for alert in alerts))
    if not any(name == "alertname" for name, _value in shared):
        raise NotAllowed(_("Its alerts have different names: silence them in Alertmanager itself."))
    return [dict(shared)]


def _silence(labels: dict[str, str], *, comment: str, by: str, at: datetime, until: datetime) -> dict[str, object]:
    matchers = [
        {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in sorted(labels.items())
    ]
    times = {"startsAt": at.isoformat(), "endsAt": until.isoformat()}
    return {"matchers": matchers, "createdBy": by, "comment": comment, **times}
