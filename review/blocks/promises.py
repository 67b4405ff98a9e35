"""Whether what was promised for each class was kept."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.ui import words
from incidents.metrics import paused
from incidents.severity import CLASSES
from review.facts import Case, Facts, Period
from review.sla import PROMISES, Promise, Verdict, verdict
from review.values import Block, Figure, Line, Row, Rows, Share

ACTS = ("react", "mitigate", "resolve")
ACT_WORDS = {"react": gettext_lazy("React"), "mitigate": gettext_lazy("Mitigate"), "resolve": gettext_lazy("Resolve")}
DONE = {"react": "reacted_at", "mitigate": "mitigated_at", "resolve": "resolved_at"}
BY_WHEN = {
    "5 min": gettext_lazy("within 5 min"),
    "15 min": gettext_lazy("within 15 min"),
    "1 h": gettext_lazy("within 1 h"),
    "4 h": gettext_lazy("within 4 h"),
    "next working day 18:00": gettext_lazy("by 18:00 of the next working day"),
    "1 working day": gettext_lazy("within 1 working day"),
    "30 d": gettext_lazy("within 30 d"),
}
VERDICTS = {
    Verdict.MET: gettext_lazy("kept"),
    Verdict.MISSED: gettext_lazy("missed"),
    Verdict.AT_RISK: gettext_lazy("running, at risk"),
    Verdict.RUNNING: gettext_lazy("running"),
}


class Judged(NamedTuple):
    """One promise for one incident, as it stands."""

    case: Case
    promise: Promise
    due: datetime
    verdict: Verdict


Promised = dict[tuple[str, str], list[Judged]]
"""By class and act; and all of them."""
EVERY = ("", "")


def judge(case: Case, promise: Promise, *, at: datetime, zone: str) -> Judged | None:
    """None when there was nothing to keep: it resolved itself before anybody had to react.

    Clocks start at the detection, or when a held page was let go; the time in which a reopened incident was over is not
    counted.
    """
    stamps = case.stamps
    start = max(stamps.detected_at, case.held_until or stamps.detected_at)
    due = promise.due(start, zone)
    done: datetime | None = getattr(stamps, DONE[promise.act])
    if promise.act == "react" and done is None and stamps.resolved_at:
        return Judged(case, promise, due, Verdict.MISSED) if stamps.resolved_at > due else None
    if stamps.pauses and promise.act != "react":
        done = done - paused(stamps, until=done) if done else None
        at -= paused(stamps, until=at)
    return Judged(case, promise, due, verdict(start, due, done, at))


def promises(facts: Facts) -> Block:
    """Incidents detected in the week, each promise for each class."""
    now, then = (_judged(facts, period) for period in (facts.this, facts.last))
    everything = _figure("sla", _("Promises kept"), now[EVERY], then[EVERY])
    lines = []
    for name in CLASSES:
        figures: list[Figure | None] = []
        for act in ACTS:
            promise = next((one for one in PROMISES[name] if one.act == act), None)
            figures.append(_of(promise, name, now, then) if promise else None)
        lines.append(Line(str(words.CLASSES[name]), tuple(figures), name))
    columns = (_("Class"), *(str(ACT_WORDS[act]) for act in ACTS))
    return Block("sla", _("Promises (SLA)"), _sentence(everything.value), columns, tuple(lines), head=(everything,))


def _judged(facts: Facts, period: Period) -> Promised:
    """Those of the week, together and apart for each promise."""
    found: Promised = defaultdict(list)
    for case in facts.detected_in(period):
        for promise in PROMISES[case.severity]:
            if one := judge(case, promise, at=facts.at, zone=facts.zone):
                found[EVERY].append(one)
                found[case.severity, promise.act].append(one)
    return found


def _of(promise: Promise, name: str, now: Promised, then: Promised) -> Figure:
    label = _("%(class)s: %(act)s %(when)s") % {
        "class": words.CLASSES[name],
        "act": str(ACT_WORDS[promise.act]).lower(),
        "when": BY_WHEN[promise.words],
    }
    mine, before = (week.get((name, promise.act), []) for week in (now, then))
    return _figure(f"sla-{name}-{promise.act}", label, mine, before, str(BY_WHEN[promise.words]))


def _figure(key: str, label: str, now: list[Judged], then: list[Judged], note: str = "") -> Figure:
    return Figure(
        key,
        label,
        _share(now),
        _share(then),
        rows=Rows(now, _row, order=_missed_first),
        note=note,
        formula=_(
            "Kept of those that are decided. Clocks start at the detection, or when a held page was let go, and run day and "
            "night; a working day is Monday to Friday, 08:00 to 18:00 of the organisation's zone. Open and past its time "
            "counts as missed; at risk from 75 %."
        ),
        when=_("Promised for"),
    )


def _missed_first(one: Judged) -> tuple[bool, int, datetime]:
    return one.verdict != Verdict.MISSED, list(VERDICTS).index(one.verdict), one.due


def _share(judged: list[Judged]) -> Share:
    found = [one.verdict for one in judged]
    met, at_risk = found.count(Verdict.MET), found.count(Verdict.AT_RISK)
    return Share(met, met + found.count(Verdict.MISSED), at_risk + found.count(Verdict.RUNNING), at_risk)


def _row(one: Judged) -> Row:
    act = f"{ACT_WORDS[one.promise.act]} {BY_WHEN[one.promise.words]}"
    missed = one.verdict == Verdict.MISSED
    return Row(one.case.ref, at=one.due, word=str(VERDICTS[one.verdict]), note=act, bad=missed)


def _sentence(value: object) -> str:
    if not isinstance(value, Share) or value.total + value.running == 0:
        return _("Nothing was promised: no incident.")
    kept = _("%(met)d of %(total)d promises kept") % {"met": value.met, "total": value.total}
    if not value.running:
        return f"{kept}."
    running = ngettext("%d still runs", "%d still run", value.running) % value.running
    risk = _(", %d at risk") % value.at_risk if value.at_risk else ""
    return f"{kept}; {running}{risk}."
