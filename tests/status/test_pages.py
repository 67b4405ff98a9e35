"""The public pages, as somebody reads them who does not know us."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from incidents import lifecycle
from incidents.models import Incident
from postmortems.models import Remediation
from status import html, serializer, tree, writers
from teams.models import DEMO, Organisation
from tests.factories import AT, make_incident, make_service, make_user
from tests.status.publicity import HOUR, MINUTE, make_component, make_report, owe, say

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def front(at: Any = AT) -> str:
    return html.index(serializer.read(at)).decode()


def page_of(incident: Incident, at: Any = AT) -> str:
    page = serializer.read(at)
    return html.incident(page, next(one for one in page.incidents if one.code == incident.public.code)).decode()


def text(page: str) -> str:
    """What is read: no tags, single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<header>")[2]).split())


def in_order(page: str, *words: str) -> None:
    places = [page.find(word) for word in words]
    assert -1 not in places, [word for word, place in zip(words, places, strict=True) if place < 0]
    assert places == sorted(places)


def test_the_order_of_a_worried_visitors_questions() -> None:
    Organisation.objects.create(pk=1, name="Acme")
    make_component(name="Checkout", group="Shop")
    old = make_incident(at=AT - 3 * DAY, state="resolved")
    say(old, "resolved", title="Search was slow", at=AT - 3 * DAY)
    owe(old, due=AT + 10 * HOUR)
    say(title="Payments fail", body="We look.", checkout="major_outage", next_by=AT + 20 * MINUTE)
    shown = text(front(AT + MINUTE))
    in_order(
        shown,
        "Acme",
        "Subscribe",
        "Major outage",
        "Generated 21 Nov 2026 02:05 UTC",
        "Payments fail",
        "Investigating",
        "Checkout",
        "Started 21 Nov 2026 02:04 UTC",
        "Last update 21 Nov 2026 02:04 UTC",
        "Next update by 21 Nov 2026 02:24 UTC",
        "Shop",
        "in 90 days",
        "The last 14 days",
        "18 Nov 2026",
        "Search was slow",
        "Postmortem due by 21 Nov 2026 12:04 UTC",
        "Atom feed",
    )


def test_it_began_when_it_began_and_not_when_we_told() -> None:
    ana, incident = make_user("Ana"), make_incident(at=AT - 25 * HOUR)
    make_component()
    say(incident, at=AT, by=ana)
    page = front(AT)
    assert "Started 20 Nov 2026 01:04 UTC" in text(page)
    assert "20 Nov 2026 Payments fail Investigating since 20 Nov 2026 01:04 UTC" in text(page)
    lifecycle.resolve(incident, by=ana, at=AT + HOUR)
    say(incident, "resolved", by=ana, at=AT + 2 * HOUR)
    assert "Payments fail Resolved 20 Nov 2026 01:04 UTC to 21 Nov 2026 03:04 UTC" in text(front(AT + 2 * HOUR))


def test_a_broken_promise_is_not_hidden() -> None:
    incident = make_incident()
    say(incident, next_by=AT + HOUR)
    for page in (front(AT + 2 * HOUR), page_of(incident, AT + 2 * HOUR)):
        assert "The next update was promised by 21 Nov 2026 03:04 UTC" in text(page)


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({}, "All systems operational"),
        ({"a": "degraded_performance"}, "Degraded performance"),
        ({"a": "degraded_performance", "b": "partial_outage"}, "Partial outage"),
        ({"a": "major_outage", "b": "partial_outage"}, "Major outage"),
    ],
)
def test_the_headline_is_the_worst_component(states: dict[str, str], said: str) -> None:
    make_component("a"), make_component("b")
    if states:
        say(named=states)
    assert f"{said}</h1>" in front()


def test_an_open_incident_without_components_is_never_all_fine() -> None:
    make_component()
    say()
    assert "We are working on an incident</h1>" in front()


def test_nothing_is_green_before_there_is_a_component() -> None:
    page = front()
    assert "Nothing is measured yet</h1>" in page
    assert "No component is shown to the public yet." in page


def test_quiet_days_in_a_row_are_told_together() -> None:
    make_component()
    say(make_incident(at=AT - 3 * DAY), "resolved", title="Slow", at=AT - 3 * DAY)
    assert "19 Nov to 21 Nov 2026: no incident 18 Nov 2026 Slow" in text(front())


def test_days_before_there_was_a_page_are_not_called_quiet() -> None:
    make_component(created_at=AT - DAY)
    assert "20 Nov to 21 Nov 2026: no incident Atom feed" in text(front())


def test_the_bar_says_what_it_shows() -> None:
    make_component(created_at=AT - 100 * DAY)
    incident = make_incident(at=AT - 2 * DAY)
    say(incident, at=AT - 2 * DAY, checkout="major_outage")
    say(incident, "resolved", at=AT - 2 * DAY + 43 * MINUTE)
    page = front()
    assert 'aria-label="Checkout: 99.96 % in 90 days, 43 min of outage; 19 Nov 2026 Major outage 43 min"' in page
    assert "99.96 % in 90 days, 43 min of outage" in text(page)
    assert page.count('class="major_outage" d="M') == 1


def test_the_page_of_an_incident() -> None:
    ana = make_user("Ana Ames")
    make_component()
    incident = make_incident("QueueStuck")
    say(incident, by=ana, checkout="major_outage")
    lifecycle.acknowledge(incident, by=ana, at=AT + 3 * MINUTE)
    lifecycle.mitigate(incident, by=ana, at=AT + 40 * MINUTE)
    lifecycle.resolve(incident, by=ana, at=AT + 50 * MINUTE)
    say(incident, "resolved", body="**Fixed.**", by=ana, at=AT + 51 * MINUTE)
    pm = make_report(incident, "# What happened\n\nWe are sorry.")
    Remediation.objects.create(postmortem=pm, title="Add a second broker", public=True, created_at=AT)
    Remediation.objects.create(postmortem=pm, title="Rename host db-7", public=False, created_at=AT)
    Remediation.objects.create(
        postmortem=pm, title="Buy a moon", public=True, created_at=AT, state="declined", decline_reason="No"
    )
    page = page_of(incident, AT + HOUR)
    in_order(
        text(page),
        "Payments fail",
        "Read the postmortem",
        "Detected 21 Nov 2026 02:04 UTC Acknowledged 21 Nov 2026 02:07 UTC Mitigated 21 Nov 2026 02:44 UTC",
        "Resolved 21 Nov 2026 02:54 UTC",
        "Updates Resolved 21 Nov 2026 02:55 UTC Fixed. Investigating 21 Nov 2026 02:04 UTC",
        "Components Checkout Major outage 21 Nov 2026 02:04 to 02:55 UTC",
        "Postmortem Published 21 Nov 2026 02:04 UTC What happened We are sorry.",
        "What we change because of it Add a second broker planned",
    )
    for word in ("Ana", "Ames", "QueueStuck", "INC-", "db-7", "Buy a moon"):
        assert word not in page
    assert "<strong>Fixed.</strong>" in page


@pytest.mark.parametrize(
    ("clock", "at", "said"),
    [
        ({}, AT, "Postmortem due by 24 Nov 2026 02:04 UTC"),
        ({}, AT + 72 * HOUR, "Postmortem due by 24 Nov 2026 02:04 UTC"),
        ({}, AT + 72 * HOUR + MINUTE, "The postmortem was due by 24 Nov 2026 02:04 UTC and is late."),
        ({"state": "missed"}, AT + 80 * HOUR, "The postmortem was due by 24 Nov 2026 02:04 UTC and is late."),
        ({"extended_to": AT + 10 * DAY}, AT, "Full report by 1 Dec 2026 02:04 UTC"),
        ({"state": "paused"}, AT, ""),
        ({"state": "waived", "waiver": "contract"}, AT, ""),
        ({"state": "cancelled"}, AT, ""),
    ],
)
def test_the_promise_of_72_hours(clock: dict[str, Any], at: Any, said: str) -> None:
    incident = make_incident()
    say(incident, "resolved")
    owe(incident, **clock)
    for page in (front(at), page_of(incident, at)):
        assert (said in text(page)) if said else ("ostmortem" not in text(page))


def test_a_later_round_of_the_clock_counts_and_a_published_postmortem_ends_the_promise() -> None:
    incident = make_incident()
    say(incident, "resolved")
    owe(incident, state="cancelled")
    owe(incident, due=AT + 80 * HOUR, round=2)
    assert "Postmortem due by 24 Nov 2026 10:04 UTC" in text(front())
    pm = incident.postmortem
    pm.published_at, pm.published_text = AT, "Sorry."
    pm.save()
    assert "due by" not in front()
    assert "Published 21 Nov 2026 02:04 UTC" in text(front())


def test_only_the_newest_five_postmortems_stand_in_front() -> None:
    for number in range(7):
        incident = make_incident(at=AT - number * DAY - 20 * DAY)
        say(incident, "resolved", title=f"Trouble {number}", at=incident.detected_at)
        make_report(incident, at=AT - number * HOUR)
    page = front()
    assert [f"Trouble {number}" in page for number in range(7)] == [True] * 5 + [False] * 2


def test_a_restricted_incident_shows_what_somebody_wrote_and_never_its_title() -> None:
    incident = make_incident("Zanzibar is on the loose", restricted=True)
    assert "Zanzibar" not in front()
    say(incident, title="Sign-in is slow", body="We look.")
    for page in (front(), page_of(incident)):
        assert "Sign-in is slow" in page
        assert "Zanzibar" not in page


def test_withdrawn_is_gone_everywhere(root: Path) -> None:
    make_component()
    incident = make_incident()
    say(incident, title="Wrong words", checkout="major_outage")
    tree.publish(AT)
    code = incident.public.code
    assert (root / "incidents" / code / "index.html").exists()
    writers.withdraw(incident, reason="Mistake", by=make_user(), at=AT + MINUTE)
    tree.publish(AT + MINUTE)
    assert not (root / "incidents" / code).exists()
    for path in root.rglob("*.*"):
        if path.suffix in {".html", ".json", ".atom"}:
            assert "Wrong words" not in path.read_text(), path
    assert "All systems operational</h1>" in (root / "index.html").read_text()


def test_whoever_publishes_the_page_is_in_utc_and_english() -> None:
    say()
    with timezone.override("Asia/Kathmandu"), translation.override("de"):
        page = front()
    assert "21 Nov 2026 02:04 UTC" in page
    assert '<html lang="en">' in page


def test_markdown_of_people_is_harmless() -> None:
    incident = make_incident()
    say(
        incident,
        title="<b>bold</b>",
        body="<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://e.example/p.png)",
    )
    page = page_of(incident) + front()
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page
    assert "&lt;b&gt;bold" in page


def test_a_page_needs_no_other_file_and_no_script_and_no_inline_style(root: Path) -> None:
    make_component()
    incident = make_incident()
    say(incident, checkout="major_outage", body="See [us](https://example.com).")
    make_report(incident)
    tree.publish(AT)
    pages = list(root.rglob("*.html"))
    assert len(pages) == 5
    for path in pages:
        page = path.read_text()
        assert not re.search(r"<script|<img|<iframe|<object|@import|url\((?!#)|style=|\son\w+=", page), path
        assert re.findall(r'<link rel="(?!icon"|alternate")', page) == []
        assert page.count("<h1>") == 1


def test_thirty_components_fit_into_fourteen_kilobytes(root: Path) -> None:
    service = make_service("one")
    for number in range(30):
        make_component(f"c{number}", name=f"Component number {number}", group=f"Group {number // 6}", service=service)
    for number in range(40):
        incident, at = make_incident(at=AT - number * 2 * DAY), AT - number * 2 * DAY
        say(
            incident,
            at=at,
            title=f"Trouble {number}",
            named={f"c{number % 30}": "major_outage", f"c{(number + 7) % 30}": "partial_outage"},
        )
        if number > 2:
            say(incident, "resolved", at=at + number * MINUTE)
    tree.publish(AT)
    size = (root / "index.html.gz").stat().st_size
    assert size <= 14 * 1024, size
    assert gzip.decompress((root / "index.html.gz").read_bytes()) == (root / "index.html").read_bytes()


def test_however_much_there_is_it_is_read_with_the_same_number_of_queries(django_assert_num_queries: Any) -> None:
    for number in range(3):
        make_component(f"c{number}")
        incident = make_incident()
        say(incident, "resolved", named={f"c{number}": "major_outage"})
        make_report(incident)
    with django_assert_num_queries(17):
        serializer.read(AT)


def test_a_demo_says_so_to_strangers() -> None:
    assert "This is a demo" not in front()
    Organisation.objects.update_or_create(pk=1, defaults={"name": DEMO})
    assert "This is a demo: the company and its incidents are invented." in front()


def test_few_components_stand_unfolded() -> None:
    for place in range(html.MANY):
        make_component(f"c{place}", name=f"Part {place}")
    assert "<details" not in front().partition('<h2 id="recent">')[0]


def test_of_many_components_those_that_work_are_one_line_per_group() -> None:
    for place in range(html.MANY):
        make_component(f"c{place}", name=f"Part {place}", group="Shop")
    make_component("alone", name="Alone", group="Office")
    say(c3="major_outage")
    page = front()
    assert "The other 9 components work" in text(page)
    shown = page.partition("Shop</h2>")[2]
    in_order(shown, "<h3>Part 3", "<details", "<h3>Part 0", "<h3>Part 9", "</details>", "Office</h2>", "<h3>Alone")


def test_many_components_that_all_work_are_one_line() -> None:
    for place in range(30):
        make_component(f"c{place}", name=f"Part {place}")
    page = front()
    assert "Components All 30 components work Part 0" in text(page)
    assert page.count('<li class="component">') == 30
