"""How long it took: to acknowledge, react, mitigate and resolve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.ui import times
from incidents.metrics import (
    Spread,
    Stamps,
    team_time_to_resolve,
    time_to_acknowledge,
    time_to_mitigate,
    time_to_react,
    time_to_resolve,
)
from review.facts import Case, Facts, Period
from review.values import Block, Count, Figure, Line, Row, Rows, Times

Measure = Callable[[Stamps], timedelta | None]
Belongs = Callable[[Case], datetime | None]


def durations(facts: Facts) -> Block:
    """Each duration with its counts beside it: what was not measured is never a zero among the values."""
    react = _times(facts, "time-to-react", _("Time to react"), time_to_react, _REACT(), _detected)
    figures = (
        _times(facts, "time-to-acknowledge", _("Time to acknowledge"), time_to_acknowledge, _ACKNOWLEDGE(), _detected),
        _unacknowledged(facts),
        _self_resolved(facts),
        _before_any_page(facts),
        react,
        _times(facts, "time-to-mitigate", _("Time to mitigate"), time_to_mitigate, _MITIGATE(), _detected),
        _resolved(facts, "time-to-resolve", _("Time to resolve, for customers"), time_to_resolve, _CUSTOMERS()),
        _resolved(facts, "team-time-to-resolve", _("Time to resolve, for the team"), team_time_to_resolve, _TEAM()),
    )
    lines = tuple(Line(figure.label, (figure,)) for figure in figures)
    return Block("durations", _("How long it took"), _sentence(react), (_("What"),), lines)


def _detected(case: Case) -> datetime | None:
    return case.stamps.detected_at


def _ended(case: Case) -> datetime | None:
    return case.stamps.resolved_at


def _of(facts: Facts, period: Period, belongs: Belongs = _detected) -> Sequence[Case]:
    return facts.resolved_in(period) if belongs is _ended else facts.detected_in(period)


def _times(
    facts: Facts, key: str, label: str, measure: Measure, formula: str, belongs: Belongs, note: str = ""
) -> Figure:
    now, then = (_of(facts, period, belongs) for period in (facts.this, facts.last))
    spans = [(span, case) for case in now if (span := measure(case.stamps)) is not None]
    return Figure(
        key,
        label,
        Times(Spread.of(span for span, _case in spans)),
        Times(Spread.of(measure(case.stamps) for case in then)),
        rows=Rows(
            spans,
            lambda one: Row(one[1].ref, at=belongs(one[1]), seconds=one[0].total_seconds(), note=one[1].service),
            order=lambda one: -one[0],  # the longest first
        ),
        note=note,
        formula=formula,
        when=_("Resolved") if belongs is _ended else _("Detected"),
        took=_("Took"),
    )


def _resolved(facts: Facts, key: str, label: str, measure: Measure, formula: str) -> Figure:
    """The week of the resolve counts; reopened ones are said beside it."""
    again = sum(case.reopened for case in _of(facts, facts.this, _ended))
    note = ngettext("reopened once", "reopened %d times", again) % ((again,) if again > 1 else ()) if again else ""
    return _times(facts, key, label, measure, formula, _ended, note)


def _count(facts: Facts, key: str, label: str, counts: Callable[[Case], bool], formula: str) -> Figure:
    now, then = ([case for case in _of(facts, period) if counts(case)] for period in (facts.this, facts.last))
    return Figure(
        key,
        label,
        Count(len(now)),
        Count(len(then)),
        rows=Rows(now, lambda case: Row(case.ref, at=case.stamps.detected_at, note=case.service)),
        formula=formula,
        when=_("Detected"),
    )


def _unacknowledged(facts: Facts) -> Figure:
    return _count(
        facts,
        "unacknowledged",
        _("Nobody acknowledged"),
        lambda case: case.stamps.acked_at is None and not case.self_resolved,
        _("Incidents of the week that nobody has acknowledged, and that did not resolve themselves."),
    )


def _self_resolved(facts: Facts) -> Figure:
    return _count(
        facts,
        "self-resolved",
        _("Resolved themselves"),
        lambda case: case.self_resolved,
        _("Incidents of the week that the end of their alerts resolved before anybody acknowledged."),
    )


def _before_any_page(facts: Facts) -> Figure:
    return _count(
        facts,
        "acknowledged-before-any-page",
        _("Acknowledged before any page left"),
        lambda case: case.stamps.acked_at is not None and time_to_acknowledge(case.stamps) is None,
        _("Acknowledged although no page had left: nobody was waited for, so there is no time to acknowledge."),
    )


def _sentence(react: Figure) -> str:
    value = react.value
    if not isinstance(value, Times) or value.spread.n == 0:
        return _("No incident was reacted to.")
    if value.spread.few:
        return _("Too few for percentiles: every value is listed.")
    words = {"p50": times.duration(value.spread.p50), "p90": times.duration(value.spread.p90)}
    return _("Half of the incidents had somebody within %(p50)s, nine of ten within %(p90)s.") % words


def _ACKNOWLEDGE() -> str:  # noqa: N802  constants, but for the language of the reader
    return _(
        "From the first page that a channel accepted until the first acknowledgement. Left out: nobody acknowledged, it "
        "resolved itself, or no page had left. Incidents count in the week of their detection."
    )


def _REACT() -> str:  # noqa: N802
    return _("From the detection until the first act of a person. Incidents count in the week of their detection.")


def _MITIGATE() -> str:  # noqa: N802
    return _(
        "From the beginning of the customers' impact until its end; a reopened incident counts its stretches only. Without "
        "impact: left out. Incidents count in the week of their detection."
    )


def _CUSTOMERS() -> str:  # noqa: N802
    return _(
        "From the beginning of the customers' impact until the response was over, in the week in which it was; of a reopened "
        "incident the sum of the stretches in which it was open."
    )


def _TEAM() -> str:  # noqa: N802
    return _(
        "From the detection until the response was over, in the week in which it was; of a reopened incident the sum of the "
        "stretches in which it was open. The SLA runs on this clock."
    )
