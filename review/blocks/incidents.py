"""How many incidents there were, per class."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.ui import times, words
from incidents.metrics import team_time_to_resolve, time_to_mitigate, time_to_react
from incidents.severity import CLASSES, rank
from review.facts import Case, Facts, Period
from review.values import Block, Count, Figure, Line, Row, Rows


def incidents(facts: Facts) -> Block:
    """Those detected in the week; drills, cancelled and merged ones are left out."""
    everything = _figure(facts, "incidents", _("All classes"))
    lines = [
        Line(str(words.CLASSES[name]), (_figure(facts, f"incidents-{name}", str(words.CLASSES[name]), name),), name)
        for name in CLASSES
    ]
    return Block(
        "incidents",
        _("Incidents"),
        _sentence(_of(facts, facts.this)),
        (_("Class"),),
        (*lines, Line(everything.label, (everything,))),
        named=everything,
    )


def _of(facts: Facts, period: Period, severity: str = "") -> list[Case]:
    return [case for case in facts.detected_in(period) if severity in ("", case.severity)]


def _worst_first(case: Case) -> tuple[int, datetime]:
    return rank(case.severity), case.stamps.detected_at


def _figure(facts: Facts, key: str, label: str, severity: str = "") -> Figure:
    now, then = (_of(facts, period, severity) for period in (facts.this, facts.last))
    return Figure(
        key,
        label,
        Count(len(now)),
        Count(len(then)),
        rows=Rows(now, lambda case: _row(case, facts.at), order=_worst_first),
        formula=_("Incidents whose detection lies in the week. Drills, cancelled and merged incidents are left out."),
        when=_("Detected"),
        took=_("Customers felt it"),
    )


def _row(case: Case, at: datetime) -> Row:
    began, felt = case.stamps.impact_started_at, time_to_mitigate(case.stamps)
    lasts = felt is None and began is not None and case.stamps.mitigated_at is None and case.stamps.resolved_at is None
    if lasts and began is not None:
        felt = max(at - began, timedelta(0))
    reacted, resolved = time_to_react(case.stamps), team_time_to_resolve(case.stamps)
    react = _("reacted after %s") % times.duration(reacted) if reacted is not None else _("nobody reacted")
    resolve = _("resolved after %s") % times.duration(resolved) if resolved is not None else _("open")
    return Row(
        case.ref,
        at=case.stamps.detected_at,
        seconds=felt.total_seconds() if felt is not None else None,
        word=f"{react}, {resolve}",
        note=case.service,
        lasts=lasts,
    )


def _sentence(found: list[Case]) -> str:
    if not found:
        return _("No incident.")
    number = ngettext("%d incident", "%d incidents", len(found)) % len(found)
    critical = sum(case.severity == CLASSES[0] for case in found)
    if critical == 0:
        return _("%s, none critical.") % number
    return _("%(number)s, %(critical)d critical.") % {"number": number, "critical": critical}
