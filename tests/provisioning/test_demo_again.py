"""The demo is built where nothing else is, only once, and anew when asked; its command says what it does."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from incidents.models import Incident
from provisioning.demo import mark
from provisioning.demo.build import AlreadyThere
from status import tree
from teams.models import Organisation, Role, SignInLink, Team, User
from teams.signin import FIRST_ADMIN, first_link
from tests.factories import make_team, make_user
from tests.provisioning.demos import AT, digest, small

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, str]:
    """What the command prints: on stdout, on stderr."""
    out, err = StringIO(), StringIO()
    with time_machine.travel(AT, tick=False):
        call_command("demo", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_same_seed_and_instant_give_the_same_organisation() -> None:
    small(months=0.05)
    small(months=0.4, reset=True)
    once = digest()
    small(months=0.4, reset=True)
    assert digest() == once


def test_another_seed_or_another_instant_is_another_story() -> None:
    small(months=0.1)
    once = digest()
    small(months=0.1, seed=7, reset=True)
    assert digest() != once
    small(months=0.1, at=AT + timedelta(days=1), reset=True)
    assert digest() != once


def test_twice_changes_nothing() -> None:
    small(months=0.05)
    once = digest()
    with pytest.raises(AlreadyThere):
        small(months=0.05)
    assert digest() == once


def test_reset_takes_out_what_a_visitor_did_and_begins_numbers_anew() -> None:
    small(months=0.05)
    count = Incident.objects.count()
    made = make_team("visitors")
    small(months=0.05, reset=True)
    assert not Team.objects.filter(slug=made.slug).exists()
    assert Incident.objects.count() == count
    assert Incident.objects.order_by("pk").values_list("pk", flat=True).first() == 1


@pytest.mark.parametrize("reset", [False, True])
def test_it_refuses_where_other_people_are(reset: bool) -> None:
    make_user("Ana")
    with pytest.raises(mark.NotTheDemo, match=r"ana@example\.com.*Nothing was changed.*SHARPEND_HOME"):
        small(reset=reset)
    assert User.objects.count() == 1


def test_it_refuses_to_reset_once_somebody_else_has_joined() -> None:
    small(months=0.05)
    make_user("Ana")
    with pytest.raises(mark.NotTheDemo, match=r"ana@example\.com"):
        small(months=0.05, reset=True)
    assert Team.objects.count() == 12


@pytest.mark.parametrize("reset", [False, True])
def test_it_refuses_where_an_organisation_was_begun(reset: bool) -> None:
    make_team("payments")
    with pytest.raises(mark.NotTheDemo, match="organisation of its own"):
        small(reset=reset)
    assert Team.objects.count() == 1


def test_a_demo_under_another_name_is_somebodys_own() -> None:
    small(months=0.05)
    Organisation.objects.update(name="Acme")
    with pytest.raises(mark.NotTheDemo):
        small(months=0.05, reset=True)


def test_the_administrator_of_the_first_start_makes_way_until_they_signed_in() -> None:
    first_link(AT)
    small(months=0.05)
    assert not User.objects.filter(email=FIRST_ADMIN).exists()
    assert "/ada.adeyemi" not in str(first_link(AT))
    assert SignInLink.objects.latest("pk").user == User.objects.get(role=Role.ADMIN)
    User.objects.create_user(FIRST_ADMIN, role=Role.ADMIN, last_login=AT)
    with pytest.raises(mark.NotTheDemo, match=FIRST_ADMIN):
        small(reset=True)


def test_the_command_tells_its_steps_and_says_so_when_it_is_there() -> None:
    out, err = run("--months", "0.05")
    assert out == ""
    assert "demo: 60 people in 12 teams" in err
    assert "demo: 4 incidents are open now" in err
    assert "it is here already" in run()[1]
    assert "the demo that was here is gone" in run("--reset", "--months", "0.05")[1]


def test_the_command_refuses_with_a_sentence() -> None:
    make_user("Ana")
    with pytest.raises(CommandError, match="Nothing was changed"):
        run()
    for words in (("--at", "tomorrow"), ("--at", "2026-11-21T12:00"), ("--months", "0")):
        with pytest.raises(CommandError, match="with its zone"):
            run(*words)


def test_links_for_three_people_of_the_demo_and_for_nobody_elsewhere() -> None:
    assert run("--links")[0] == ""
    run("--months", "0.05")
    lines = run("--links")[0].splitlines()
    assert [line.partition(",")[0] for line in lines] == ["administrator", "manager", "engineer on call"]
    assert all("/signin/" in line for line in lines)


@pytest.mark.django_db(transaction=True)
def test_the_public_page_stands_once_it_is_built() -> None:
    small(months=0.05)
    page = (tree.folder() / "index.html").read_text()
    assert "Search is slow" in page
    assert "12:00 UTC" in page
