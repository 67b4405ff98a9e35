"""Postmortems on time, waivers, and what is changed because of incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from review.facts import Deadline, Facts, Item, Obstacle, Period
from review.values import Block, Count, Figure, Line, Row, Rows, Share

RED = timedelta(days=7)
KINDS = {"internal": gettext_lazy("Internal, within 24 h"), "public": gettext_lazy("Public, within 72 h")}
OUTCOMES = {
    "met": gettext_lazy("on time"),
    "met_extended": gettext_lazy("on time, extended"),
    "missed": gettext_lazy("missed"),
    "running": gettext_lazy("running"),
    "paused": gettext_lazy("paused"),
    "waived": gettext_lazy("waived"),
}
WAIVED = "waived"


def postmortems(facts: Facts) -> Block:
    """Clocks that were due in the week; the headline counts only those on time without an extension."""
    figures = [_on_time(facts, kind) for kind in KINDS]
    waived = _waived(facts)
    lines = tuple(Line(figure.label, (figure,)) for figure in (*figures, waived))
    return Block("postmortems", _("Postmortems on time"), _said_on_time(figures), (_("Deadline"),), lines, named=waived)


def outcome(deadline: Deadline, at: datetime) -> str:
    """As stored; one that runs past its time is missed before the sweep says so."""
    if deadline.state == "running" and deadline.late_at(at):
        return "missed"
    return deadline.state


def _due(facts: Facts, period: Period, kind: str) -> list[Deadline]:
    return [one for one in facts.deadlines if one.kind == kind and period.has(one.due_at) and one.state != WAIVED]


def _on_time(facts: Facts, kind: str) -> Figure:
    now, then = (_due(facts, period, kind) for period in (facts.this, facts.last))
    states = [outcome(one, facts.at) for one in now]
    aside = [
        f"{OUTCOMES[name]}: {states.count(name)}" for name in ("met_extended", "missed", "running") if name in states
    ]
    return Figure(
        f"postmortems-{kind}",
        str(KINDS[kind]),
        _share(now, facts.at),
        _share(then, facts.at),
        rows=Rows(now, lambda one: _row(one, facts.at)),
        note=" · ".join(aside),
        formula=_(
            "Filed (internal) or published and seen (public) on time, of those that were due in the week and are decided. "
            "With an extension it is not on time. Waived ones are listed apart; what runs is not decided yet."
        ),
        when=_("Due"),
    )


def _share(deadlines: list[Deadline], at: datetime) -> Share:
    states = [outcome(one, at) for one in deadlines]
    decided = [state for state in states if state in ("met", "met_extended", "missed")]
    return Share(states.count("met"), len(decided), len(states) - len(decided))


def _row(one: Deadline, at: datetime) -> Row:
    state = outcome(one, at)
    note = _("extended to %s") % f"{one.extended_to:%Y-%m-%d %H:%M} UTC" if one.extended_to else ""
    return Row(one.ref, at=one.due_at, word=str(OUTCOMES.get(state, state)), note=note, bad=state == "missed")


def _waived(facts: Facts) -> Figure:
    def mine(period: Period) -> list[Deadline]:
        return [one for one in facts.deadlines if one.state == WAIVED and period.has(one.ended_at)]

    now, then = mine(facts.this), mine(facts.last)
    return Figure(
        "waivers",
        _("Waived"),
        Count(len(now)),
        Count(len(then)),
        rows=tuple(
            Row(
                one.ref,
                at=one.ended_at,
                word=f"{KINDS.get(one.kind, one.kind)}: {one.waiver}",
                note=" · ".join(filter(None, (one.waiver_text, one.waiver_link, one.waived_by))),
            )
            for one in now
        ),
        formula=_("Deadlines that a manager or the point of contact waived in the week, each with its reason."),
        when=_("Waived"),
    )


def _said_on_time(figures: list[Figure]) -> str:
    shares = [figure.value for figure in figures if isinstance(figure.value, Share)]
    met, total = sum(share.met for share in shares), sum(share.total for share in shares)
    running = sum(share.running for share in shares)
    if total == 0 and running == 0:
        return _("No postmortem was due.")
    said = _("%(met)d of %(total)d were on time.") % {"met": met, "total": total} if total else ""
    runs = ngettext("%d still runs.", "%d still run.", running) % running if running else ""
    return f"{said} {runs}".strip()


def remediation(facts: Facts) -> Block:
    """As it stood at the end of the week, or stands now while the week runs."""
    opened = _items(facts, "remediation-open", _("Open"), lambda one, period: one.open_at(period.moment), _OPEN())
    overdue = _items(
        facts,
        "remediation-overdue",
        _("Overdue"),
        lambda one, period: one.overdue_at(period.moment, facts.zone),
        _("Open items whose day was over."),
    )
    blocked = _blocked(facts, "remediation-blocked", _("Cannot go on"), Obstacle.open_at)
    waiting = _blocked(facts, "remediation-unanswered", _("Waiting for a manager"), Obstacle.pending_at)
    figures = (opened, overdue, blocked, waiting)
    lines = tuple(Line(figure.label, (figure,)) for figure in figures)
    return Block("remediation", _("Remediation"), _said_open(figures), (_("Items"),), lines, named=blocked)


def _OPEN() -> str:  # noqa: N802  a constant, but for the language of the reader
    return _("Accepted items that are not done, declined, superseded or taken as a risk.")


def _items(facts: Facts, key: str, label: str, counts: Callable[[Item, Period], bool], formula: str) -> Figure:
    now, then = ([one for one in facts.items if counts(one, period)] for period in (facts.this, facts.last))
    return Figure(
        key,
        label,
        Count(len(now)),
        Count(len(then)),
        rows=Rows(now, lambda one: _item(one, facts)),
        formula=formula,
        when=_("Accepted"),
    )


def _item(one: Item, facts: Facts) -> Row:
    overdue = one.overdue_at(facts.this.moment, facts.zone)
    due = _("due %s") % one.due.isoformat() if one.due else _("no date")
    return Row(
        one.ref,
        what=one.title,
        path=one.path,
        at=one.opened_at,
        word=f"{one.priority} · {due}",
        note=" · ".join(filter(None, (one.owner, one.team))),
        bad=overdue,
    )


def _blocked(facts: Facts, key: str, label: str, counts: Callable[[Obstacle, datetime], bool]) -> Figure:
    now, then = ([one for one in facts.obstacles if counts(one, week.moment)] for week in (facts.this, facts.last))
    rows = tuple(_obstacle(one, facts.this.moment) for one in now)
    return Figure(
        key,
        label,
        Count(len(now)),
        Count(len(then)),
        rows=rows,
        formula=_(
            "Items that cannot go on, oldest first, with the manager whose answer is pending. An answer is due within "
            "three working days; red from seven days without one."
        ),
        when=_("Since"),
        took=_("For"),
        bad=any(row.bad for row in rows),
    )


def _obstacle(one: Obstacle, at: datetime) -> Row:
    if one.pending_at(at):
        who = one.manager or (_("nobody") if not one.ref.hidden else _("a manager"))
        word = _("answer of %s pending") % who
    else:
        word = _("answered: %s") % one.answer if one.answer else _("answered")
    late = one.pending_at(at) and at - one.since >= RED
    return Row(
        one.ref,
        what=one.title,
        path=one.path,
        at=one.since,
        seconds=(at - one.since).total_seconds(),
        word=word,
        note=one.why,
        bad=late,
    )


def _said_open(figures: tuple[Figure, ...]) -> str:
    numbers = [figure.value.value or 0 for figure in figures if isinstance(figure.value, Count)]
    if not any(numbers):
        return _("Nothing is open.")
    opened, overdue, blocked, waiting = numbers
    said = [_("%d open") % opened]
    said += [_("%d overdue") % overdue] if overdue else []
    said += [ngettext("%d cannot go on", "%d cannot go on", blocked) % blocked] if blocked else []
    said += [ngettext("%d waits for an answer", "%d wait for an answer", waiting) % waiting] if waiting else []
    return ", ".join(said) + "."
