"""What an incident is called and where it stands, in the words that every room uses."""

from __future__ import annotations

import re

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

NUMBER = re.compile(r"(?:INC-)?([1-9][0-9]{0,17})", re.IGNORECASE)


class State(models.TextChoices):
    """Where an incident stands. Acknowledgement is not a state."""

    TRIAGE = "triage", _("triage")
    INVESTIGATING = "investigating", _("investigating")
    MITIGATING = "mitigating", _("mitigating")
    MONITORING = "monitoring", _("monitoring")
    RESOLVED = "resolved", _("resolved")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    MERGED = "merged", _("merged")


OPEN = (State.TRIAGE, State.INVESTIGATING, State.MITIGATING, State.MONITORING)
OVER = (State.RESOLVED, State.CLOSED, State.CANCELLED, State.MERGED)
OPEN_Q = Q(state__in=[str(state) for state in OPEN])
STAMPS = (
    "impact_started_at",
    "detected_at",
    "declared_at",
    "first_page_at",
    "acked_at",
    "reacted_at",
    "mitigated_at",
    "resolved_at",
    "closed_at",
)


class Kind(models.TextChoices):
    """What a timeline entry tells; the entry is the event."""

    OPENED = "opened", _("opened")
    DECLARED = "declared", _("declared")
    ALERT = "alert", _("alert")
    ALERT_RESOLVED = "alert_resolved", _("alert resolved")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    UNACKNOWLEDGED = "unacknowledged", _("acknowledgement taken back")
    ACK_EXPIRED = "ack_expired", _("acknowledgement timed out")
    HANDED_OVER = "handed_over", _("handed over")
    STATE = "state", _("state")
    MITIGATED = "mitigated", _("mitigated")
    RESOLVED = "resolved", _("resolved")
    REOPENED = "reopened", _("reopened")
    CANCELLED = "cancelled", _("cancelled")
    CLOSED = "closed", _("closed")
    MERGED = "merged", _("merged")
    CLASS = "class", _("class changed")
    EDITED = "edited", _("edited")
    IMPACT = "impact", _("impact")
    NOTE = "note", _("note")
    ROLE = "role", _("role")
    PULLED_IN = "pulled_in", _("pulled in")
    ESCALATE = "escalate", _("escalate now")
    PAGED = "paged", _("paged")
    NOT_PAGED = "not_paged", _("not paged")
    SENT = "sent", _("sent")
    NOT_SENT = "not_sent", _("could not be sent")
    EXHAUSTED = "exhausted", _("nobody answered")
    QUIET = "quiet", _("quiet")


def number_of(pk: int) -> str:
    """The name of the incident with this key that people say on the phone: INC-12."""
    return f"INC-{pk}"


def path_of(pk: int) -> str:
    """The permanent address of the incident with this key, inside the application."""
    return f"/incidents/{number_of(pk)}/"
