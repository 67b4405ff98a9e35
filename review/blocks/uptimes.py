"""Availability of each service against its target."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.ui import times
from incidents.metrics import Impact, Window, availability
from review.facts import Facts, Felt, Kept, Period
from review.values import Block, Figure, Line, Row, Uptime

KINDS = {
    "outage": gettext_lazy("outage"),
    "partial": gettext_lazy("partial outage"),
    "degraded": gettext_lazy("degraded"),
}


def uptimes(facts: Facts) -> Block:
    """The worst against its target first, then those without a target, then those that nobody measures."""
    figures = sorted((_figure(facts, service) for service in facts.services), key=_order)
    lines = tuple(Line(figure.label, (figure,), path=_path(figure)) for figure in figures)
    return Block("availability", _("Availability"), _sentence(figures), (_("Service"),), lines)


def _path(figure: Figure) -> str:
    return f"/services/{figure.key.removeprefix('availability-')}/"


def _order(figure: Figure) -> tuple[int, float, str]:
    value = figure.value
    if not isinstance(value, Uptime) or value.percent is None:
        return (2, 0.0, figure.label)
    if value.used is None:
        return (1, value.percent, figure.label)
    return (0, -value.used, figure.label)


def _figure(facts: Facts, service: Kept) -> Figure:
    felt = [one for one in facts.felt if one.service == service.pk]
    now, then = (_uptime(service, felt, period) for period in (facts.this, facts.last))
    return Figure(
        f"availability-{service.slug}",
        service.name,
        now,
        then,
        rows=tuple(_rows(felt, Window(facts.this.window.start, facts.this.until))),
        note=_note(now),
        formula=_(
            "1 - lost time / time of the week. At each instant the worst interval counts, so overlaps never add up: an outage "
            "with its share, a partial outage with its measured share (half, and marked estimated, when nobody measured it), "
            "degraded with nothing (its minutes are counted apart). Intervals are cut at the edges of the week; a week "
            "that runs is counted until now, against what its target allows in the whole week. A service is not measured when "
            "no source speaks of it."
        ),
        when=_("Began"),
        took=_("In this week"),
        bad=now.below_target,
    )


def _uptime(service: Kept, felt: list[Felt], period: Period) -> Uptime:
    window = Window(period.window.start, period.until)
    found = availability([one.impact for one in felt], window) if service.measured_in(period) else None
    return Uptime(found, service.target, (period.window.end - period.window.start).total_seconds())


def _rows(felt: list[Felt], window: Window) -> list[Row]:
    found = []
    for one in felt:
        impact = one.impact
        start = max(impact.start, window.start)
        end = min(impact.end or window.end, window.end)
        if start < end:
            word = _word(impact)
            took = (end - start).total_seconds()
            found.append(Row(one.ref, at=impact.start, seconds=took, word=word, lasts=impact.end is None))
    return found


def _word(impact: Impact) -> str:
    kind = str(KINDS.get(impact.kind, impact.kind))
    if impact.kind == "degraded":
        return kind
    share = _("%(kind)s of %(share).0f %%") % {"kind": kind, "share": 100 * impact.share}
    return _("%s, estimated") % share if impact.estimated else share


def _note(value: Uptime) -> str:
    found = value.measured
    if found is None:
        return _("no source speaks of it")
    target = _("target %s %%") % f"{value.target:g}" if value.target is not None else _("no target")
    words = [target]
    if found.lost or value.tolerable is not None:
        lost = times.duration(found.lost)
        allowed = times.duration(value.tolerable)
        words.append(
            _("lost %(lost)s of %(allowed)s") % {"lost": lost, "allowed": allowed}
            if value.tolerable is not None
            else _("lost %s") % lost
        )
    if found.degraded:
        words.append(_("degraded %s") % times.duration(found.degraded))
    if found.estimated:
        words.append(_("partly estimated"))
    return " · ".join(words)


def _sentence(figures: list[Figure]) -> str:
    values = [figure.value for figure in figures if isinstance(figure.value, Uptime)]
    judged = [value for value in values if value.used is not None]
    unknown = sum(value.percent is None for value in values)
    below = sum(value.below_target for value in judged)
    if not values:
        return _("There is no service yet.")
    if not judged:
        said = _("No service has both a target and a measurement.")
    elif below == 0:
        said = ngettext("The %d service with a target kept it.", "All %d services with a target kept it.", len(judged))
        said %= len(judged)
    else:
        said = _("%(below)d of %(all)d services below their target.") % {"below": below, "all": len(judged)}
    gap = ngettext("%d is not measured.", "%d are not measured.", unknown) % unknown if unknown else ""
    return f"{said} {gap}".strip()
