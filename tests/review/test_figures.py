"""Every figure of one week, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from postmortems.models import ItemEvent, Remediation
from review.collect import collect
from review.figures import Review, part_with, review_of
from review.values import Change, Count, Figure, Share, Times, Uptime
from review.week import Week
from teams.models import Role, User
from tests.factories import make_user
from tests.review.fortnight import NOW, Fortnight, fortnight, nov


@pytest.fixture
def house(db: None) -> Fortnight:
    return fortnight()


@pytest.fixture
def review(house: Fortnight) -> Review:
    """As Ana reads it."""
    return seen_by(house.ana)


def seen_by(reader: User, number: int = 47) -> Review:
    return review_of(collect(Week(2026, number), zone="Europe/London", at=NOW, reader=reader))


def counts(review: Review, *keys: str) -> list[tuple[int | None, int | None]]:
    """This week and the one before."""
    pairs = [(review.figures[key].value, review.figures[key].before) for key in keys]
    return [(now.value, then.value) for now, then in pairs if isinstance(now, Count) and isinstance(then, Count)]


def minutes(figure: Figure) -> tuple[int, list[Any]]:
    """n, and then p50, p90 and the longest in minutes, or below five each value."""
    value = figure.value
    assert isinstance(value, Times)
    spread = value.spread
    shown = spread.values if spread.few else (spread.p50, spread.p90, spread.longest)
    return spread.n, [about((one or 0) / 60) for one in shown]


def about(value: float) -> Any:
    """Equal but for rounding."""
    return pytest.approx(value)


def stories(figure: Figure) -> list[str]:
    """The letters of the incidents in the rows."""
    return [row.ref.title.removeprefix("Story ") for row in figure.rows if row.ref]


def test_incidents_per_class(review: Review) -> None:
    keys = [f"incidents-{name}" for name in ("critical", "major", "standard")]
    assert counts(review, *keys, "incidents") == [(2, 1), (3, 0), (2, 5), (7, 6)]
    assert sorted(stories(review.figures["incidents"])) == ["A", "B", "C", "D", "E", "F", "J"]
    assert review.figures["incidents"].change == Change(1, "count", about(100 / 6))
    assert review.figures["incidents-critical"].change == Change(1, "count", None)


@pytest.mark.parametrize(
    ("key", "n", "shown"),
    [
        ("time-to-acknowledge", 5, [5, 10, 10]),
        ("time-to-react", 5, [5, 10.6, 11]),
        ("time-to-mitigate", 4, [10, 30, 32, 100]),
        ("time-to-resolve", 5, [50, 200.8, 300]),
        ("team-time-to-resolve", 6, [50, 175, 290]),
    ],
)
def test_durations(review: Review, key: str, n: int, shown: list[float]) -> None:
    assert minutes(review.figures[key]) == (n, shown)


def test_what_has_no_time_to_acknowledge_is_counted_beside_it(review: Review) -> None:
    keys = ("unacknowledged", "self-resolved", "acknowledged-before-any-page")
    assert counts(review, *keys) == [(1, 0), (1, 0), (0, 0)]
    assert (stories(review.figures["unacknowledged"]), stories(review.figures["self-resolved"])) == (["F"], ["E"])


def test_change_of_durations(review: Review) -> None:
    assert review.figures["time-to-react"].change == Change(120, "seconds", about(200 / 3))
    assert review.figures["time-to-mitigate"].change is None
    assert review.figures["team-time-to-resolve"].note == "reopened once"


def test_promises(review: Review) -> None:
    found = {key: figure.value for key, figure in review.figures.items() if key.startswith("sla")}
    assert found == {
        "sla": Share(9, 12, 3, 1),
        "sla-critical-react": Share(1, 2),
        "sla-critical-mitigate": Share(1, 2),
        "sla-critical-resolve": Share(1, 2),
        "sla-major-react": Share(3, 3),
        "sla-major-resolve": Share(2, 2, 1),
        "sla-standard-react": Share(0, 0, 1, 1),
        "sla-standard-resolve": Share(1, 1, 1),
    }


def test_availability(review: Review) -> None:
    found = {
        key.removeprefix("availability-"): figure.value for key, figure in review.figures.items() if "availab" in key
    }
    assert list(found) == ["checkout", "search", "ledger", "back-office"]  # the worst against its target first
    checkout, search, ledger, unknown = (value for value in found.values() if isinstance(value, Uptime))
    assert checkout.measured
    assert (checkout.measured.lost / 60, checkout.measured.down / 60) == (about(159.5), 182)
    assert (checkout.percent, checkout.below_target) == (about(100 * (1 - 159.5 / 10080)), True)
    assert (search.percent, search.below_target) == (about(100 * (1 - 60 / 10080)), False)
    assert ledger.measured
    assert (ledger.percent, ledger.measured.degraded / 60, ledger.below_target) == (100, 10, False)
    assert (unknown.measured, unknown.percent, unknown.below_target) == (None, None, False)


def test_availability_of_the_week_before(review: Review) -> None:
    before = review.figures["availability-checkout"].before
    assert isinstance(before, Uptime)
    assert before.measured
    assert before.measured.lost / 60 == 30


def test_a_service_is_not_measured_before_its_first_source(review: Review) -> None:
    assert review.figures["availability-search"].before == Uptime(None, 99)


def test_rows_of_availability_are_cut_at_the_edges(review: Review) -> None:
    rows = review.figures["availability-checkout"].rows
    assert [(row.at, (row.seconds or 0) / 60) for row in rows[:2]] == [(nov(15, "23:30"), 5), (nov(16, "00:00"), 20)]


def test_postmortems_on_time(review: Review) -> None:
    internal, public = (review.figures[f"postmortems-{kind}"] for kind in ("internal", "public"))
    assert (internal.value, internal.before, public.value) == (Share(1, 4), Share(1, 1), Share(1, 1, 1))
    assert internal.note == "on time, extended: 1 · missed: 2"
    assert stories(internal) == ["J", "A", "B", "C"]


def test_waivers(review: Review) -> None:
    assert counts(review, "waivers") == [(1, 0)]
    (row,) = review.figures["waivers"].rows
    assert (row.word, row.note) == ("Internal, within 24 h: a provider reports it", "The provider tells it · Mia")


def test_remediation(review: Review) -> None:
    keys = ("remediation-open", "remediation-overdue", "remediation-blocked", "remediation-unanswered")
    assert counts(review, *keys) == [(4, 5), (1, 1), (2, 1), (1, 1)]
    assert [row.what for row in review.figures["remediation-overdue"].rows] == ["Add a limit"]
    blocked = [(row.what, row.word, row.bad) for row in review.figures["remediation-blocked"].rows]
    assert blocked == [
        ("Split the database", "answer of Mia pending", True),
        ("Buy more disks", "answered: decide", False),
    ]


def test_pager(review: Review) -> None:
    everything = ("pages", "interruptions", "sleep-interruptions")
    assert counts(review, *everything) == [(6, 1), (4, 1), (2, 1)]
    assert counts(review, *(f"{key}-of-payments-primary" for key in everything)) == [(5, 1), (3, 1), (1, 1)]
    assert counts(review, *(f"{key}-without-rotation" for key in everything)) == [(1, 0), (1, 0), (1, 0)]


def test_no_row_of_the_pager_names_a_person(review: Review, house: Fortnight) -> None:
    (pager,) = (block for block in review.blocks if block.key == "pager")
    said = str([(figure.rows, figure.label) for figure in pager.figures])
    assert "Ana" not in said
    assert "Tom" not in said


def test_sentences(review: Review) -> None:
    assert {block.key: block.sentence for block in review.blocks} == {
        "incidents": "7 incidents, 2 critical.",
        "durations": "Half of the incidents had somebody within 5 min, nine of ten within 10 min.",
        "sla": "9 of 12 promises kept; 3 still run, 1 at risk.",
        "availability": "1 of 2 services below their target. 1 is not measured.",
        "postmortems": "2 of 5 were on time. 1 still runs.",
        "remediation": "4 open, 1 overdue, 2 cannot go on, 1 waits for an answer.",
        "pager": "6 pages, 4 interruptions, 2 of sleep.",
    }


def test_restricted_ones_are_counted_and_not_named(house: Fortnight, review: Review) -> None:
    stranger = seen_by(make_user("Otto", role=Role.OBSERVER))
    assert {key: (one.value, one.before) for key, one in stranger.figures.items()} == {
        key: (one.value, one.before) for key, one in review.figures.items()
    }
    number = house["J"].number
    rows = [row for figure in stranger.figures.values() for row in figure.rows if row.ref]
    assert {row.ref.number for row in rows if row.ref} & {number} == set()
    hidden = [row for row in rows if row.ref and row.ref.hidden]
    assert len(hidden) >= 8
    assert {(row.ref.number, row.ref.title, row.ref.path, row.what) for row in hidden if row.ref} == {("", "", "", "")}
    assert number in {row.ref.number for figure in review.figures.values() for row in figure.rows if row.ref}


def test_items_of_a_restricted_incident_have_no_words(house: Fortnight) -> None:
    Incident.objects.filter(pk=house["A"].pk).update(restricted=True)
    found = seen_by(make_user("Otto"))
    said = str([found.figures[key].rows for key in found.figures if key.startswith("remediation")])
    assert "Ana" not in said
    assert "Mia" not in said
    assert "Split" not in said
    assert counts(found, "remediation-open") == [(4, 5)]


def test_a_week_that_runs_ends_now(house: Fortnight) -> None:
    found = seen_by(house.ana, 48)
    assert counts(found, "incidents") == [(1, 7)]  # K began with the week
    search = found.figures["availability-search"].value
    assert isinstance(search, Uptime)
    assert search.measured
    assert (search.measured.window / 3600, search.measured.lost / 3600) == (9, 4.5)


def test_an_empty_week_says_so(house: Fortnight) -> None:
    found = seen_by(house.ana, 30)
    assert [block.sentence for block in found.blocks] == [
        "No incident.",
        "No incident was reacted to.",
        "Nothing was promised: no incident.",
        "No service has both a target and a measurement. 4 are not measured.",
        "No postmortem was due.",
        "Nothing is open.",
        "Nobody was paged.",
    ]


def test_the_edges_of_the_week_in_which_the_clock_is_put_back(house: Fortnight) -> None:
    Incident.objects.filter(pk=house["A"].pk).update(detected_at="2026-10-25T23:59:59Z")
    Incident.objects.filter(pk=house["B"].pk).update(detected_at="2026-10-26T00:00:00Z")
    Incident.objects.filter(pk=house["C"].pk).update(detected_at="2026-10-18T23:00:00Z")  # Monday 00:00 in summer time
    Incident.objects.filter(pk=house["D"].pk).update(detected_at="2026-10-18T22:59:59Z")
    weeks = [seen_by(house.ana, number) for number in (42, 43, 44)]
    assert [sorted(stories(one.figures["incidents"])) for one in weeks] == [["D"], ["A", "C"], ["B"]]


def test_queries_do_not_grow(house: Fortnight, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(11):
        seen_by(house.ana)
    more = [Incident(title="x", severity="major", detected_at=NOW, declared_at=NOW) for _one in range(3)]
    Incident.objects.bulk_create(more)
    Incident.objects.filter(title="x").update(
        detected_at=nov(17, "09:00"), service=house.services["search"], restricted=True
    )
    with django_assert_num_queries(11):
        assert counts(seen_by(house.ana), "incidents") == [(10, 6)]


def test_an_item_that_had_ended_before_is_not_read_when_it_is_verified(house: Fortnight) -> None:
    item = Remediation.objects.filter(accepted_at__isnull=False)[0]
    Remediation.objects.filter(pk=item.pk).update(
        state="verified", done_at=nov(10, "09:00"), verified_at=nov(18, "09:00")
    )
    ItemEvent.objects.create(item=item, at=nov(18, "09:00"), kind="verified")
    facts = collect(Week(2026, 47), zone="Europe/London", at=NOW, reader=house.ana, only=frozenset({"items"}))
    assert facts.items
    assert item.pk not in {one.pk for one in facts.items}


def test_the_page_draws_all_of_it(house: Fortnight, client: Client) -> None:
    client.force_login(house.ana)
    page = client.get("/ops/review/2026-W47/").content.decode()
    for key in (
        "time-to-react",
        "sla-critical-react",
        "availability-checkout",
        "remediation-blocked",
        "pages-of-payments-primary",
    ):
        assert f"/ops/review/2026-W47/rows/{key}/" in page


def test_a_figure_alone_is_the_same_as_on_the_page(house: Fortnight, review: Review) -> None:
    for key, figure in review.figures.items():
        part = part_with(key)
        assert part, key
        facts = collect(Week(2026, 47), zone="Europe/London", at=NOW, reader=house.ana, only=part.reads)
        alone = review_of(facts, [part]).figures[key]
        assert (alone.label, alone.value, alone.before) == (figure.label, figure.value, figure.before)
        assert list(alone.rows) == list(figure.rows)


def test_a_figure_that_there_is_not_costs_nothing_more(house: Fortnight) -> None:
    assert part_with("lines-of-code") is None
    facts = collect(Week(2026, 47), zone="Europe/London", at=NOW, reader=house.ana, only=frozenset())
    assert not review_of(facts, []).figures
