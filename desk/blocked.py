"""What cannot go on, for managers: the longest waiting first, what would let it go on, and the answer in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.guard import not_hidden, person, row_number, who
from desk.remediation_forms import AnswerForm
from incidents.models import Incident
from postmortems import item_rules as rules
from postmortems.models import UnblockRequest
from teams.models import Team, User
from teams.permissions import Standing, may_answer_block

PAGE = 20
SHOWN = ("mine", "teams", "all")
RELATED = ("item__postmortem__incident", "item__owner", "item__team", "manager", "by")


@dataclass(frozen=True)
class Waiting:
    """A question, and what this person is to it. `form` is None for those who may not answer."""

    asked: UnblockRequest
    incident: Incident
    days: int
    pending: bool
    late: bool
    form: AnswerForm | None


@require_safe
def blocked(request: HttpRequest) -> HttpResponse:
    """One page of questions; `show` is mine (my answer is pending), teams (those that I manage) or all."""
    user, standing, at = person(request), who(request), timezone.now()
    found = theirs(user)
    pending = found.filter(manager=user).count()
    show = request.GET.get("show", "mine" if pending else "all")
    show = show if show in SHOWN else "all"
    before = row_number(request.GET.get("after", ""))
    rows = list(_chosen(found, show, user, standing).filter(pk__gt=before or 0)[: PAGE + 1])
    teams = [("", "---"), *Team.objects.filter(archived_at=None).values_list("slug", "name")]
    context = {
        "at": at,
        "show": show,
        "pending": pending,
        "rows": [_waiting(asked, standing, teams, (at - asked.since).days) for asked in rows[:PAGE]],
        "next_url": f"?show={show}&after={rows[PAGE - 1].pk}" if len(rows) > PAGE else None,
        "first_url": f"?show={show}" if before else None,
        "people": list(User.objects.active().only("email", "name")),
    }
    return render(request, "desk/blocked.html", context)


def theirs(user: User) -> QuerySet[UnblockRequest]:
    """Open questions about items of incidents that `user` may see, oldest first: they are numbered as they are asked."""
    rows = UnblockRequest.objects.filter(ended_at=None).filter(not_hidden(user, "item__postmortem__incident"))
    return rows.select_related(*RELATED).order_by("pk")


def _chosen(found: QuerySet[UnblockRequest], show: str, user: User, standing: Standing) -> QuerySet[UnblockRequest]:
    if show == "mine":
        return found.filter(manager=user)
    return found.filter(item__team__in=standing.own_teams) if show == "teams" else found


def _waiting(asked: UnblockRequest, standing: Standing, teams: list[Any], days: int) -> Waiting:
    item = asked.item
    may = may_answer_block(standing, team=item.team_id, asked=asked.manager_id)
    form = AnswerForm(auto_id=f"answer-{item.pk}-%s") if may else None
    if form:
        form.fields["team"].choices = teams  # type: ignore[attr-defined]  # one query for all forms of the page
    return Waiting(
        asked,
        item.postmortem.incident,
        days,
        pending=asked.manager_id == standing.user_id,
        late=days >= rules.ASK_AFTER_DAYS or asked.escalated_at is not None,
        form=form,
    )
