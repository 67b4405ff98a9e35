"""What else the field finds: who has which pager, people, services, teams, sources, and what was learned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from alerts.models import Source
from desk import postmortems, remediation
from desk.pagers import Pager, pagers_of
from desk.palette_incidents import address, in_all, newest
from desk.palette_rows import Group, Press, Row
from incidents.models import Incident
from oncall.models import Schedule
from teams.models import Role, Service, Team, User
from teams.permissions import Standing, may_edit_team_config, may_write

SHOWN = 5
PAGERS = 12
LEARNED = 1_000
"""So many of the newest postmortems and items are looked through: their texts have no index."""


def schedules(words: list[str], user: User) -> list[Schedule]:
    """Schedules by their own name and their team's; without a word all of them, those of one's own teams first."""
    live = Schedule.objects.filter(archived_at=None).select_related("team")
    if words:
        return list(live.filter(in_all(words, "name", "slug", "team__name"))[:PAGERS])
    mine = live.filter(Q(team__memberships__user=user) | Q(layers__turns__user=user)).distinct()[:PAGERS]
    found = {schedule.pk: schedule for schedule in [*mine, *live[:PAGERS]]}
    return list(found.values())[:PAGERS]


def people(words: list[str]) -> list[User]:
    """People who can sign in, by name or e-mail, with their teams."""
    found = User.objects.active().filter(in_all(words, "name", "email")).prefetch_related("memberships__team")
    return list(found.order_by("name", "email")[:SHOWN])


def of_people(found: Iterable[User]) -> list[Schedule]:
    """The schedules in which one of them may have a turn now."""
    ids = {person.pk for person in found}
    if not ids:
        return []
    turn = Q(layers__turns__user__in=ids) | Q(covers__person__in=ids, covers__removed_at=None)
    turn |= Q(overrides__person__in=ids, overrides__removed_at=None)
    theirs = Schedule.objects.filter(turn, archived_at=None).values("pk")
    return list(Schedule.objects.filter(pk__in=theirs).select_related("team")[:PAGERS])


def on_call(words: list[str], user: User, who: Standing, held: list[Incident], at: datetime) -> list[Group]:
    """Schedules and people by words, and who of them has which pager; a constant number of queries."""
    asked, named = schedules(words, user), people(words)
    pagers = {pager.schedule.pk: pager for pager in pagers_of({*asked, *of_people(named)}, user, at)}
    rows = [pager_row(pagers[schedule.pk], who) for schedule in asked[:SHOWN]]
    having = {pager.person.pk: pager for pager in pagers.values() if pager.person}
    found = [person_row(person, having.get(person.pk), who, held) for person in named]
    return [Group(_("Who has the pager"), rows), Group(_("People"), found)]


def pager_row(pager: Pager, who: Standing) -> Row:
    """A schedule with who has it now, and the way to give it to somebody else."""
    url = reverse("desk:schedule", args=[pager.schedule.slug])
    press = Press(_("Somebody else takes it"), reverse("desk:override", args=[pager.schedule.slug]), post=False)
    return Row(
        "calendar-days",
        str(pager.schedule),
        url,
        _("%s has the pager") % pager.person if pager.person else _("Nobody has the pager"),
        press=press if may_write(who) else None,
        until=pager.until,
        warns=pager.person is None,
    )


def person_row(person: User, pager: Pager | None, who: Standing, held: list[Incident]) -> Row:
    """Who somebody is, which pager they have, and, for who has an incident, pulling them in."""
    teams = [str(place.team) for place in person.memberships.all()]
    words = [person.get_role_display(), *teams]
    if pager:
        words.append(_("has the pager of %s") % pager.schedule)
    list_of = f"{reverse('teams:people')}?{urlencode({'q': person.email})}"
    url = reverse("desk:schedule", args=[pager.schedule.slug]) if pager else list_of
    mine = person.pk != who.user_id and may_write(who) and held
    press = pull_in(held[0], person) if mine and person.role != Role.OBSERVER else None
    return Row("circle-user-round", str(person), url, " · ".join(words), press, until=pager.until if pager else None)


def pull_in(incident: Incident, person: User) -> Press:
    """The button that pages somebody for help, and says so."""
    words = {"name": person.short_name, "number": incident.number}
    return Press(_("Page %(name)s for %(number)s") % words, address(incident, "page"), (("person", person.email),))


def services(words: list[str]) -> Group:
    """Services by their own name and their team's."""
    found = Service.objects.filter(archived_at=None).filter(in_all(words, "name", "slug", "team__name"))
    rows = [
        Row("server", str(one), reverse("desk:service", args=[one.slug]), str(one.team))
        for one in found.select_related("team").order_by("slug")[:SHOWN]
    ]
    return Group(_("Services"), rows)


def teams(words: list[str], who: Standing) -> Group:
    """Teams by name, for those who set them up: nobody else has a page of them."""
    found = Team.objects.filter(in_all(words, "name", "slug"), archived_at=None).order_by("slug")[: SHOWN * 2]
    rows = [
        Row("users", str(one), reverse("desk:setup_team", args=[one.slug]), _("set up the team"))
        for one in found
        if may_edit_team_config(who, one.pk)
    ]
    return Group(_("Teams"), rows[:SHOWN])


def sources(words: list[str]) -> Group:
    """Sources by name, by kind, and by the service that they speak of."""
    found = Source.objects.filter(in_all(words, "name", "slug", "kind", "service__name"), archived_at=None)
    rows = [
        Row("plug", str(one), reverse("desk:source", args=[one.slug]), f"{one.kind} · {one.service or _('by routes')}")
        for one in found.select_related("service").order_by("slug")[:SHOWN]
    ]
    return Group(_("Sources"), rows)


def learned(words: list[str], user: User) -> list[Group]:
    """Postmortems by the incident's title and their summary, items by their titles: the newest ones."""
    told = newest(postmortems.theirs(user), LEARNED).filter(in_all(words, "incident__title", "summary"))
    items = newest(remediation.theirs(user), LEARNED).filter(in_all(words, "title"))
    rows = [
        Row("book-open", f"{one.incident.number} {one.incident.title}", one.path, one.get_state_display())
        for one in told.order_by("-pk")[:SHOWN]
    ]
    promised = [
        Row("wrench", one.title, one.path, f"{one.get_state_display()} · {one.postmortem.incident.number}")
        for one in items.select_related("postmortem__incident").order_by("-pk")[:SHOWN]
    ]
    return [Group(_("Postmortems"), rows), Group(_("Remediation"), promised)]
