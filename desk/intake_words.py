"""What machines send, in words for people: the kind of a source, and what was odd about a body."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.kinds import FALLBACK
from alerts.payloads import Mark

NAMES = {
    "azure_monitor": "Azure Monitor",
    "cloudevents": "CloudEvents",
    "email": gettext_lazy("e-mail"),
    "gcp_monitoring": "Google Cloud Monitoring",
    "github": "GitHub",
    "librenms": "LibreNMS",
    "newrelic": "New Relic",
    "pagerduty": gettext_lazy("PagerDuty's Events API"),
    "opsgenie": gettext_lazy("Opsgenie's Alert API"),
    "sns": "Amazon SNS",
    "updown": "updown.io",
    "uptime_kuma": "Uptime Kuma",
    "uptimerobot": "UptimeRobot",
}
"""Kinds whose name is not just their word with a capital."""
MARKS: dict[str, str | Promise] = {
    Mark.UNMAPPED: gettext_lazy("nothing in it was understood"),
    Mark.IGNORED: gettext_lazy("left out, as its mapping says"),
    Mark.READ_AS_GENERIC: gettext_lazy("read as plain JSON"),
    Mark.BAD_ALERTS: gettext_lazy("some alerts could not be read"),
    Mark.INVALID_TEXT: gettext_lazy("not all of it is text"),
    Mark.CHARACTERS_REMOVED: gettext_lazy("characters were taken out"),
    Mark.CUT: gettext_lazy("cut, it was too long"),
    Mark.DUPLICATE_KEYS: gettext_lazy("a key stood in it twice"),
    Mark.NOT_VERIFIED: gettext_lazy("its signature was not proven"),
    Mark.OVERSIZE: gettext_lazy("larger than is taken in"),
    Mark.NOT_A_NUMBER: gettext_lazy("NaN or infinity stood in it"),
    Mark.HUGE_NUMBER: gettext_lazy("a number too large to keep"),
    Mark.FINGERPRINT_MADE: gettext_lazy("known by its labels, for it has no fingerprint"),
    Mark.LINK_DROPPED: gettext_lazy("a link was left out"),
    Mark.STATUS_UNKNOWN: gettext_lazy("whether it fires was not understood"),
    Mark.TIME_CLAMPED: gettext_lazy("a time was out of range"),
    Mark.TIME_UNREADABLE: gettext_lazy("a time could not be read"),
    Mark.TIME_WITHOUT_ZONE: gettext_lazy("a time without a zone was taken as UTC"),
    Mark.TRUNCATED_UNREADABLE: gettext_lazy("how many alerts its sender cut off is unclear"),
    Mark.VERSION_UNKNOWN: gettext_lazy("of a version that is not known here"),
    Mark.WATCHDOG: gettext_lazy("a watchdog was heard"),
    Mark.RECONCILED: gettext_lazy("its Alertmanager was asked"),
    Mark.REPLAYED: gettext_lazy("a second copy, which counts once"),
    Mark.STALE: gettext_lazy("not heard for a long time"),
}

DECISIONS: dict[str, str | Promise] = {
    "opened": gettext_lazy("opened an incident"),
    "new": gettext_lazy("began"),
    "refreshed": gettext_lazy("still fires"),
    "flapped": gettext_lazy("began again"),
    "duplicate": gettext_lazy("a second copy"),
    "late": gettext_lazy("was over already"),
    "nothing": gettext_lazy("nothing to decide"),
}
"""Decisions whose own word says too little; the others stand as they are."""


def kind_word(kind: str) -> str:
    """ "Alertmanager", "Uptime Kuma"."""
    if kind == FALLBACK:
        return _("anything that posts JSON")
    return str(NAMES.get(kind) or kind.replace("_", " ").capitalize())


def decision_word(decision: str) -> str:
    """What became of a body, or of one alert."""
    return str(DECISIONS.get(decision, decision))


def mark_word(mark: str) -> str:
    """What was odd; a mark of a later version stands as it is."""
    return str(MARKS.get(mark, mark))
