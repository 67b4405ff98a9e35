"""The review behind its doors: pages, downloads, the API, weeks that are none, and readers who may not see everything."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from teams.models import Role, Service, User
from tests.factories import make_incident, make_token, make_user
from tests.review.fortnight import NOW, Fortnight, fortnight, nov

SignIn = Callable[[User], Client]
WEEK = "/ops/review/2026-W47/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def house(db: None) -> Fortnight:
    return fortnight()


def script(user: User) -> Client:
    return Client(headers={"authorization": f"Bearer {make_token(user)}"})


def test_the_present_week_is_a_redirect_that_changes_nothing(house: Fortnight, sign_in: SignIn) -> None:
    response = sign_in(house.ana).get("/ops/review/")
    assert (response.status_code, response["Location"]) == (302, "/ops/review/2026-W48/")


def test_the_present_week_is_that_of_the_organisation(house: Fortnight, sign_in: SignIn) -> None:
    with time_machine.travel("2026-07-19T23:00:00+00:00", tick=False):  # Monday 00:00 in London, Sunday in UTC
        assert sign_in(house.ana).get("/ops/review/")["Location"] == "/ops/review/2026-W30/"


def test_the_page_says_that_it_is_live(house: Fortnight, sign_in: SignIn) -> None:
    text = sign_in(house.ana).get(WEEK).content.decode()
    assert "W47" in text
    assert "live" in text
    assert "16–22 Nov 2026" in text
    assert "figures so far" not in text
    assert "figures so far" in sign_in(house.ana).get("/ops/review/2026-W48/").content.decode()


def test_every_figure_links_to_its_rows(house: Fortnight, sign_in: SignIn) -> None:
    browser = sign_in(house.ana)
    page = browser.get(WEEK)
    figures = [figure for block in page.context["blocks"] for figure in block.figures]
    assert len(figures) >= 40
    text = page.content.decode()
    for figure in figures:
        assert f'href="{WEEK}rows/{figure.key}/"' in text
    for figure in figures[::6]:
        rows = browser.get(f"{WEEK}rows/{figure.key}/")
        assert rows.status_code == 200
        assert figure.formula[:20] in rows.content.decode()


@pytest.mark.parametrize(
    "week", ["2026-W54", "2026-W00", "2025-W53", "2026-W49", "9999-W01", "0000-W01", "garbage", "2026-W4７"]
)
@pytest.mark.parametrize(
    "shape", ["/ops/review/{}/", "/ops/review/{}.json", "/ops/review/{}.csv", "/ops/review/{}/rows/incidents/"]
)
def test_weeks_that_are_none_are_refused_with_a_sentence(
    house: Fortnight, sign_in: SignIn, week: str, shape: str
) -> None:
    response = sign_in(house.ana).get(shape.format(week))
    assert response.status_code == 404
    assert "week" in response.content.decode().lower() or "has not begun" in response.content.decode()


@pytest.mark.parametrize("week", ["2026-W54", "2026-W00", "2026-W49", "garbage"])
def test_the_api_refuses_them_too(house: Fortnight, week: str) -> None:
    response = script(house.ana).get(f"/api/v1/ops-review/{week}/")
    assert response.status_code == 404
    assert response.json()["error"]["message"]


def test_a_figure_that_there_is_not(house: Fortnight, sign_in: SignIn) -> None:
    response = sign_in(house.ana).get(f"{WEEK}rows/nonsense/")
    assert response.status_code == 404
    assert "no figure nonsense" in response.content.decode()


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.RESPONDER, Role.MANAGER, Role.DIRECTOR, Role.ADMIN])
def test_everybody_who_is_signed_in_may_read(house: Fortnight, sign_in: SignIn, role: str) -> None:
    reader = make_user("Reader", role=role)
    assert sign_in(reader).get(WEEK).status_code == 200
    assert script(reader).get("/api/v1/ops-review/2026-W47/").status_code == 200


@pytest.mark.parametrize("form", ["json", "csv"])
def test_both_spellings_of_a_download(house: Fortnight, sign_in: SignIn, form: str) -> None:
    browser = sign_in(house.ana)
    one, other = browser.get(f"/ops/review/2026-W47.{form}"), browser.get(f"{WEEK}.{form}")
    assert (one.status_code, one.content) == (200, other.content)


def test_the_page_and_the_api_say_the_same(house: Fortnight, sign_in: SignIn) -> None:
    here = sign_in(house.ana).get("/ops/review/2026-W47.json").json()
    assert here == script(house.ana).get("/api/v1/ops-review/2026-W47/").json()
    assert (here["week"], here["before"], here["state"], here["complete"]) == ("2026-W47", "2026-W46", "live", True)
    assert (here["timezone"], here["start"], here["end"]) == (
        "Europe/London",
        "2026-11-16T00:00:00Z",
        "2026-11-23T00:00:00Z",
    )
    figures = here["figures"]
    assert figures["incidents"]["value"] == 7
    assert figures["incidents"]["before"] == {"kind": "count", "value": 6}
    assert figures["time-to-react"]["p50"] == 300
    assert figures["time-to-react"]["change"]["delta"] == 120
    assert (figures["time-to-mitigate"]["p50"], figures["time-to-mitigate"]["values"]) == (
        None,
        [600, 1800, 1920, 6000],
    )
    assert figures["availability-back-office"]["percent"] is None
    assert figures["availability-checkout"]["below_target"] is True
    assert here["waivers"][0]["because"] == "The provider tells it · Mia"
    assert [row["what"] for row in here["blocked"]] == ["answer of Mia pending", "answered: decide"]


def test_the_table_has_a_line_for_each_figure(house: Fortnight, sign_in: SignIn) -> None:
    browser = sign_in(house.ana)
    response = browser.get("/ops/review/2026-W47.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = {line["figure"]: line for line in csv.DictReader(io.StringIO(response.content.decode()))}
    assert list(lines) == list(browser.get("/ops/review/2026-W47.json").json()["figures"])
    assert (lines["incidents"]["value"], lines["incidents"]["before"], lines["incidents"]["change"]) == ("7", "6", "1")
    assert (lines["time-to-react"]["p50"], lines["time-to-react"]["mean"]) == ("300.0", "372.0")
    assert lines["time-to-mitigate"]["values"] == "600 1800 1920 6000"
    assert lines["availability-back-office"]["percent"] == ""


def test_a_name_is_no_formula_in_a_spreadsheet(house: Fortnight, sign_in: SignIn) -> None:
    Service.objects.filter(slug="search").update(name="=HYPERLINK(1)")
    lines = csv.DictReader(io.StringIO(sign_in(house.ana).get("/ops/review/2026-W47.csv").content.decode()))
    assert "'=HYPERLINK(1)" in [line["label"] for line in lines]


def test_restricted_incidents_have_no_name_anywhere(house: Fortnight, sign_in: SignIn) -> None:
    stranger, secret = make_user("Otto", role=Role.MANAGER), house["J"]
    browser = sign_in(stranger)
    paths = [WEEK, "/ops/review/2026-W47.json", "/ops/review/2026-W47.csv"]
    figures = browser.get("/ops/review/2026-W47.json").json()["figures"]
    for path in [*paths, *(f"{WEEK}rows/{key}/" for key in figures)]:
        text = browser.get(path).content.decode()
        assert f"{secret.number}<" not in text
        assert secret.title not in text
        assert f"{secret.path}" not in text
    assert secret.title in sign_in(house.ana).get(WEEK).content.decode()
    assert "A restricted incident" in browser.get(WEEK).content.decode()


def test_nothing_unknown_is_called_well(house: Fortnight, sign_in: SignIn) -> None:
    text = sign_in(house.ana).get(WEEK).content.decode()
    assert "not measured" in text
    assert "no source speaks of it" in text


def test_queries_of_the_page_do_not_grow(
    house: Fortnight, sign_in: SignIn, django_assert_max_num_queries: object
) -> None:
    browser = sign_in(house.ana)
    browser.get(WEEK)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        browser.get(WEEK)


def test_a_long_week_shows_the_worst_and_leads_to_all(house: Fortnight, sign_in: SignIn) -> None:
    for _number in range(20):
        make_incident("One more", service=house.services["search"], severity="standard", at=nov(17, "09:00"))
    browser = sign_in(house.ana)
    page = browser.get(WEEK).content.decode()
    assert "8 of 27." in page
    assert browser.get(f"{WEEK}rows/incidents/").content.decode().count("One more") == 20
