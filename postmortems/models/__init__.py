"""Learning from incidents, on time: the postmortem, its clocks, and what is changed because of it."""

from postmortems.models.postmortem import Answer, Clock, Factor, Postmortem, Reminder, Row
from postmortems.models.remediation import ItemEvent, Remediation, UnblockRequest

__all__ = [
    "Answer",
    "Clock",
    "Factor",
    "ItemEvent",
    "Postmortem",
    "Remediation",
    "Reminder",
    "Row",
    "UnblockRequest",
]
