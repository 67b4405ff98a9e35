"""The pages of the public tree as HTML: each is one file that needs no other, in English and UTC, whoever publishes it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from status import bars
from status.public import Page, ShownComponent, ShownIncident
from teams.models import DEMO

LANGUAGE = "en"
RECENT_DAYS = 14
NEWEST = 50
"""Incidents on the list without a date; older ones stand under their months."""
NEWEST_REPORTS = 5
MANY, FEWEST = 10, 2
"""Components that stand unfolded on the front page; with more of them those that work are told in one line per group,
unless they are fewer than `FEWEST`."""
PROMISES = 20
"""Postmortems that are owed, on the front page: those that are due last."""
TEMPLATES = Path(settings.BASE_DIR) / "templates" / "status"


def _small(text: str) -> SafeString:
    """Without the white space that only its writers need; the text is a file of ours."""
    return SafeString(re.sub(r"\s*([{};,>]) *|(?<=:) ", r"\1", " ".join(text.split())))


@cache
def css() -> SafeString:
    """The style that stands in each page."""
    return _small((TEMPLATES / "page.css").read_text(encoding="utf-8"))


@cache
def sprite() -> SafeString:
    """The icons that stand in each page."""
    return SafeString("".join((TEMPLATES / "sprite.svg").read_text(encoding="utf-8").splitlines()))


def policy() -> str:
    """What a page may do: show itself. The style is allowed by its hash, and nothing else may be loaded or run."""
    digest = b64encode(sha256(css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _render(template: str, name: str, home: str, **context: Any) -> bytes:
    """`home` is the way from this page to the front page: every copy of the tree works wherever it is put."""
    with translation.override(LANGUAGE):
        words = {"name": name, "home": home, "language": LANGUAGE, "css": css(), "sprite": sprite(), "policy": policy()}
        html = render_to_string(f"status/{template}.html", {**words, "demo": name == DEMO, **context})
    return ("\n".join(line for line in (raw.strip() for raw in html.splitlines()) if line) + "\n").encode()


def headline(state: str) -> str:
    """The state of everything in words."""
    return {
        bars.OPERATIONAL: _("All systems operational"),
        bars.DEGRADED: _("Degraded performance"),
        bars.PARTIAL: _("Partial outage"),
        bars.MAJOR: _("Major outage"),
        bars.MAINTENANCE: _("Maintenance under way"),
        bars.NO_DATA: _("Nothing is measured yet"),
        "incident": _("We are working on an incident"),
    }[state]


@dataclass(frozen=True)
class Days:
    """A day with incidents, or days in a row without any (`first` is the earlier one)."""

    first: date
    last: date
    incidents: tuple[ShownIncident, ...] = ()


@dataclass(frozen=True)
class Month:
    """A page of a month: "2026-11" is its first part, "2026-11-2" the second."""

    name: str
    first: date
    part: int

    @classmethod
    def of(cls, name: str) -> Month:
        """From its name."""
        year, number, *part = map(int, name.split("-"))
        return cls(name, date(year, number, 1), part[0] if part else 1)


def recent(page: Page) -> Iterator[Days]:
    """The last 14 days, newest first, as far back as there was a page; quiet days in a row are told together."""
    today = page.at.date()
    born = min((component.created_at for component in page.components), default=page.at).date()
    oldest = min([born, *(incident.started_at.date() for incident in page.incidents)])
    days = [today - timedelta(days=back) for back in range(RECENT_DAYS)]
    of_day = {day: tuple(one for one in page.incidents if one.started_at.date() == day) for day in days}
    for quiet, run in groupby((day for day in days if day >= oldest), key=lambda day: not of_day[day]):
        found = list(run)
        if quiet:
            yield Days(found[-1], found[0])
        else:
            yield from (Days(day, day, of_day[day]) for day in found)


def promised(page: Page) -> list[ShownIncident]:
    """Those that owe a postmortem, the last one due first."""
    owed = [(one.promise.due_at, one) for one in page.incidents if one.promise]
    return [one for _due, one in sorted(owed, key=lambda pair: pair[0], reverse=True)]


@dataclass(frozen=True)
class Group:
    """Components under one heading ("" has none): those that are `seen`, and those that work and are `folded`."""

    name: str
    seen: tuple[ShownComponent, ...]
    folded: tuple[ShownComponent, ...]


def groups(page: Page) -> list[Group]:
    """Components by group, in the page's order; those without a group come first.

    One component alone is never folded: its line would be as long as the one that stands for it.
    """
    names = sorted(dict.fromkeys(component.group for component in page.components), key=lambda name: name != "")
    return [_group(name, [one for one in page.components if one.group == name], len(page.components)) for name in names]


def _group(name: str, found: Sequence[ShownComponent], total: int) -> Group:
    works = [one for one in found if one.state == bars.OPERATIONAL]
    if total <= MANY or len(works) < FEWEST:
        return Group(name, tuple(found), ())
    return Group(name, tuple(one for one in found if one.state != bars.OPERATIONAL), tuple(works))


def index(page: Page) -> bytes:
    """The front page, in the order of a worried visitor's questions."""
    with translation.override(LANGUAGE):
        said = headline(page.state)
    return _render(
        "index",
        page.name,
        "./",
        page=page,
        headline=said,
        groups=groups(page),
        recent=list(recent(page)),
        reports=page.reports[:NEWEST_REPORTS],
        promised=promised(page)[:PROMISES],
        days=bars.DAYS,
    )


def incidents(page: Page, newest: Sequence[ShownIncident], months: Sequence[str]) -> bytes:
    """The newest incidents, and the way to the months before."""
    found = sorted((Month.of(name) for name in months), key=lambda one: (one.first, one.part), reverse=True)
    years = [(year, list(some)) for year, some in groupby(found, key=lambda one: one.first.year)]
    return _render("incidents", page.name, "../", incidents=newest, years=years)


def month(page: Page, name: str, shown: Sequence[ShownIncident]) -> bytes:
    """The incidents of a month, newest first; a month with many has several such pages."""
    return _render("month", page.name, "../../", month=Month.of(name), incidents=shown)


def incident(page: Page, shown: ShownIncident) -> bytes:
    """One incident: stamps, updates, intervals, postmortem, follow-ups."""
    broken = shown.next_by is not None and shown.next_by < page.at
    return _render("incident", page.name, "../../", incident=shown, broken=broken)


def not_found(page: Page) -> bytes:
    """The answer to any other address; it may stand anywhere, so its links are whole."""
    return _render("404", page.name, page.url)
