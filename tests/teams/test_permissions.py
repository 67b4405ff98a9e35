"""Who may do what: one table over all roles, then the facts that the table cannot show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teams import permissions as may
from teams.models import Membership, Role
from teams.permissions import Standing, standing
from tests.factories import make_team, make_user

ME, OTHER = 1, 2
MINE, THEIRS = 10, 20
A, D, M, R, O = Role.ADMIN, Role.DIRECTOR, Role.MANAGER, Role.RESPONDER, Role.OBSERVER  # noqa: E741
EVERYBODY = {A, D, M, R, O}
ACTING = {A, D, M, R}

TABLE: dict[str, tuple[Callable[[Standing], bool], set[Role]]] = {
    "administer": (may.may_admin, {A}),
    "write at all": (may.may_write, ACTING),
    "declare": (may.may_declare, ACTING),
    "act on any incident": (may.may_act_on_incident, ACTING),
    "act while guiding": (lambda who: may.may_act_on_incident(who, ["guide"]), ACTING),
    "change the state": (may.may_change_state, ACTING),
    "change the state while guiding": (lambda who: may.may_change_state(who, ["guide"]), {A}),
    "change the state while watching and guiding": (lambda who: may.may_change_state(who, ["guide", "observer"]), {A}),
    "change the state, guiding and leading": (lambda who: may.may_change_state(who, ["guide", "facilitator"]), ACTING),
    "see an incident": (lambda who: may.may_see_incident(who, restricted=False, team=THEIRS), EVERYBODY),
    "see a restricted one of another team": (lambda who: may.may_see_incident(who, restricted=True, team=THEIRS), {A}),
    "see a restricted one without team": (lambda who: may.may_see_incident(who, restricted=True, team=None), {A}),
    "see a restricted one of the own team": (
        lambda who: may.may_see_incident(who, restricted=True, team=MINE),
        EVERYBODY,
    ),
    "see a restricted one with a role in it": (
        lambda who: may.may_see_incident(who, restricted=True, team=THEIRS, incident_roles=["scribe"]),
        EVERYBODY,
    ),
    "restrict an incident of the own team": (lambda who: may.may_restrict(who, MINE), {A, D, M}),
    "restrict an incident of another team": (lambda who: may.may_restrict(who, THEIRS), {A, D}),
    "restrict an incident that one leads": (lambda who: may.may_restrict(who, THEIRS, ["facilitator"]), ACTING),
    "manage the own team": (lambda who: may.may_manage_team(who, MINE), {A, D, M}),
    "manage another team": (lambda who: may.may_manage_team(who, THEIRS), {A, D}),
    "configure the own team": (lambda who: may.may_edit_team_config(who, MINE), {A, D, M}),
    "configure another team": (lambda who: may.may_edit_team_config(who, THEIRS), {A, D}),
    "configure what has no team": (lambda who: may.may_edit_team_config(who, None), {A, D}),
    "move the own shift": (lambda who: may.may_move_shift(who, team=THEIRS, people=[ME, OTHER]), ACTING),
    "move others' shifts in the own team": (lambda who: may.may_move_shift(who, team=MINE, people=[OTHER]), {A, D, M}),
    "move others' shifts elsewhere": (lambda who: may.may_move_shift(who, team=THEIRS, people=[OTHER]), {A, D}),
    "invite an observer": (lambda who: may.may_invite(who, O), {A, D, M}),
    "invite a responder": (lambda who: may.may_invite(who, R), {A, D, M}),
    "invite a manager": (lambda who: may.may_invite(who, M), {A, D}),
    "invite a director": (lambda who: may.may_invite(who, D), {A}),
    "invite an administrator": (lambda who: may.may_invite(who, A), {A}),
    "change people": (may.may_change_people, {A}),
    "see the history of settings": (may.may_see_history, {A, D, M}),
    "see the own contact methods": (lambda who: may.may_see_contact_methods(who, of=ME), EVERYBODY),
    "see others' contact methods": (lambda who: may.may_see_contact_methods(who, of=OTHER), {A}),
    "see the own pay": (lambda who: may.may_see_private_figures(who, of=ME, teams=[THEIRS]), EVERYBODY),
    "see others' pay in a team one only belongs to": (
        lambda who: may.may_see_private_figures(who, of=OTHER, teams=[MINE]),
        {A, D},
    ),
    "record training in the own team": (lambda who: may.may_record_training(who, MINE), {A, D, M}),
    "record training elsewhere": (lambda who: may.may_record_training(who, THEIRS), {A, D}),
    "record the own agreement": (lambda who: may.may_record_agreement(who, of=ME, team=THEIRS), ACTING),
    "record others' agreements in the own team": (
        lambda who: may.may_record_agreement(who, of=OTHER, team=MINE),
        {A, D, M},
    ),
    "record others' agreements elsewhere": (lambda who: may.may_record_agreement(who, of=OTHER, team=THEIRS), {A, D}),
    "pause objectives": (may.may_pause_objectives, {A, D}),
    "make a token that reads": (lambda who: may.may_make_token(who, "read"), EVERYBODY),
    "make a token that writes": (lambda who: may.may_make_token(who, "write"), ACTING),
    "make a token that configures": (lambda who: may.may_make_token(who, "admin"), {A, D, M}),
}


@pytest.mark.parametrize("act", TABLE)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_exactly_this(act: str, role: Role) -> None:
    question, allowed = TABLE[act]
    assert question(Standing(ME, role, member_of=frozenset({MINE}))) is (role in allowed)


@pytest.mark.parametrize("act", TABLE)
@pytest.mark.parametrize("role", list(Role))
def test_a_deactivated_person_may_nothing(act: str, role: Role) -> None:
    question, _allowed = TABLE[act]
    assert question(Standing(ME, role, member_of=frozenset({MINE}), active=False)) is False


@pytest.mark.parametrize(
    "who",
    [Standing(ME, Role.RESPONDER, leads=frozenset({MINE})), Standing(ME, Role.RESPONDER, manages=frozenset({MINE}))],
    ids=["lead", "manager"],
)
def test_leads_and_managers_see_the_figures_of_their_people(who: Standing) -> None:
    assert may.may_see_private_figures(who, of=OTHER, teams=[MINE, THEIRS])
    assert not may.may_see_private_figures(who, of=OTHER, teams=[THEIRS])


def test_who_leads_a_team_records_training_there_unless_they_only_observe() -> None:
    assert may.may_record_training(Standing(ME, Role.RESPONDER, leads=frozenset({MINE})), MINE)
    assert not may.may_record_training(Standing(ME, Role.RESPONDER, leads=frozenset({MINE})), THEIRS)
    assert not may.may_record_training(Standing(ME, Role.OBSERVER, leads=frozenset({MINE})), MINE)


def test_being_named_manager_of_a_team_makes_it_ones_own_but_gives_no_role() -> None:
    assert may.may_edit_team_config(Standing(ME, Role.MANAGER, manages=frozenset({MINE})), MINE)
    assert not may.may_edit_team_config(Standing(ME, Role.RESPONDER, manages=frozenset({MINE})), MINE)


@pytest.mark.django_db
def test_standing_reads_teams_in_two_queries() -> None:
    user = make_user(role=Role.MANAGER)
    managed, directed = make_team(manager=user), make_team(director=user)
    led = [make_team(lead=user) for _ in range(3)]
    member = make_team(members=(user,))
    make_team(members=(make_user(),))
    with CaptureQueriesContext(connection) as queries:
        who = standing(user)
    assert len(queries) == 2
    assert who.manages == {managed.pk, directed.pk}
    assert who.leads == {team.pk for team in led}
    assert who.own_teams == {managed.pk, directed.pk, member.pk, *who.leads}
    assert Membership.objects.filter(user=user).count() == 4
