"""The doors through which teams, areas, services and the organisation are set up by hand.

Who may do it is asked before, in the view. Every change is told to the history of settings. Nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from foundation.models import Configured
from teams.audit import acting
from teams.models import Area, Membership, Organisation, Playbook, Service, Team, User
from teams.people import Refused

VIA = "form"
"""How the history of settings names changes by a form."""

LONGEST_SLUG = 100
RESERVED = {
    "service": frozenset({"sources", "pager", "heartbeats"}),
    "heartbeat": frozenset({"start", "fail", "log"}),
    "schedule": frozenset({"readiness", "dry-run", "wall", "health", "training", "pay"}),
}
"""Names that addresses of this kind of thing already use."""

Row = TypeVar("Row", bound=Configured)


@dataclass(frozen=True)
class FirstSteps:
    """A playbook as it shall be; `match` as in routes."""

    title: str
    match: Mapping[str, object] = field(default_factory=dict)
    body: str = ""


def free_slug(model: type[models.Model], name: str) -> str:
    """A name for machines out of `name` that no row of `model` has, archived ones included; it never changes again."""
    kind = str(model._meta.model_name)
    base = slugify(name)[: LONGEST_SLUG - 4].strip("-") or kind
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    taken |= RESERVED.get(kind, frozenset())
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if slug not in taken)


def store(row: Row, name: str) -> None:
    """Save `row`; a new one gets a slug out of `name`. Raises `Refused` for what comes from the file or was taken just now.

    Call inside a transaction, and inside `acting`.
    """
    if row.from_file:
        raise Refused(_("This comes from the organisation's file and is changed there."))
    fresh = row.pk is None
    if fresh:
        row.slug = free_slug(type(row), name)  # type: ignore[attr-defined]  # every configured thing has one
    try:
        with transaction.atomic():
            row.save(force_insert=fresh)
    except IntegrityError:
        raise Refused(_("Somebody made one of this name at the same moment.")) from None


@transaction.atomic
def save_organisation(*, name: str, timezone: str, by: User) -> Organisation:
    """What the organisation is called, and its zone: the default of everybody and everything new."""
    with acting(by, VIA):
        found, _made = Organisation.objects.update_or_create(pk=1, defaults={"name": name, "timezone": timezone})
    return found


@transaction.atomic
def save_person(user: User, *, name: str, email: str, timezone: str, by: User) -> User:
    """What `user` is called, by which e-mail they sign in, and their zone. Raises `Refused` when somebody has this e-mail."""
    user.name, user.email, user.timezone = name, email.lower(), timezone
    try:
        with transaction.atomic(), acting(by, VIA):
            user.save(update_fields=["name", "email", "timezone"])
    except IntegrityError:
        raise Refused(_("Somebody has this e-mail already.")) from None
    return user


@transaction.atomic
def save_team(team: Team, *, members: Mapping[int, str], by: User) -> Team:
    """The team as it stands, with exactly these members (person id -> place)."""
    with acting(by, VIA):
        store(team, team.name)
        write_members(team, members)
    return team


def write_members(team: Team, wanted: Mapping[int, str]) -> None:
    """Make the members exactly `wanted`, touching only rows that differ."""
    there = {one.user_id: one for one in team.memberships.all()}
    for user_id, one in there.items():
        if user_id not in wanted:
            one.delete()
    for user_id, place in wanted.items():
        if user_id not in there:
            Membership.objects.create(team=team, user_id=user_id, place=place)
        elif there[user_id].place != place:
            there[user_id].place = place
            there[user_id].save(update_fields=["place"])


@transaction.atomic
def save_area(area: Area, *, teams: Collection[Team], by: User) -> Area:
    """The area as it stands, with these teams; teams that the organisation's file keeps stay where they are."""
    with acting(by, VIA):
        store(area, area.name)
        wanted = {team.pk for team in teams}
        for team in Team.objects.filter(from_file=False).filter(Q(area=area) | Q(pk__in=wanted)):
            place = area if team.pk in wanted else None
            if team.area_id != (place.pk if place else None):
                team.area = place
                team.save(update_fields=["area"])
    return area


@transaction.atomic
def save_service(service: Service, *, playbooks: Sequence[FirstSteps], by: User, at: datetime) -> Service:
    """The service as it stands, with these playbooks in this order; one that is missing is archived at `at`."""
    with acting(by, VIA):
        store(service, service.name)
        write_playbooks(service, playbooks, at=at)
    return service


def write_playbooks(
    service: Service, wanted: Sequence[FirstSteps], *, at: datetime, from_file: Collection[str] = ()
) -> None:
    """Make the playbooks in use exactly `wanted`; those with a title in `from_file` are the file's from now on."""
    there = {book.title: book for book in service.playbooks.all()}
    for title in there.keys() - {said.title for said in wanted}:
        if there[title].archived_at is None:
            there[title].archived_at = at
            there[title].save(update_fields=["archived_at"])
    for position, said in enumerate(wanted):
        book = there.get(said.title) or Playbook(service=service, title=said.title)
        book.position, book.match, book.body, book.archived_at = position, dict(said.match), said.body, None
        book.from_file = book.from_file or said.title in from_file
        book.save()


@transaction.atomic
def archive(row: Configured, *, by: User, at: datetime) -> None:
    """Take `row` out of use at `at`; it stays in every history. Twice is once. Raises `Refused` for what the file keeps."""
    if row.from_file:
        raise Refused(_("This comes from the organisation's file and is changed there."))
    if row.archived_at is None:
        with acting(by, VIA):
            row.archived_at = at
            row.save(update_fields=["archived_at"])


@transaction.atomic
def bring_back(row: Configured, *, by: User) -> None:
    """Put an archived `row` to use again. Twice is once."""
    if row.archived_at is not None:
        with acting(by, VIA):
            row.archived_at = None
            row.save(update_fields=["archived_at"])


def one_at_a_time(model: type[models.Model]) -> None:
    """Until the transaction ends nobody else sets up a new row of `model`: a form that is sent twice waits for itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"setup {model._meta.label}"])
