"""What the pager did to people, per rotation; a person is never named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.interruptions import Interruption, interruptions
from oncall.wallclock import to_local
from review.facts import Facts, Period, Rung
from review.values import Block, Count, Figure, Line, Row, Rows

NO_ROTATION = "-without-rotation"


@dataclass(frozen=True)
class Heard:
    """The pages and the interruptions of one week."""

    rung: list[Rung]
    joined: list[Interruption]

    def of(self, rotation: str | None) -> Heard:
        """Those of one rotation; None: all."""
        return self if rotation is None else self._apart.get(rotation, Heard([], []))

    @cached_property
    def _apart(self) -> dict[str, Heard]:
        found: defaultdict[str, Heard] = defaultdict(lambda: Heard([], []))
        for rung in self.rung:
            found[rung.call.rotation].rung.append(rung)
        for joined in self.joined:
            found[joined.rotation].joined.append(joined)
        return dict(found)


def pager(facts: Facts) -> Block:
    """Pages and interruptions of the week, by rotation: schedules in use, and those that paged; most woken first."""
    joined = interruptions((one.call for one in facts.rung), facts.hours)
    by_page = {one.call.page: one for one in facts.rung}
    weeks = [_heard(facts, joined, period) for period in (facts.this, facts.last)]
    everything = _three(weeks, None, "", _("All"), by_page)
    names = dict(facts.rotations)
    used = {one.call.rotation for one in weeks[0].rung} | {one.rotation for one in weeks[0].joined}
    rotations = sorted(set(names) | (used - {""})) + ([""] if "" in used else [])
    lines = [
        Line(names.get(slug, slug) or _("Called without a rotation"), _line(weeks, slug, by_page)) for slug in rotations
    ]
    columns = (_("Rotation"), _("Pages"), _("Interruptions"), _("Of sleep"))
    lines.sort(key=_most_woken)
    total = Line(_("All"), everything)
    return Block("pager", _("On-call"), _sentence(everything), columns, (total, *lines))


def _most_woken(line: Line) -> tuple[list[int], str]:
    counts = [figure.value.value or 0 for figure in line.figures if figure and isinstance(figure.value, Count)]
    return [-count for count in reversed(counts)], line.label


def _line(weeks: Sequence[Heard], slug: str, by_page: dict[int, Rung]) -> tuple[Figure, ...]:
    return _three(weeks, slug, f"-of-{slug}" if slug else NO_ROTATION, slug or _("without a rotation"), by_page)


def _heard(facts: Facts, joined: list[Interruption], period: Period) -> Heard:
    rung = [one for one in facts.rung if period.has(one.call.at)]
    return Heard(rung, [one for one in joined if period.has(one.at)])


def _three(
    weeks: Sequence[Heard], rotation: str | None, suffix: str, label: str, by_page: dict[int, Rung]
) -> tuple[Figure, ...]:
    now, then = (week.of(rotation) for week in weeks)
    broken, before = ([one for one in week.joined if one.of_sleep] for week in (now, then))
    return (
        Figure(
            f"pages{suffix}",
            _("Pages: %s") % label,
            Count(len(now.rung)),
            Count(len(then.rung)),
            rows=Rows(now.rung, _page),
            formula=_(
                "One round to one person for one incident. Tests to oneself and drills are left out; false alarms are not. "
                "The rotation is the schedule that the step of the policy named."
            ),
            when=_("Paged"),
        ),
        _joined(f"interruptions{suffix}", _("Interruptions: %s") % label, (now.joined, then.joined), by_page),
        _joined(f"sleep-interruptions{suffix}", _("Interruptions of sleep: %s") % label, (broken, before), by_page),
    )


def _joined(
    key: str, label: str, weeks: tuple[list[Interruption], list[Interruption]], by_page: dict[int, Rung]
) -> Figure:
    return Figure(
        key,
        label,
        Count(len(weeks[0])),
        Count(len(weeks[1])),
        rows=Rows(weeks[0], lambda one: _interruption(one, by_page)),
        formula=_(
            "Pages to the same person that are at most 60 minutes apart are one interruption; it counts in the week and the "
            "rotation of its first page. It is one of sleep when a page rang between 22:00 and 08:00 of the person's own clock."
        ),
        when=_("First page"),
        took=_("Until the last page"),
    )


def _page(one: Rung) -> Row:
    local = to_local(one.call.at, one.call.zone)
    word = _("at %s of the person's clock") % f"{local:%H:%M}"
    return Row(one.ref, at=one.call.at, word=word, note=one.reason)


def _interruption(one: Interruption, by_page: dict[int, Rung]) -> Row:
    pages = ngettext("%d page", "%d pages", len(one.calls)) % len(one.calls)
    local = to_local(one.at, one.calls[0].zone)
    word = _("%(pages)s, from %(clock)s of the person's clock") % {"pages": pages, "clock": f"{local:%H:%M}"}
    lasted = (one.calls[-1].at - one.at).total_seconds()
    return Row(
        by_page[one.calls[0].page].ref,
        at=one.at,
        seconds=lasted,
        word=word,
        note=_("sleep") if one.of_sleep else "",
    )


def _sentence(everything: tuple[Figure, ...]) -> str:
    pages, joined, sleep = (figure.value.value or 0 for figure in everything if isinstance(figure.value, Count))
    if not pages:
        return _("Nobody was paged.")
    said = ngettext("%d page", "%d pages", pages) % pages
    into = ngettext("%d interruption", "%d interruptions", joined) % joined
    if not sleep:
        return _("%(pages)s, %(into)s, none of sleep.") % {"pages": said, "into": into}
    return _("%(pages)s, %(into)s, %(sleep)d of sleep.") % {"pages": said, "into": into, "sleep": sleep}
