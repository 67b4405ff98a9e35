"""The incident, its life and its story."""

from incidents.changes import Change
from incidents.models.incident import Incident, IncidentQuerySet
from incidents.models.refusal import NotAllowed
from incidents.models.story import ImpactInterval, RoleTenure, TimelineEntry
from incidents.models.words import NUMBER, OPEN, OPEN_Q, OVER, STAMPS, Kind, State, number_of, path_of

__all__ = [
    "NUMBER",
    "OPEN",
    "OPEN_Q",
    "OVER",
    "STAMPS",
    "Change",
    "ImpactInterval",
    "Incident",
    "IncidentQuerySet",
    "Kind",
    "NotAllowed",
    "RoleTenure",
    "State",
    "TimelineEntry",
    "number_of",
    "path_of",
]
