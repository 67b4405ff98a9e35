"""Every "may X do Y", as questions to plain facts (section 9 of the incident rules).

Nothing here knows a model of a room above: callers pass team ids, person ids and the names of a person's roles in one
incident. Observers read. Responders also act on any incident and move their own shifts. Managers also configure their
own teams. A director is a manager of every team. An administrator may do everything.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from teams.models import Membership, Role, Team, User

ACTING = frozenset({Role.RESPONDER, Role.MANAGER, Role.DIRECTOR, Role.ADMIN})
MANAGING = frozenset({Role.MANAGER, Role.DIRECTOR, Role.ADMIN})
GUIDE = "guide"
LOOKING_ON = frozenset({GUIDE, "observer"})


@dataclass(frozen=True)
class Standing:
    """What is true of a person now: role everywhere, and team ids by what the person is to the team."""

    user_id: int
    role: str
    member_of: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()
    manages: frozenset[int] = frozenset()
    active: bool = True

    @property
    def own_teams(self) -> frozenset[int]:
        """Teams that the person is in, leads, manages or directs."""
        return self.member_of | self.leads | self.manages


def standing(user: User) -> Standing:
    """The facts about `user`, in two queries whatever the number of teams."""
    places = dict(Membership.objects.filter(user=user).values_list("team_id", "place"))
    manages = Team.objects.filter(Q(manager=user) | Q(director=user)).values_list("pk", flat=True)
    return Standing(
        user_id=user.pk,
        role=user.role,
        member_of=frozenset(places),
        leads=frozenset(team for team, place in places.items() if place == Membership.Place.LEAD),
        manages=frozenset(manages),
        active=user.is_active,
    )


def may_admin(who: Standing) -> bool:
    """Change roles, the organisation, anybody's settings: administrators."""
    return who.active and who.role == Role.ADMIN


def may_write(who: Standing) -> bool:
    """Change anything at all: everybody but observers."""
    return who.active and who.role in ACTING


def may_declare(who: Standing) -> bool:
    """Declare an incident."""
    return may_write(who)


def may_act_on_incident(who: Standing, incident_roles: Collection[str] = ()) -> bool:
    """Note, pull people in, take a role: any responder on any incident, whatever `incident_roles` say."""
    return may_write(who)


def may_change_state(who: Standing, incident_roles: Collection[str] = ()) -> bool:
    """Acknowledge, mitigate, resolve, reopen, change the class: not those who only guide this incident (section 8)."""
    if may_admin(who):
        return True
    only_guides = GUIDE in incident_roles and set(incident_roles) <= LOOKING_ON
    return may_act_on_incident(who, incident_roles) and not only_guides


def may_see_incident(
    who: Standing, *, restricted: bool, team: int | None, incident_roles: Collection[str] = ()
) -> bool:
    """Read an incident: everybody, but a restricted one only its people and its team; to others it is a 404."""
    if not who.active:
        return False
    return not restricted or may_admin(who) or team in who.own_teams or bool(incident_roles)


def may_restrict(who: Standing, team: int | None, incident_roles: Collection[str] = ()) -> bool:
    """Mark an incident restricted, or open it again: managers of its team, and who leads it."""
    return may_manage_team(who, team) or ("facilitator" in incident_roles and may_write(who))


def may_manage_team(who: Standing, team: int | None) -> bool:
    """Waive, extend, answer blocks: managers for their own teams, directors and administrators for every team."""
    if not who.active:
        return False
    if who.role in {Role.DIRECTOR, Role.ADMIN}:
        return True
    return who.role == Role.MANAGER and team in who.own_teams


def may_edit_team_config(who: Standing, team: int | None) -> bool:
    """Edit schedules, policies, sources and services of `team`. Without a team: directors and administrators."""
    return may_manage_team(who, team)


def may_silence(who: Standing, teams: Collection[int]) -> bool:
    """Keep alerts of services of all these `teams` quiet: those in each of them who may write, and who manages them.

    Without teams it is about every service: directors and administrators.
    """
    if not teams:
        return may_manage_team(who, None)
    return all(may_manage_team(who, team) or (may_write(who) and team in who.own_teams) for team in teams)


def may_read_bodies(who: Standing, team: int | None) -> bool:
    """Read word for word what was posted to a source of `team`: it may hold anything. Its people, directors, administrators."""
    return who.role in {Role.ADMIN, Role.DIRECTOR} or team in who.own_teams


def may_move_shift(who: Standing, *, team: int | None, people: Collection[int]) -> bool:
    """Put one person in the place of another on a schedule of `team`.

    `people` holds the ids of those who give and take the time. Responders move their own shifts: be one.
    """
    return may_edit_team_config(who, team) or (may_write(who) and who.user_id in people)


def may_invite(who: Standing, role: str = Role.OBSERVER) -> bool:
    """Invite a person with this role: managers invite responders and observers, directors managers too."""
    if may_admin(who):
        return True
    mine = {Role.MANAGER: {Role.RESPONDER, Role.OBSERVER}, Role.DIRECTOR: {Role.MANAGER, Role.RESPONDER, Role.OBSERVER}}
    return who.active and role in mine.get(Role(who.role), set())


def may_change_people(who: Standing) -> bool:
    """Deactivate, reactivate and change the role of others."""
    return may_admin(who)


def may_see_history(who: Standing) -> bool:
    """Read who changed which setting."""
    return who.active and who.role in MANAGING


def may_see_contact_methods(who: Standing, *, of: int) -> bool:
    """Read or change a person's contact methods and personal rules: the person and administrators."""
    return who.active and (who.user_id == of or may_admin(who))


def may_see_private_figures(who: Standing, *, of: int, teams: Collection[int]) -> bool:
    """Read pay and health of a person of these `teams`: the person, leads and managers of a team, administrators."""
    if not who.active:
        return False
    over = who.leads | who.manages
    return who.user_id == of or who.role in {Role.DIRECTOR, Role.ADMIN} or bool(over & set(teams))


def may_record_training(who: Standing, team: int | None) -> bool:
    """Write down who was trained for what belongs to `team`: those who lead or manage it, directors, administrators."""
    return may_manage_team(who, team) or (may_write(who) and team in who.leads)


def may_record_agreement(who: Standing, *, of: int, team: int | None) -> bool:
    """Write down that somebody agreed to be on call for `team`: the person, and whoever may record training there."""
    return (may_write(who) and who.user_id == of) or may_record_training(who, team)


def may_run_pay(who: Standing) -> bool:
    """Set rates, approve and lock months, correct them: directors and administrators."""
    return who.active and who.role in {Role.DIRECTOR, Role.ADMIN}


def may_pause_objectives(who: Standing) -> bool:
    """Pause: directors and administrators."""
    return who.active and who.role in {Role.DIRECTOR, Role.ADMIN}


def may_make_token(who: Standing, scope: str) -> bool:
    """Make an API token of this scope for oneself: observers read, only administrators and managers get `admin`."""
    if scope == "read":
        return who.active
    if scope == "write":
        return may_write(who)
    return who.active and who.role in MANAGING


def may_answer_block(who: Standing, *, team: int | None, asked: int | None) -> bool:
    """Answer what is in an item's way: managers of its team, and whoever was asked (another team's manager)."""
    return may_manage_team(who, team) or (may_write(who) and who.user_id == asked)
