"""On-call health: what the pagers asked of people, where it is too much, and what to do next. Nobody is ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.guard import person, who
from desk.health_words import Said, said
from desk.oncall import team_beside
from oncall.health import Tone, fairness
from oncall.models import Schedule
from review.health import Health, Own, health_of
from review.spread import Leading, leading_of
from teams.models import Membership, Service, User
from teams.permissions import Standing, may_see_private_figures


@dataclass(frozen=True)
class Card:
    """One rotation as the reader may see it: `people` are themselves and those whose lead they are."""

    health: Health
    said: Sequence[Said]
    people: Sequence[Own]
    near: bool

    @property
    def team(self) -> str:
        """The team, unless the name says it."""
        return team_beside(self.health.schedule)

    @property
    def fair_hours(self) -> str:
        """The largest share of the hours against an equal one."""
        return _times(fairness(self.health.rotation.hours))

    @property
    def tone(self) -> str:
        """Of the worst that is said; empty: nothing is."""
        return self.said[0].tone if self.said else ""

    @property
    def actionable(self) -> int | None:
        """The share of pages that were worth it, in percent."""
        share = self.health.actionable
        return None if share is None else round(100 * share)


@dataclass(frozen=True)
class Group:
    """Rotations that are one thing to the reader."""

    name: str
    cards: list[Card]
    near: bool


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Every rotation over 90 days, the reader's own first; services that rest on too few. A constant number of statements."""
    user, at, standing = person(request), timezone.now(), who(request)
    cards = cards_of(Schedule.objects.live().select_related("team"), user, standing)
    services = Service.objects.filter(archived_at=None).select_related("team").order_by("name", "slug")
    thin = _thin(leading_of(services, at))
    context = {
        "at": at,
        "groups": _groups(cards),
        "red": sum(card.tone == Tone.RED for card in cards),
        "amber": sum(card.tone == Tone.AMBER for card in cards),
        "owed": [own for own in _once(cards) if own.rest_until],
        "thin": [one for one in thin if one.service.team_id in standing.own_teams],
        "thin_far": [one for one in thin if one.service.team_id not in standing.own_teams],
    }
    return render(request, "desk/health.html", context)


def cards_of(schedules: Iterable[Schedule], user: User, standing: Standing) -> list[Card]:
    """What `user` may read of the health of `schedules`: figures of persons only their own, and of those they lead."""
    found = health_of(schedules, timezone.now())
    teams = teams_of(own.person for one in found for own in one.people)
    return [
        Card(
            one,
            said(one),
            [own for own in one.people if may_read(standing, own.person, teams)],
            one.schedule.team_id in standing.own_teams or any(own.person == user for own in one.people),
        )
        for one in found
    ]


def teams_of(people: Iterable[User]) -> dict[int, set[int]]:
    """The teams (ids) of each person; one statement."""
    found: dict[int, set[int]] = defaultdict(set)
    for user, team in Membership.objects.filter(user__in={one.pk for one in people}).values_list("user", "team"):
        found[user].add(team)
    return found


def may_read(standing: Standing, whose: User, teams: dict[int, set[int]]) -> bool:
    """Whether this person may read the figures of `whose`: the person and who leads or manages a team of theirs."""
    return may_see_private_figures(standing, of=whose.pk, teams=teams.get(whose.pk, set()))


def _groups(cards: Sequence[Card]) -> list[Group]:
    near, far = ([card for card in cards if card.near is wanted] for wanted in (True, False))
    groups = [Group(_("Yours and your teams'"), near, True), Group(_("Everybody else's"), far, not near)]
    return [group for group in groups if group.cards]


def _once(cards: Iterable[Card]) -> list[Own]:
    """Each person once, by name."""
    found = {own.person.pk: own for card in cards for own in card.people}
    return sorted(found.values(), key=lambda own: str(own.person).casefold())


def _thin(found: Iterable[Leading]) -> list[Leading]:
    """Services that rest on one trained person, or whose incidents few of the trained lead."""
    return [one for one in found if one.spread.narrow or len(one.trained) == 1]


def _times(found: float | None) -> str:
    return "" if found is None else f"{found:.1f}"
