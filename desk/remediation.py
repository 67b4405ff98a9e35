"""The list of remediation items: what is owed first comes first, by key and never by offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.answers import SeeOther
from desk.guard import find_incident, not_hidden, person, require, row_number, who
from desk.remediation_figures import record
from desk.remediation_forms import ProposeForm
from incidents.models import NotAllowed
from postmortems import item_rules as rules
from postmortems import items
from postmortems.item_door import postmortem_of
from postmortems.models import Remediation, UnblockRequest
from teams.models import Team, User
from teams.permissions import Standing, may_write

PAGE = 50
SHOWN = ("open", "mine", "team", "overdue", "blocked", "done", "all")
AGES = {name: (first, last) for name, first, last in rules.BUCKETS}
OPEN = Q(state__in=rules.OPEN)
RELATED = ("postmortem__incident", "owner", "team")
NO_DATE = "-"


@dataclass(frozen=True)
class Asked:
    """The filters of the address; what cannot be read is as if it had not been asked."""

    show: str
    age: str
    team: str
    after: tuple[date | None, int] | None

    @classmethod
    def read(cls, query: QueryDict) -> Asked:
        """From the query of the address."""
        show, age = query.get("show", "open"), query.get("age", "")
        return cls(
            show if show in SHOWN else "open",
            age if age in AGES else "",
            query.get("team", "").replace("\x00", "")[:100],
            _key(query.get("after", "")),
        )

    def address(self, after: Remediation | None = None) -> str:
        """The address of the same question, from behind `after` on."""
        key = f"{after.due or NO_DATE}.{after.pk}" if after else ""
        asked = {"show": self.show, "age": self.age, "team": self.team, "after": key}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def _key(text: str) -> tuple[date | None, int] | None:
    """The row behind which the page begins: "2026-12-01.7"."""
    day, _dot, number = text.partition(".")
    pk = row_number(number)
    if pk is None:
        return None
    try:
        return (None if day == NO_DATE else date.fromisoformat(day)), pk
    except ValueError:
        return None


def theirs(user: User) -> QuerySet[Remediation]:
    """The items of incidents that `user` may see."""
    return Remediation.objects.filter(not_hidden(user, "postmortem__incident"))


def with_block(rows: QuerySet[Remediation]) -> QuerySet[Remediation]:
    """With everything that a row shows: `open_blocks` holds what is in its way now; one more query."""
    blocks = UnblockRequest.objects.filter(ended_at=None).select_related("manager", "by")
    return rows.select_related(*RELATED).prefetch_related(Prefetch("blocks", blocks, to_attr="open_blocks"))


def overdue(today: date) -> Q:
    """Somebody promised it for a day that has passed."""
    return Q(state__in=rules.RUNNING, due__lt=today)


def aged(name: str, at: datetime) -> Q:
    """Open, and proposed so long ago as the bucket says."""
    first, last = AGES[name]
    young = Q(created_at__lte=at - timedelta(days=first))
    return OPEN & (young if last is None else young & Q(created_at__gt=at - timedelta(days=last + 1)))


@require_http_methods(["GET", "HEAD", "POST"])
def remediation(request: HttpRequest) -> HttpResponse:
    """One page of items that the person may see, what is due first at the top; POST proposes one."""
    if request.method == "POST":
        return _propose(request)
    return _show(request, ProposeForm(auto_id="propose-%s", initial={"incident": request.GET.get("incident", "")}))


def _propose(request: HttpRequest) -> HttpResponse:
    require(may_write(who(request)), _("Observers read; they propose no item."))
    form = ProposeForm(request.POST, auto_id="propose-%s")
    if not form.is_valid():
        return _show(request, form, status=422)
    words, by, at = dict(form.cleaned_data), person(request), timezone.now()
    incident = find_incident(by, words.pop("incident"))
    try:
        item = items.propose(postmortem_of(incident, at), by=by, at=at, **words)
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form, status=422)
    messages.success(request, _("Proposed. It is owed by nobody until somebody accepts it."))
    return SeeOther(item.path)


def _show(request: HttpRequest, form: ProposeForm, status: int = 200) -> HttpResponse:
    user, at, asked = person(request), timezone.now(), Asked.read(request.GET)
    today, mine = timezone.localdate(at), who(request)
    everything = theirs(user)
    rows = list(_ordered(with_block(_chosen(everything, asked, mine, at, today)), asked.after)[: PAGE + 1])
    context = {
        "at": at,
        "today": today,
        "asked": asked,
        "rows": [_row(item, today) for item in rows[:PAGE]],
        "next_url": asked.address(rows[PAGE - 1]) if len(rows) > PAGE else None,
        "first_url": asked.address() if asked.after else None,
        "figures": figures(everything, at, today),
        "record": record(everything, at),
        "teams": list(Team.objects.filter(archived_at=None).only("slug", "name")),
        "form": form,
        "can_propose": may_write(mine),
        "people": list(User.objects.active().only("email", "name")) if may_write(mine) else [],
    }
    return render(request, "desk/remediation.html", context, status=status)


def _chosen(
    found: QuerySet[Remediation], asked: Asked, mine: Standing, at: datetime, today: date
) -> QuerySet[Remediation]:
    asks: dict[str, Q] = {
        "open": OPEN,
        "mine": OPEN & Q(owner=mine.user_id),
        "team": OPEN & Q(team__in=mine.own_teams),
        "overdue": overdue(today),
        "blocked": Q(state=Remediation.State.BLOCKED),
        "done": Q(done_at__isnull=False),
        "all": Q(),
    }
    found = found.filter(asks[asked.show])
    if asked.age:
        found = found.filter(aged(asked.age, at))
    return found.filter(team__slug=asked.team) if asked.team else found


def _ordered(found: QuerySet[Remediation], after: tuple[date | None, int] | None) -> QuerySet[Remediation]:
    """By the date that is due, those without one last; behind `after`."""
    if after:
        due, pk = after
        undated = Q(due=None) & (Q(pk__gt=pk) if due is None else Q())
        found = found.filter(undated if due is None else undated | Q(due__gt=due) | Q(due=due, pk__gt=pk))
    return found.order_by(F("due").asc(nulls_last=True), "pk")


def _row(item: Remediation, today: date) -> dict[str, Any]:
    """An item as the list draws it."""
    blocks = item.open_blocks  # type: ignore[attr-defined]
    return {"item": item, "over": rules.days_over(item.state, item.due, today), "block": blocks[0] if blocks else None}


def figures(found: QuerySet[Remediation], at: datetime, today: date) -> dict[str, Any]:
    """How many are open, overdue and blocked, and how old they are; one query, each figure opens its rows."""
    counts = found.filter(OPEN).aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=overdue(today)),
        blocked=Count("pk", filter=Q(state=Remediation.State.BLOCKED)),
        moves=Sum("moves", default=0),
        **{f"age_{name}": Count("pk", filter=aged(name, at)) for name in AGES},
    )
    ages = [(name, counts[f"age_{name}"]) for name in AGES]
    return {**counts, "ages": ages}
