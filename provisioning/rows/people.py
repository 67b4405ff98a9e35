"""The organisation, people, teams and areas."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from paging.models import ContactMethod, PersonalRule
from provisioning.rows import absences
from provisioning.rows.stored import Keys, Named, Stored, name_of, revive
from teams import here
from teams.models import Area, Organisation, Team, User
from teams.people import deactivate, reactivate
from teams.setup import write_members

PUSH = ContactMethod.Kind.WEBPUSH
DAYS = ("first_day", "last_day")
PLACE = ("region", *DAYS)
VIA = "apply"
"""How the history of settings names changes by the file."""


def load_organisation() -> dict[str, Stored]:
    """The one organisation, under the name ""."""
    the = Organisation.the()
    return {"": Stored({"name": the.name, "timezone": the.timezone}, from_file=True)}


def write_organisation(_: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """Name and zone."""
    Organisation.objects.update_or_create(pk=1, defaults={"name": record["name"], "timezone": record["timezone"]})


def load_users() -> dict[str, Stored]:
    """Everybody, those who left too."""
    people = User.objects.order_by("email").prefetch_related(
        "contact_methods", "personal_rules__method", absences.THEIRS
    )
    return {person.email.lower(): _stored(person) for person in people}


def _stored(person: User) -> Stored:
    methods = [method for method in person.contact_methods.all() if method.kind != PUSH]
    rules: dict[str, list[dict[str, Any]]] = {}
    for rule in sorted(person.personal_rules.all(), key=lambda rule: rule.position):
        if rule.method.kind == PUSH:
            continue
        rules.setdefault(rule.severity, []).append({"via": rule.method.slug, "after": timedelta(seconds=rule.after)})
    away = absences.records_of(person)
    record = {
        "email": person.email.lower(),
        "name": person.name,
        "timezone": person.timezone,
        "role": person.role,
        "active": person.is_active,
        **{name: getattr(person, name) for name in PLACE},
        "absences": [said for said, _from_file in away.values()],
        "methods": {
            method.slug: {"kind": method.kind, "address": method.address, "verified": method.verified_at is not None}
            for method in methods
        },
        "rules": rules,
    }
    loose: set[tuple[str, Any]] = {("methods", method.slug) for method in methods if not method.from_file}
    loose |= {("absences", which) for which, (_said, from_file) in away.items() if not from_file}
    return Stored(record, from_file=person.from_file, loose=loose)


def write_user(email: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The person, their methods and rules. Somebody new has no password: they sign in by a link or an invitation.

    Browsers that wake them, and the rules that name those, are none of the file's business and stay as they are.
    """
    person = User.objects.filter(email__iexact=email).first()
    if person is None:
        person = User.objects.create_user(email, from_file=True, is_active=record["active"])
    elif any(getattr(person, name) != record[name] for name in DAYS):
        here.remember(person, at=at)
    person.name, person.timezone, person.role = record["name"], record["timezone"], record["role"]
    for name in PLACE:
        setattr(person, name, record[name])
    person.from_file = person.from_file or bool(named)
    person.save(update_fields=["name", "timezone", "role", "from_file", *PLACE, *here.KEPT])
    if person.is_active and not record["active"]:
        deactivate(person, by=None, at=at, via=VIA)
    elif record["active"] and not person.is_active:
        reactivate(person, by=None, at=at, via=VIA)
    _write_methods(person, record["methods"], named.get("methods", {}), at)
    _write_rules(person, record["rules"])
    absences.write(person, record["absences"], named.get("absences", []), at)


def _write_methods(person: User, wanted: dict[str, Any], named: Named, at: datetime) -> None:
    pushes = [method for method in person.contact_methods.all() if method.kind == PUSH]
    there = {method.slug: method for method in person.contact_methods.all() if method.kind != PUSH}
    person.contact_methods.exclude(slug__in=wanted).exclude(kind=PUSH).delete()
    _make_way(pushes, {*wanted, *(method.slug for method in pushes)}, wanted)
    for slug, said in wanted.items():
        method = there.get(slug) or ContactMethod(user=person, slug=slug)
        if (method.kind, method.address) != (said["kind"], said["address"]):
            method.kind, method.address = said["kind"], said["address"]
            method.verified_at = method.disabled_at = None
            method.disabled_because = ""
        if said["verified"]:
            method.verified_at = method.verified_at or at
        method.from_file = method.from_file or slug in named
        method.save()


def _make_way(pushes: list[ContactMethod], taken: set[str], wanted: dict[str, Any]) -> None:
    """A browser whose name the file gives to another way gets the next free one."""
    for method in pushes:
        if method.slug in wanted:
            method.slug = next(slug for n in count(2) if (slug := f"{method.slug[:50]}-{n}") not in taken)
            taken.add(method.slug)
            method.save(update_fields=["slug"])


def _write_rules(person: User, wanted: dict[str, Any]) -> None:
    methods = {method.slug: method for method in person.contact_methods.exclude(kind=PUSH)}
    kept = list(person.personal_rules.filter(method__kind=PUSH))
    person.personal_rules.all().delete()
    fresh = [
        PersonalRule(
            user=person,
            severity=severity,
            position=position,
            method=methods[rule["via"]],
            after=int(rule["after"].total_seconds()),
        )
        for severity, rules in wanted.items()
        for position, rule in enumerate(rules)
    ]
    last = Counter(rule.severity for rule in fresh)
    for rule in kept:
        rule.pk, rule.position = None, last[rule.severity]
        last[rule.severity] += 1
    PersonalRule.objects.bulk_create([*fresh, *kept])


def load_teams() -> dict[str, Stored]:
    """Every team with its members."""
    teams = Team.objects.select_related("manager", "director").prefetch_related("memberships__user")
    return {
        team.slug: Stored(
            {
                "slug": team.slug,
                "name": team.name,
                "members": {one.user.email.lower(): one.place for one in team.memberships.all()},
                "manager": name_of(team.manager),
                "director": name_of(team.director),
            },
            from_file=team.from_file,
            is_live=team.archived_at is None,
        )
        for team in teams
    }


def write_team(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The team; its members are exactly those of the record."""
    team = Team.objects.filter(slug=slug).first() or Team(slug=slug)
    people = {role: keys.maybe("user", record[role]) for role in ("manager", "director")}
    revive(team, {"name": record["name"], **{f"{role}_id": pk for role, pk in people.items()}})
    write_members(team, {keys.of("user", email): place for email, place in record["members"].items()})


def load_areas() -> dict[str, Stored]:
    """Every area with the slugs of its teams."""
    return {
        area.slug: Stored(
            {
                "slug": area.slug,
                "name": area.name,
                "lead": name_of(area.lead),
                "teams": sorted(team.slug for team in area.teams.all() if team.archived_at is None),
            },
            from_file=area.from_file,
            is_live=area.archived_at is None,
        )
        for area in Area.objects.select_related("lead").prefetch_related("teams")
    }


def write_area(slug: str, record: dict[str, Any], named: Named, keys: Keys, at: datetime) -> None:
    """The area, and its teams where the file lists them: else a team that moved away would be fetched back."""
    area = Area.objects.filter(slug=slug).first() or Area(slug=slug)
    revive(area, {"name": record["name"], "lead_id": keys.maybe("user", record["lead"])})
    if "teams" in named:
        for team in area.teams.exclude(slug__in=named["teams"]):
            team.area = None
            team.save(update_fields=["area"])
        for team in Team.objects.filter(slug__in=named["teams"]).exclude(area=area):
            team.area = area
            team.save(update_fields=["area"])
