"""Who can be woken, by what, and what is missing where somebody cannot: sorted by what has to be done, then by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk import readiness_words as words
from desk.answers import SeeOther
from desk.duty_ahead import Duty, duties_ahead
from desk.guard import person, require, row_number, who
from paging import notices, readiness
from paging.methods import ringing
from paging.readiness import Readiness
from paging.wake_tests import WakeTest
from teams.models import Membership, Notice, Team, User
from teams.permissions import Standing, may_admin, may_write

ASK_AGAIN = timedelta(days=1)
OTHERS = 50
"""People without a pager on one page, when they are asked for."""


@dataclass(frozen=True)
class Row:
    """One person on the page."""

    found: Readiness
    duty: Duty | None
    teams: Sequence[Team]
    near: bool
    own: bool
    asked_at: datetime | None

    @property
    def person(self) -> User:
        """Whose row it is."""
        return self.found.person

    @property
    def sentence(self) -> str:
        """What is missing."""
        return words.sentence(self.found)

    @property
    def answered_apart(self) -> bool:
        """Whether their last answer says more than what arrived by the ways that are listed."""
        answer = self.found.answered_at
        return answer is not None and all(way.proved_at is None or way.proved_at < answer for way in self.found.ways)

    @property
    def asks(self) -> int | None:
        """The page of the weekly test that waits for this viewer's own answer."""
        test = self.found.test
        if not self.own or test is None or test.state != WakeTest.State.ASKING or test.page is None:
            return None
        return None if test.page.seen_at else test.page.pk

    @property
    def act(self) -> str:
        """The act that mends it."""
        return words.act(self.found)

    @property
    def act_path(self) -> str:
        """Where it is done."""
        return words.act_path(self.found, own=self.own)


@dataclass(frozen=True)
class Group:
    """Rows that say the same: not at all, something to do, or well."""

    tone: str
    name: str
    rows: list[Row] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
def ready(request: HttpRequest) -> HttpResponse:
    """Everybody who has the pager within four weeks or whom a policy asks; `?everybody=1` shows the others too, by 50.
    POST `person` asks them by mail to mend what is missing, once a day."""
    user, at, standing = person(request), timezone.now(), who(request)
    if request.method == "POST":
        return _ask(request, user, at)
    duties = duties_ahead(at)
    rows = _rows([duty.person for duty in duties.values()], duties, user, standing, at)
    everybody = "everybody" in request.GET
    others, more = _others(duties, request.GET.get("after", "")) if everybody else ([], "")
    context = {
        "at": at,
        "groups": grouped(rows),
        "people": len(rows),
        "cannot": sum(row.found.missing.cannot_be_woken for row in rows),
        "todo": sum(not row.found.missing.well for row in rows),
        "everybody": everybody,
        "others": _rows(others, {}, user, standing, at),
        "more": more,
        "can_ask": may_write(standing),
        "is_admin": may_admin(standing),
    }
    return render(request, "desk/readiness.html", context)


def grouped(rows: Iterable[Row]) -> list[Group]:
    """Those who cannot be woken, those with something to do, those who can; each in the order of `_order`."""
    groups = [
        Group("bad", _("Cannot be woken")),
        Group("warn", _("Something to do")),
        Group("good", _("Can be woken")),
    ]
    for row in rows:
        missing = row.found.missing
        groups[0 if missing.cannot_be_woken else 2 if missing.well else 1].rows.append(row)
    return [group for group in groups if group.rows]


def _order(row: Row) -> tuple[bool, bool, int, str]:
    """One's own teams first, then by what has to be done, then by name."""
    return row.found.missing.well, not row.near, row.found.missing, str(row.person).casefold()


def _rows(people: Sequence[User], duties: dict[int, Duty], user: User, standing: Standing, at: datetime) -> list[Row]:
    """The people with all that the page says of them, sorted; six statements, however many they are."""
    ids = [one.pk for one in people]
    found = readiness.of(people, at)
    teams: dict[int, list[Team]] = defaultdict(list)
    for membership in Membership.objects.filter(user__in=ids).select_related("team").order_by("team__name"):
        teams[membership.user_id].append(membership.team)
    asked = _asked(ids, at)
    rows = [
        Row(
            found[one.pk],
            duties.get(one.pk),
            teams[one.pk],
            one == user or any(team.pk in standing.own_teams for team in teams[one.pk]),
            one == user,
            asked.get(one.pk),
        )
        for one in people
    ]
    return sorted(rows, key=_order)


def _asked(ids: Sequence[int], at: datetime) -> dict[int, datetime]:
    """Who was asked within the last day, and when."""
    found = Notice.objects.filter(person__in=ids, subject=words.subject(), created_at__gt=at - ASK_AGAIN)
    return dict(found.order_by("created_at").values_list("person_id", "created_at"))


def _others(duties: dict[int, Duty], after: str) -> tuple[Sequence[User], str]:
    """The next active people of whom no duty is known, those without a way that rings first, and where to go on."""
    people = User.objects.active().exclude(pk__in=list(duties)).annotate(rings=ringing()).order_by("rings", "pk")
    flag, _sep, number = after.partition(".")
    if (last := row_number(number)) is not None:
        can = flag == "1"
        people = people.filter(Q(rings=can, pk__gt=last) | Q(rings__gt=can))
    found = list(people[: OTHERS + 1])
    if len(found) <= OTHERS:
        return found, ""
    last_one = found[OTHERS - 1]
    return found[:OTHERS], f"{int(last_one.rings)}.{last_one.pk}"


def _ask(request: HttpRequest, user: User, at: datetime) -> HttpResponse:
    """A mail to the person: what is missing, and where it is mended. A second one on the same day is not sent."""
    require(may_write(who(request)))
    one = get_object_or_404(User.objects.active(), pk=row_number(request.POST.get("person", "")) or 0)
    found = readiness.of([one], at)[one.pk]
    if found.missing.well:
        messages.success(request, _("%s can be woken: nothing is missing.") % one)
    elif when := _asked([one.pk], at).get(one.pk):
        messages.info(
            request,
            _("%(person)s was asked already, %(n)d h ago.") % {"person": one, "n": (at - when) // timedelta(hours=1)},
        )
    else:
        body = words.request(found, str(user))
        notices.tell(one, subject=words.subject(), at=at, body=body, path=reverse("desk:settings_methods"))
        messages.success(request, _("%s is asked by mail.") % one)
    return SeeOther(reverse("desk:readiness"))
