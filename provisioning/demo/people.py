"""The organisation, its people with one way to reach each, areas and teams."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from paging.models import ContactMethod, PersonalRule
from provisioning.demo import names
from provisioning.demo.house import ZONE, House
from provisioning.demo.mark import DOMAIN
from teams.models import DEMO, Area, Membership, Organisation, Role, Team, User

PHONES = 0.6
LEFT = "Owen Price"
"""Somebody who has left: they stay in old stories and are in no roster."""


def email_of(name: str) -> str:
    """`zoe.hughes@demo.example`: a domain that can never be reached."""
    plain = name.lower().replace("ł", "l").replace("đ", "d")
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return f"{folded.replace(' ', '.')}@{DOMAIN}"


def write(house: House) -> None:
    """Everybody, and where they belong."""
    Organisation.objects.update_or_create(pk=1, defaults={"name": DEMO, "timezone": ZONE})
    _write_people(house)
    _write_methods(house)
    _write_teams(house)


def _write_people(house: House) -> None:
    roles = {names.ADMIN: Role.ADMIN, **dict.fromkeys(names.DIRECTORS, Role.DIRECTOR)}
    roles |= {**dict.fromkeys(names.MANAGERS, Role.MANAGER), **dict.fromkeys(names.OBSERVERS, Role.OBSERVER)}
    zones = dict.fromkeys(roles, ZONE) | {name: team.zone for team in names.TEAMS for name in team.people}
    locked = make_password(None)
    User.objects.bulk_create(
        User(
            email=email_of(name),
            name=name,
            timezone=zone,
            role=roles.get(name, Role.RESPONDER),
            password=locked,
            is_active=name != LEFT,
        )
        for name, zone in zones.items()
    )
    User.objects.filter(email__iendswith=f"@{DOMAIN}").update(created_at=house.born - timedelta(days=60))
    house.people = {person.name: person for person in User.objects.filter(email__iendswith=f"@{DOMAIN}").order_by("pk")}


def _write_methods(house: House) -> None:
    """Mail reaches nobody at this domain; phones are not verified, so that none can ever be called."""
    rng = house.rng("methods")
    since = house.born - timedelta(days=50)
    methods = []
    for number, person in enumerate(house.people.values()):
        methods.append(ContactMethod(user=person, slug="mail", kind="email", address=person.email, verified_at=since))
        if rng.random() < PHONES:
            methods.append(ContactMethod(user=person, slug="phone", kind="voice", address=f"+4477009{number:05d}"))
    made = ContactMethod.objects.bulk_create(methods)
    house.mail = {one.user_id: one for one in made if one.kind == "email"}
    PersonalRule.objects.bulk_create(
        PersonalRule(user=one.user, severity=severity, position=0, method=one, after=0)
        for one in made
        if one.kind == "email"
        for severity in ("critical", "default")
    )


def _write_teams(house: House) -> None:
    places = list(names.AREAS)
    leads = {slug: next(team.people[0] for team in names.TEAMS if team.area == slug) for slug in places}
    areas = {
        area.slug: area
        for area in Area.objects.bulk_create(
            Area(slug=slug, name=names.AREAS[slug], lead=house.people[leads[slug]]) for slug in places
        )
    }
    teams = Team.objects.bulk_create(
        Team(
            slug=team.slug,
            name=team.name,
            area=areas[team.area],
            manager=house.people[names.MANAGERS[number // 2]],
            director=house.people[names.DIRECTORS[places.index(team.area) // 2]],
        )
        for number, team in enumerate(names.TEAMS)
    )
    house.teams = {team.slug: team for team in teams}
    house.leads = {team.slug: house.people[team.people[0]] for team in names.TEAMS}
    Membership.objects.bulk_create(
        Membership(
            team=house.teams[team.slug],
            user=house.people[name],
            place=Membership.Place.RESPONDER if turn else Membership.Place.LEAD,
        )
        for team in names.TEAMS
        for turn, name in enumerate(team.people)
        if name != LEFT
    )
