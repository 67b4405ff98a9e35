"""Silencing in Alertmanager from here: exactly the alerts of one incident, until an end, in the name of a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from alerts.am_api import Alertmanager, NoAnswer
from alerts.models import Alert, Source
from alerts.reconcile_models import Reconciliation
from foundation.dispatch.wake import wake
from incidents import command, lifecycle
from incidents.models import Incident, NotAllowed
from teams.models import Severity, User

MOST = 10
"""Silences for one incident, one for each alert. Fewer labels than all of an alert's would reach alerts of other teams."""


def silence_there(incident: Incident, *, until: datetime, because: str, by: User, at: datetime) -> int:
    """Silence the firing alerts of `incident` in the Alertmanagers that hold them; returns how many silences were made.

    The incident is quiet as soon as they are asked again, which is now. Raises NotAllowed when there is nothing to
    silence, too much of it, for too long (an hour for a critical incident, a day for others), and when one gives no
    answer; what was silenced before that stands in the story. Must not be called while a lock is held.
    """
    longest = lifecycle.QUIET_CRITICAL if incident.severity == Severity.CRITICAL else lifecycle.QUIET_OTHERS
    if not at < until <= at + longest:
        raise NotAllowed(_("Choose an end within the next %d minutes.") % (longest.total_seconds() // 60))
    firing = Alert.objects.filter(incident=incident, firing=True).exclude(source__reconcile_urls=[])
    alerts = list(firing.select_related("source").order_by("source", "fingerprint"))
    if not alerts:
        raise NotAllowed(_("None of its alerts fires in an Alertmanager that can be asked."))
    if len(alerts) > MOST:
        raise NotAllowed(_("More than %d of its alerts fire: silence them in Alertmanager itself.") % MOST)
    comment = f"{incident.number}: {because}"
    peers: dict[int, Alertmanager] = {}
    made, trouble = 0, ""
    for alert in alerts:
        try:
            if alert.source_id not in peers:
                peers[alert.source_id] = Alertmanager.first(alert.source.reconcile_urls)
            peers[alert.source_id].make_silence(_silence(alert.labels, comment=comment, by=str(by), at=at, until=until))
            made += 1
        except NoAnswer as error:
            trouble = _not_all(made, alert.source, str(error))
            break
    if made:
        command.note(incident, by=by, text=_("Silenced in Alertmanager: %s") % because, at=at)
        Reconciliation.objects.filter(source__in=peers).update(due_at=at)
        wake("reconciling")
    if trouble:
        raise NotAllowed(trouble)
    return made


def _not_all(made: int, source: Source, why: str) -> str:
    if made:
        words = {"made": made, "source": source, "why": why}
        return _("Only %(made)d of its alerts are silenced: %(source)s did not answer. %(why)s") % words
    return _("Nothing was silenced in %(source)s. %(why)s") % {"source": source, "why": why}


def _silence(labels: dict[str, str], *, comment: str, by: str, at: datetime, until: datetime) -> dict[str, object]:
    matchers = [
        {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in sorted(labels.items())
    ]
    times = {"startsAt": at.isoformat(), "endsAt": until.isoformat()}
    return {"matchers": matchers, "createdBy": by, "comment": comment, **times}
