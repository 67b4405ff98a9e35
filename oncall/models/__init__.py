"""Who holds the pager: schedules of layers, exceptions to them, and the escalation policies that use them."""

from oncall.models.exceptions import Absence, Cover, Override, Swap
from oncall.models.imported import CalendarEntry, ImportedCalendar
from oncall.models.policies import Coverage, EscalationPolicy, EscalationStep
from oncall.models.schedules import DutyRole, Layer, LayerMember, LiveQuerySet, PastLayers, Schedule
from oncall.models.skills import Agreement, Training
from oncall.models.words import Feed, GapTold, HandoverNote

__all__ = [
    "Absence",
    "Agreement",
    "CalendarEntry",
    "Cover",
    "Coverage",
    "DutyRole",
    "EscalationPolicy",
    "EscalationStep",
    "Feed",
    "GapTold",
    "HandoverNote",
    "ImportedCalendar",
    "Layer",
    "LayerMember",
    "LiveQuerySet",
    "Override",
    "PastLayers",
    "Schedule",
    "Swap",
    "Training",
]
