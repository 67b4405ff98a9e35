"""Pages and API about pay: who sees whom, what is next, the rows behind each figure, and what is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from oncall.models import Schedule
from paging import answers
from review.models import Adjustment, PayMonth, PersonRate, RateCard
from review.month import Month
from review.pay import payroll_of
from review.payroll import approve
from teams.models import Membership, Role, User
from teams.setup import free_slug
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page, make_schedule, make_team, make_token, make_user

SignIn = Callable[[User], Client]
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)
PAGE, NOVEMBER = "/oncall/pay/2026-11/", Month(2026, 11)


@pytest.fixture
def december(world: World) -> Iterator[World]:
    """Ana has had payments' pager all November, Zoe that of search; it is paid since October, and is December now."""
    zoe = make_user("Zoe Zed")
    make_schedule("search", zoe, team=make_team("search", members=(zoe,)))
    RateCard.objects.create(starts=date(2026, 10, 1), currency="GBP", hourly=Decimal(40))
    with time_machine.travel(DECEMBER, tick=False):
        yield world


def words(html: bytes) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.decode()))


def listed(client: Client, path: str = PAGE) -> set[str]:
    """Whose names stand in the month's table."""
    return set(re.findall(r'class="title" href="/oncall/pay/2026-11/\d+/">([^<]+)<', client.get(path).content.decode()))


def test_everybody_sees_their_own_and_leads_managers_and_directors_more(december: World, sign_in: SignIn) -> None:
    lead, mia, dan = make_user("Lea"), make_user("Mia", role=Role.MANAGER), make_user("Dan", role=Role.DIRECTOR)
    Membership.objects.create(team=december.team, user=lead, place=Membership.Place.LEAD)
    december.team.manager = mia
    december.team.save()
    zoe = User.objects.get(name="Zoe Zed")
    for user, seen in (
        (december.ana, {"Ana Ames"}),
        (december.bob, set()),
        (december.olga, set()),
        (zoe, {"Zoe Zed"}),
        (lead, {"Ana Ames"}),
        (mia, {"Ana Ames"}),
        (dan, {"Ana Ames", "Zoe Zed"}),
        (december.ada, {"Ana Ames", "Zoe Zed"}),
    ):
        client = sign_in(user)
        assert listed(client) == seen, user
        rows = list(csv.DictReader(io.StringIO(client.get("/oncall/pay/2026-11.csv").content.decode())))
        assert {row["name"] for row in rows} == seen
        for other in (december.ana, zoe):
            may = other.name in seen or user == other
            assert client.get(f"{PAGE}{other.pk}/").status_code == (200 if may else 404)
        assert ("Who bears the cost" in words(client.get(PAGE).content)) == (user in (mia, dan, december.ada))


def test_only_directors_and_administrators_run_it(december: World, sign_in: SignIn) -> None:
    mia = make_user("Mia", role=Role.MANAGER)
    december.team.manager = mia
    december.team.save()
    for user in (december.ana, december.olga, mia):
        client = sign_in(user)
        assert client.post(PAGE, {"act": "approve"}).status_code == 403
        assert client.get("/oncall/pay/rates/").status_code == 403
        assert client.post("/oncall/pay/rates/", {"remove": RateCard.objects.get().pk}).status_code == 403
        assert "Approve it" not in client.get(PAGE).content.decode()
    assert (
        sign_in(mia).post(f"{PAGE}{december.ana.pk}/", {"amount": "5", "lieu": "0", "reason": "x"}).status_code == 403
    )
    assert not PayMonth.objects.exists()
    assert sign_in(make_user("Dan", role=Role.DIRECTOR)).post(PAGE, {"act": "approve"}).status_code == 303


def test_from_draft_to_locked_on_the_pages(december: World, sign_in: SignIn) -> None:
    client = sign_in(december.ada)
    assert "October 2026 is over and waits to be approved" in words(client.get("/oncall/pay/").content)
    assert client.post(PAGE, {"act": "lock"}).status_code == 422
    assert client.post(PAGE, {"act": "burn"}).status_code == 422
    for act, said, state in (
        ("approve", "November 2026 is approved.", "approved"),
        ("take_back", "is a draft again", "draft"),
        ("approve", "November 2026 is approved.", "approved"),
        ("lock", "is locked", "locked"),
    ):
        answer = client.post(PAGE, {"act": act}, follow=True)
        assert answer.status_code == 200
        assert said in words(answer.content)
        assert PayMonth.objects.get().state == state
    twice = client.post(PAGE, {"act": "lock"})
    assert (twice.status_code, "is locked: approve it first" in words(twice.content)) == (422, True)
    page = words(client.get(PAGE).content)
    assert "approved by Ada" in page
    assert "Lock it" not in page


def test_a_month_that_runs_cannot_be_approved(december: World, sign_in: SignIn) -> None:
    client = sign_in(december.ada)
    answer = client.post("/oncall/pay/2026-12/", {"act": "approve"})
    assert answer.status_code == 422
    assert "2026-12 is not over" in words(answer.content)
    assert "figures so far" in words(client.get("/oncall/pay/2026-12/").content)


@pytest.mark.parametrize("text", ["2026-13", "9999-01", "2027-01", "now", "2026-1", "0000-01"])
@pytest.mark.parametrize("form", ["/oncall/pay/{}/", "/oncall/pay/{}/1/", "/oncall/pay/{}.csv", "/api/v1/pay/{}/"])
def test_no_such_month(form: str, text: str, december: World, sign_in: SignIn) -> None:
    client = sign_in(december.ada)
    bearer = {"authorization": f"Bearer {make_token(december.ada)}"} if form.startswith("/api") else {}
    assert client.get(form.format(text), headers=bearer).status_code == 404


def test_the_rows_behind_a_figure_and_a_call(december: World, sign_in: SignIn) -> None:
    incident = make_incident(at=AT)
    make_page(december.bob, incident)
    answers.acknowledge(incident, by=december.bob, at=AT)
    lifecycle.resolve(incident, at=AT.replace(hour=4), by=december.bob)
    page = words(sign_in(december.bob).get(f"{PAGE}{december.bob.pk}/").content)
    assert f"{incident.number} 2:00 weekends" in page
    assert "120.00 GBP" in page
    assert "Sat 21 Nov 02:04 UTC to Sat 21 Nov 04:04 UTC" in page
    assert "Add a correction" not in page
    page = words(sign_in(december.ana).get(f"{PAGE}{december.ana.pk}/").content)
    # November 2026 has 21 working days and nine days of weekends.
    assert "Evenings payments-primary 21 stretches" in page
    assert "84:00 13.20 1,108.80" in page
    assert "216:00 13.20 2,851.20" in page


def test_a_correction_is_beside_the_lines_and_says_why(december: World, sign_in: SignIn) -> None:
    approve(NOVEMBER, by=december.ada, at=DECEMBER)
    client, at = sign_in(december.ada), f"{PAGE}{december.ana.pk}/"
    typed = {"amount": "-10.50", "lieu": "30", "reason": "=Paid in October"}
    for wrong, said in (
        ({"amount": "0", "lieu": "0"}, "is needed"),
        ({"reason": ""}, "This field is required"),
        ({"reason": "a\x00b"}, "control character"),
        ({"amount": "1e30"}, "no more than"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "0.001"}, "no more than 2 decimal places"),
        ({"lieu": "99999999999999999999"}, "less than or equal"),
        ({"lieu": "soon"}, "whole number"),
    ):
        answer = client.post(at, {**typed, **wrong})
        assert (answer.status_code, said in words(answer.content)) == (422, True), wrong
    assert not Adjustment.objects.exists()
    assert client.post(at, typed).status_code == 303
    page = words(sign_in(december.ana).get(at).content)
    assert "-10.50 GBP · 0:30 time off =Paid in October · Ada" in page
    rows = list(csv.DictReader(io.StringIO(client.get("/oncall/pay/2026-11.csv").content.decode())))
    assert [row["reason"] for row in rows if row["kind"] == "adjustment"] == ["'=Paid in October"]
    whole = payroll_of(NOVEMBER, DECEMBER, lambda _pk: True)
    assert sum(Decimal(row["amount"]) for row in rows) == whole.amount


def test_somebody_without_lines_can_be_chosen(december: World, sign_in: SignIn) -> None:
    client = sign_in(december.ada)
    assert client.get(f"{PAGE}?person=bob.bell@example.com")["Location"] == f"{PAGE}{december.bob.pk}/"
    assert client.get(f"{PAGE}?person=nobody@example.com")["Location"] == PAGE
    assert client.get(f"{PAGE}{december.bob.pk}/").status_code == 200
    assert client.get(f"{PAGE}987654321/").status_code == 404


def typed_card(**more: str) -> dict[str, str]:
    """What the form of rates sends."""
    standby = {f"standby_{one}": "33" for one in ("evening", "night", "weekend", "holiday", "special")}
    factors = {"callout_weekday": "1.4", "callout_weekend": "1.5", "callout_holiday": "1.9", "callout_special": "2"}
    said = {"starts": "2027-01-01", "currency": "EUR", "hourly": "41.50", "mode": "standby_callout", "secondary": "50"}
    return {
        **standby,
        **factors,
        **said,
        "block": "60",
        "per_callout": "0",
        "lieu": "0",
        "special": "",
        "own": "",
        **more,
    }


def test_rates_are_set_and_change_from_a_day_on(december: World, sign_in: SignIn) -> None:
    client = sign_in(december.ada)
    own = f"{december.ana.email} 50.25\n\n  BOB.BELL@example.com   60"
    answer = client.post("/oncall/pay/rates/", typed_card(special="2027-12-24\n2027-01-06", own=own))
    assert answer.status_code == 303
    card = RateCard.objects.get(starts=date(2027, 1, 1))
    assert (card.hourly, card.special_days, card.flat) == (Decimal("41.50"), ["2027-01-06", "2027-12-24"], False)
    assert {one.person: one.hourly for one in card.own_rates.all()} == {
        december.ana: Decimal("50.25"),
        december.bob: Decimal(60),
    }
    page = client.get(f"/oncall/pay/rates/?card={card.pk}").content.decode()
    assert "ana.ames@example.com 50.25" in page
    assert "2027-12-24" in page
    assert client.post("/oncall/pay/rates/", typed_card(starts="2027-01-01", hourly="42")).status_code == 303
    assert RateCard.objects.count() == 2
    assert not PersonRate.objects.exists()
    assert client.post("/oncall/pay/rates/", {"remove": card.pk}).status_code == 303
    assert client.post("/oncall/pay/rates/", {"remove": "99999999999999999999999"}).status_code == 404
    assert RateCard.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mode": "callout"}, "Call-outs alone are not offered: waiting for a call binds"),
        ({"hourly": "-1"}, "greater than or equal to 0"),
        ({"hourly": "1e99"}, "no more than"),
        ({"hourly": "Infinity"}, "Enter a number"),
        ({"callout_weekend": "11"}, "less than or equal to 10"),
        ({"lieu": "-5"}, "greater than or equal to 0"),
        ({"block": "99999"}, "less than or equal to 1440"),
        ({"currency": "euro"}, "at most 3"),
        ({"starts": "9999-12-31"}, "from 1970 to 2199"),
        ({"starts": "2027-02-30"}, "Enter a valid date"),
        ({"starts": "2026-11-15"}, "choose a day from 2026-12-01"),
        ({"starts": "2027-01-02"}, "first day of a month"),
        ({"special": "Christmas"}, "Christmas is not a day such as"),
        ({"own": "nobody@example.com 10"}, "Nobody here has the e-mail nobody@example.com"),
        ({"own": "ana.ames@example.com"}, "is not a person with an hourly pay"),
        ({"own": "ana.ames@example.com NaN"}, "is not a person with an hourly pay"),
        ({"own": "ana.ames@example.com 1e400"}, "is not a person with an hourly pay"),
        ({"own": "ana.ames@example.com -3"}, "is not a person with an hourly pay"),
        ({"own": "a\x00b 3"}, "control character"),
    ],
)
def test_rates_that_are_refused(change: dict[str, str], said: str, december: World, sign_in: SignIn) -> None:
    approve(NOVEMBER, by=december.ada, at=DECEMBER)
    answer = sign_in(december.ada).post("/oncall/pay/rates/", typed_card(**change))
    assert (answer.status_code, said in words(answer.content)) == (422, True)
    assert RateCard.objects.count() == 1


def test_rates_of_the_file_and_of_approved_months_are_not_changed_here(december: World, sign_in: SignIn) -> None:
    client, card = sign_in(december.ada), RateCard.objects.get()
    RateCard.objects.update(from_file=True)
    for typed in ({"remove": card.pk}, typed_card(starts="2026-10-01", currency="GBP")):
        answer = client.post("/oncall/pay/rates/", typed)
        assert (answer.status_code, "is changed there" in words(answer.content)) == (422, True)
    RateCard.objects.update(from_file=False)
    approve(NOVEMBER, by=december.ada, at=DECEMBER)
    assert client.post("/oncall/pay/rates/", {"remove": card.pk}).status_code == 422
    assert "Take away" not in client.get("/oncall/pay/rates/").content.decode()


def test_before_any_rates_the_pages_say_so(world: World, sign_in: SignIn, now: object) -> None:
    assert "Set the rates" in words(sign_in(world.ada).get("/oncall/pay/").content)
    assert "No rates are set" in words(sign_in(world.ana).get("/oncall/pay/").content)
    page = words(sign_in(world.ada).get(PAGE).content)
    assert "No rates held in this month" in page
    assert sign_in(world.ada).post("/oncall/pay/2026-10/", {"act": "approve"}).status_code == 422


def test_rates_that_begin_later_are_said_to(world: World, sign_in: SignIn, now: object) -> None:
    RateCard.objects.create(starts=date(2027, 1, 1), hourly=Decimal(40))
    assert "a day that is still to come" in words(sign_in(world.ana).get("/oncall/pay/").content)
    assert sign_in(world.ana).get(PAGE).status_code == 200


def test_the_same_for_scripts(december: World, sign_in: SignIn) -> None:
    approve(NOVEMBER, by=december.ada, at=DECEMBER)
    path = "/api/v1/pay/2026-11/"

    def asked(user: User) -> Any:  # noqa: ANN401
        return Client().get(path, headers={"authorization": f"Bearer {make_token(user)}"})

    whole = asked(december.ada).json()
    assert (whole["month"], whole["state"], whole["currency"], whole["over"]) == ("2026-11", "approved", "GBP", True)
    assert (whole["approved_by"], whole["approved_at"]) == (december.ada.email, "2026-12-01T09:00:00Z")
    assert [one["name"] for one in whole["people"]] == ["Ana Ames", "Zoe Zed"]
    lines = [line for one in whole["people"] for line in one["lines"]]
    assert sum(Decimal(line["amount"]) for line in lines) == Decimal(whole["amount"])
    assert sum(Decimal(cost) for cost in whole["costs"].values()) == Decimal(whole["amount"])
    evenings = next(line for line in lines if line["minutes"] == {"evening": 5040})
    assert evenings["stretches"][0] == {"start": "2026-11-02T18:00:00Z", "end": "2026-11-02T22:00:00Z"}
    assert (evenings["amount"], evenings["booked_to"]) == ("1108.80", {"payments": "1108.80"})
    assert [one["name"] for one in asked(december.ana).json()["people"]] == ["Ana Ames"]
    assert asked(december.bob).json()["people"] == []
    table = Client().get(f"{path}csv/", headers={"authorization": f"Bearer {make_token(december.ada)}"})
    assert table.content == sign_in(december.ada).get("/oncall/pay/2026-11.csv").content
    assert Client().get(path).status_code == 401


def test_it_is_found_and_no_schedule_takes_its_address(december: World, sign_in: SignIn) -> None:
    assert free_slug(Schedule, "Pay") == "pay-2"
    assert 'href="/oncall/pay/"' in sign_in(december.ana).get("/oncall/").content.decode()
    assert "/oncall/pay/" in sign_in(december.ana).get("/find/?q=salary").content.decode()
    assert "/oncall/pay/rates/" not in sign_in(december.ana).get("/find/?q=rates").content.decode()
    assert "/oncall/pay/rates/" in sign_in(december.ada).get("/find/?q=rates").content.decode()


def test_a_month_costs_the_same_whoever_is_in_it(december: World, django_assert_num_queries: Any) -> None:
    approve(NOVEMBER, by=december.ada, at=DECEMBER)
    for people in (1, 4):
        for _n in range(people):
            make_user()
        with django_assert_num_queries(5):
            payroll_of(NOVEMBER, DECEMBER, lambda _pk: True)


def test_who_approves_sees_whose_clock_changed_meanwhile(december: World, sign_in: SignIn) -> None:
    admin = sign_in(december.ada)
    assert "What hours count as changed" not in words(admin.get(PAGE).content)
    december.ana.timezone, december.ana.region = "Asia/Tokyo", "JP"
    december.ana.save()
    # The database stamps them with its own clock.
    events: Any = User.pgh_event_model.objects  # type: ignore[attr-defined]
    events.filter(pgh_obj=december.ana).update(pgh_created_at=datetime(2026, 11, 12, 9, tzinfo=UTC))
    text = words(admin.get(PAGE).content)
    assert "Ana Ames: time zone" in text
    assert "→ Asia/Tokyo" in text
    assert "public holidays – → JP" in text
    assert "What hours count as changed" not in words(admin.get("/oncall/pay/2026-12/").content)
    assert "What hours count as changed" not in words(sign_in(december.ana).get(PAGE).content)
