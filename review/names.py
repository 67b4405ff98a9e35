"""Which incidents have a name for whom: a restricted one of others is counted and not named."""

from __future__ import annotations

from dataclasses import dataclass, field

from incidents.models import Incident, IncidentQuerySet, number_of, path_of
from paging.models import Page
from review.values import Ref
from teams.models import Role, User


def told_of(way: str = "") -> tuple[str, ...]:
    """The columns that `Names.ref` takes, of the incident at the end of `way` (with its underscores)."""
    return (f"{way}pk", f"{way}title", f"{way}severity", f"{way}restricted")


@dataclass(frozen=True)
class Names:
    """The restricted incidents that one reader may see: all of them, or those in `seen`."""

    seen: frozenset[int]
    all: bool = False
    made: dict[int, Ref] = field(default_factory=dict, compare=False)
    """Many rows speak of one incident."""

    @classmethod
    def of(cls, reader: User) -> Names:
        """Its people are those of `IncidentQuerySet.visible_to`, and whoever was paged for it."""
        if reader.role == Role.ADMIN:
            return cls(frozenset(), all=True)
        theirs = IncidentQuerySet(Incident).restricted_of(reader).values_list("pk", flat=True)
        paged = Page.objects.filter(person=reader, incident__restricted=True).order_by()
        return cls(frozenset(theirs.union(paged.values_list("incident", flat=True))))

    def ref(self, pk: int, title: str, severity: str, restricted: bool) -> Ref:
        """How the incident with these columns (`told_of`) stands in a row."""
        if pk not in self.made:
            hidden = restricted and not self.all and pk not in self.seen
            self.made[pk] = (
                Ref("", "", severity, "", hidden=True) if hidden else Ref(number_of(pk), title, severity, path_of(pk))
            )
        return self.made[pk]
