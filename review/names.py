"""Which incidents have a name for whom: a restricted one of others is counted and not named."""

from __future__ import annotations

from dataclasses import dataclass

from incidents.models import Incident, IncidentQuerySet
from paging.models import Page
from review.values import Ref
from teams.models import User


@dataclass(frozen=True)
class Names:
    """The restricted incidents that one reader may see."""

    seen: frozenset[int]

    @classmethod
    def of(cls, reader: User) -> Names:
        """Its people are those of `IncidentQuerySet.visible_to`, and whoever was paged for it; two queries."""
        theirs = IncidentQuerySet(Incident).visible_to(reader).filter(restricted=True).values_list("pk", flat=True)
        paged = Page.objects.filter(person=reader, incident__restricted=True).values_list("incident", flat=True)
        return cls(frozenset(theirs) | frozenset(pk for pk in paged if pk))

    def hides(self, incident: Incident) -> bool:
        """Whether the reader may not know which one it is."""
        return incident.restricted and incident.pk not in self.seen

    def ref(self, incident: Incident) -> Ref:
        """How it stands in a row."""
        if self.hides(incident):
            return Ref("", "", incident.severity, "", hidden=True)
        return Ref(incident.number, incident.title, incident.severity, incident.path)
