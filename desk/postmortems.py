"""The list of postmortems: what is being written, by whom, and which promise runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.guard import not_hidden, person, row_number
from desk.learning import faces_by_incident
from postmortems.models import Clock, Postmortem
from teams.models import User

PAGE = 50
OURS = Clock.objects.filter(postmortem=OuterRef("pk"), kind=Clock.Kind.INTERNAL)
WAIVED = Exists(OURS.exclude(waiver="")) & ~Exists(OURS.filter(state=Clock.State.RUNNING))
"""Nobody writes it: the duty was waived, and no later one runs."""
SHOWN: dict[str, Q] = {
    "open": Q(state__in=[Postmortem.State.DRAFT, Postmortem.State.NEEDS_UPDATE]) & ~Q(WAIVED),
    "filed": Q(state__in=[Postmortem.State.FILED, Postmortem.State.IN_REVIEW]),
    "reviewed": Q(state=Postmortem.State.REVIEWED),
    "all": Q(),
}
RELATED = ("incident__service__team", "owner")


def theirs(user: User) -> QuerySet[Postmortem]:
    """The postmortems of incidents that `user` may see."""
    return Postmortem.objects.filter(not_hidden(user, "incident")).select_related(*RELATED)


def overdue(rows: QuerySet[Postmortem], kind: str, at: datetime) -> QuerySet[Postmortem]:
    """Those whose `kind` of clock (its latest run) is past due at `at` and was not stopped."""
    later = Clock.objects.filter(postmortem=OuterRef("postmortem"), kind=kind, round__gt=OuterRef("round"))
    late = Clock.objects.filter(
        kind=kind, due_at__lt=at, ended_at=None, state__in=[Clock.State.RUNNING, Clock.State.MISSED]
    )
    return rows.filter(pk__in=late.filter(~Exists(later)).values("postmortem"))


@dataclass(frozen=True)
class Asked:
    """The filters of the address; what cannot be read is as if it had not been asked."""

    state: str
    mine: bool
    overdue: str
    before: int | None

    @classmethod
    def read(cls, request: HttpRequest) -> Asked:
        """From the query of the address; overdue ones are looked for in every state."""
        late = request.GET.get("overdue", "")
        late = late if late in Clock.Kind.values else ""
        state = request.GET.get("state", "all" if late else "open")
        return cls(
            state if state in SHOWN else "open",
            bool(request.GET.get("mine")),
            late,
            row_number(request.GET.get("before", "")),
        )

    def address(self, before: int | None = None) -> str:
        """The address of the same question, from `before` on."""
        asked: dict[str, Any] = {"state": self.state, "mine": 1 if self.mine else 0, "overdue": self.overdue}
        return "?" + urlencode({key: value for key, value in {**asked, "before": before}.items() if value})


@require_safe
def postmortems(request: HttpRequest) -> HttpResponse:
    """One page of postmortems that the person may see, newest incident first."""
    asked, at, user = Asked.read(request), timezone.now(), person(request)
    found = theirs(user).filter(SHOWN[asked.state])
    if asked.mine:
        found = found.filter(owner=user)
    if asked.overdue:
        found = overdue(found, asked.overdue, at)
    if asked.before is not None:
        found = found.filter(incident__lt=asked.before)
    rows = list(found.order_by("-incident")[: PAGE + 1])
    faces = faces_by_incident(rows[:PAGE], at)
    context = {
        "at": at,
        "asked": asked,
        "rows": [{"postmortem": one, "incident": one.incident, "faces": faces[one.incident_id]} for one in rows[:PAGE]],
        "next_url": asked.address(rows[PAGE - 1].incident_id) if len(rows) > PAGE else None,
        "first_url": asked.address() if asked.before is not None else None,
    }
    return render(request, "desk/postmortems.html", context)
