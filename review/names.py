"""Which incidents have a name for whom: a restricted one of others is counted and not named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from incidents.models import Incident, IncidentQuerySet, number_of, path_of
from paging.models import Page
from review.values import Ref
from teams.models import Role, User


class Told(NamedTuple):
    """What of an incident a row may say; read as `told_of(...)`."""

    pk: int
    title: str
    severity: str
    restricted: bool


def told_of(way: str = "") -> tuple[str, ...]:
    """The columns of a `Told`, of the incident at the end of `way` (with its underscores)."""
    return tuple(f"{way}{name}" for name in Told._fields)


@dataclass(frozen=True)
class Names:
    """The restricted incidents that one reader may see: all of them, or those in `seen`."""

    seen: frozenset[int]
    all: bool = False
    made: dict[int, Ref] = field(default_factory=dict, compare=False)
    """Many rows speak of one incident."""

    @classmethod
    def of(cls, reader: User) -> Names:
        """Its people are those of `IncidentQuerySet.visible_to`, and whoever was paged for it; two queries."""
        if reader.role == Role.ADMIN:
            return cls(frozenset(), all=True)
        theirs = IncidentQuerySet(Incident).visible_to(reader).filter(restricted=True).values_list("pk", flat=True)
        paged = Page.objects.filter(person=reader, incident__restricted=True).values_list("incident", flat=True)
        return cls(frozenset(theirs) | frozenset(pk for pk in paged if pk))

    def hides(self, told: Told) -> bool:
        """Whether the reader may not know which one it is."""
        return told.restricted and not self.all and told.pk not in self.seen

    def ref(self, told: Told) -> Ref:
        """How it stands in a row."""
        if told.pk not in self.made:
            self.made[told.pk] = self._ref(told)
        return self.made[told.pk]

    def _ref(self, told: Told) -> Ref:
        if self.hides(told):
            return Ref("", "", told.severity, "", hidden=True)
        return Ref(number_of(told.pk), told.title, told.severity, path_of(told.pk))
