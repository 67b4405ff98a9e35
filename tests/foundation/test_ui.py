"""Times, durations, words and text as people see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from foundation.ui import markdown, times
from foundation.ui.calendar import cells, segments

AT = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)


@pytest.fixture
def berlin() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def shown(text: str, **context: object) -> str:
    return Template("{% load ui %}" + text).render(Context({"at": AT, **context}))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_400, "1 d"),
        (10 * 86_400 - 1, "9 d 23 h"),
        (10 * 86_400, "10 d"),
        (-120, "−2 min"),
        (None, "-"),
        (timedelta(minutes=6, seconds=30), "6 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float | timedelta | None, words: str) -> None:
    assert times.duration(seconds) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(days=1), "every day"),
        (timedelta(days=7), "every week"),
        (timedelta(hours=1), "every hour"),
        (timedelta(minutes=1), "every minute"),
        (timedelta(minutes=5), "every 5 min"),
        (timedelta(days=2), "every 2 d"),
    ],
)
def test_a_rhythm_is_said_as_people_say_it(span: timedelta, words: str) -> None:
    assert times.every(span) == words
    assert shown("{{ span|every }}", span=span) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(6, "6 min ago"), (-125, "in 2 h 5 min"), (0, "just now"), (-0.5, "in a moment")]
)
def test_how_far_away(minutes: float, words: str) -> None:
    assert times.relative(AT - timedelta(minutes=minutes), now=AT) == words


@pytest.mark.usefixtures("berlin")
def test_a_record_names_the_viewers_zone_and_utc() -> None:
    html = shown("{% when at %}")
    assert '<time datetime="2026-11-21T02:10:00Z" title="02:10 UTC">Sat 21 Nov 03:10 CET</time>' in html
    assert '<span class="utc">02:10 UTC</span>' in html


@pytest.mark.usefixtures("berlin")
def test_utc_says_its_day_where_it_is_another() -> None:
    assert "Fri 20 Nov 23:30 UTC" in shown("{% when then %}", then=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))


def test_utc_is_not_said_twice() -> None:
    assert shown("{% when at %}").count("UTC") == 2  # the title and the text


@pytest.mark.usefixtures("berlin")
def test_short_leaves_out_today_and_nothing_else() -> None:
    assert ">03:10 CET<" in shown("{% when at 'short' %}")
    assert ">Fri 20 Nov 03:10 CET<" in shown("{% when then 'short' %}", then=AT - timedelta(days=1))
    assert ">Thu 20 Nov 2025 03:10 CET<" in shown("{% when then 'short' %}", then=AT.replace(year=2025, day=20))


def test_a_zone_without_a_name_shows_its_offset() -> None:
    assert times.zone_name(AT.astimezone(ZoneInfo("America/Sao_Paulo"))) == "UTC-03"
    assert times.zone_name(AT.astimezone(ZoneInfo("Asia/Kathmandu"))) == "UTC+05:45"


def test_what_was_not_measured_is_a_dash() -> None:
    assert shown("{% when none %}{% since none %}{% ago none %}", none=None) == '<span class="none">-</span>' * 3


def test_how_long_so_far_keeps_counting_and_what_is_over_does_not() -> None:
    assert "data-since>6 min<" in shown("{% since start %}", start=AT - timedelta(minutes=6))
    assert shown("{% since start at %}", start=AT - timedelta(hours=2)) == '<span class="num">2 h</span>'


@pytest.mark.parametrize("name", ["critical", "major", "standard"])
def test_a_class_has_a_word_and_a_shape(name: str) -> None:
    html = shown("{% class_badge name %}", name=name)
    assert f".svg#{name}" in html
    assert name in html.rpartition("</svg>")[2]


def test_a_state_has_a_word_and_an_icon_even_when_it_is_new() -> None:
    assert "could not be delivered" in shown("{% state_label 'failed' %}")
    assert "half done" in shown("{% state_label 'half_done' %}")
    assert "no longer needed" in shown("{% state_label 'cancelled' 'no longer needed' %}")


def test_an_icon_is_silent_unless_it_says_something() -> None:
    assert 'aria-hidden="true"' in shown("{% icon 'phone' %}")
    assert 'role="img" aria-label="phone &lt;b&gt;"' in shown("{% icon 'phone' label %}", label="phone <b>")


@pytest.mark.parametrize(
    ("text", "inside", "never"),
    [
        ("**bold** and `code`", "<strong>bold</strong> and <code>code</code>", None),
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ("[x](javascript:alert(1))", "javascript", "<a"),
        ("[x](https://example.com)", 'href="https://example.com"', "onclick"),
        ("![x](https://example.com/a.png)", "!", "<img"),
        ("<p style='x' onclick='y'>hi</p>", "hi", "<p style"),
        ("# Big", "<h3>Big</h3>", "<h1"),
        ("{{7*7}}", "{{7*7}}", "49"),
        ("a | b\n--|--\n1 | 2", "<td>1</td>", "style"),
    ],
)
def test_markdown_is_safe(text: str, inside: str, never: str | None) -> None:
    html = markdown.render(text)
    assert inside in html
    assert never is None or never not in html


def test_the_current_page_is_marked() -> None:
    @dataclass
    class Request:
        path: str

    assert "aria-current" in shown("{% current '/incidents/' %}", request=Request("/incidents/INC-1/"))
    assert "aria-current" in shown("{% current '/' %}", request=Request("/"))
    assert shown("{% current '/' %}", request=Request("/oncall/")) == ""


@dataclass
class Stretch:
    start: datetime
    end: datetime


DAYS = [datetime(2026, 11, 16, tzinfo=UTC) + timedelta(days=day) for day in range(8)]


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_calendar_row_joins_whole_days_of_one_block() -> None:
    week, after = Stretch(at(9, 9), at(20, 9)), Stretch(at(20, 9), at(30))
    row = cells([week, after], DAYS)
    assert [cell.span for cell in row] == [4, 1, 2]
    assert sum(cell.span for cell in row) == len(DAYS) - 1
    assert [(part.begins, part.ends) for part in row[1].segments] == [(False, True), (True, False)]


def test_a_handover_at_midnight_needs_no_words() -> None:
    row = cells([Stretch(at(9), at(18)), Stretch(at(18), at(30))], DAYS)
    assert [cell.span for cell in row] == [2, 5]
    assert all(part.whole for cell in row for part in cell.segments)


def test_days_without_a_block_stay_empty() -> None:
    row = cells([Stretch(at(17, 8), at(17, 20))], DAYS)
    assert [len(cell.segments) for cell in row] == [0, 1, 0, 0, 0, 0, 0]
    (part,) = segments([Stretch(at(17, 8), at(17, 20))], at(17), at(18))
    assert (part.begins, part.ends, part.start, part.end) == (True, True, at(17, 8), at(17, 20))
