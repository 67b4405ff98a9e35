"""`{% load review_words %}`: figures and their changes in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.templatetags.ui import NOT_MEASURED
from foundation.ui import times
from review import words
from review.values import Block, Change, Figure, Line, Share, Times, Value

register = template.Library()
APART = " · "
"""Between the remarks that stand small in one line."""


@register.filter
def said(value: Value) -> str:
    """ "4", "p50 7 min", "3 of 4", "99.912 %", "not measured"."""
    return words.said(value)


@register.filter
def beside(value: Value) -> str:
    """What stands small beside the figure: p90, the longest and n of durations, what runs of shares."""
    match value:
        case Times() if value.spread.n == 0:
            return _("nothing to measure")
        case Times() if value.spread.few:
            n = value.spread.n
            return ngettext("the only one", "all %d of them", n) % (() if n == 1 else (n,))
        case Times():
            spread = value.spread
            said = {"p90": times.duration(spread.p90), "max": times.duration(spread.longest), "n": spread.n}
            return _("p90 %(p90)s · longest %(max)s · n %(n)d") % said
        case Share() if value.running:
            runs = ngettext("%d running", "%d running", value.running) % value.running
            return f"{runs}, {_('%d at risk') % value.at_risk}" if value.at_risk else runs
    return ""


@register.filter
def beneath(figure: Figure) -> str:
    """What stands small below a figure in a list: "2 running · missed: 1", "p90 40 min · longest 2 h · n 12"."""
    return APART.join(filter(None, (beside(figure.value), figure.note)))


@register.filter
def compared(figure: Figure) -> str:
    """The week before, and the change where the formula allows one: "before 5, −1 (−20 %)"."""
    before = f"{_('before')} {words.said(figure.before)}"
    change = figure.change
    return f"{before}, {words.changed(change)}" if change else before


@register.filter
def beneath_in_grid(figure: Figure) -> str:
    """All that stands small below a figure in a grid: "within 5 min · 2 running · before 7 of 8"."""
    return APART.join(filter(None, (figure.note, beside(figure.value), compared(figure))))


@register.filter
def changed(change: Change | None) -> str:
    """ "+2 (+40 %)", or a pale "-" where the formula allows no change."""
    return words.changed(change) if change else NOT_MEASURED


@register.filter
def below(line: Line, block: Block) -> list[tuple[str, Figure | None]]:
    """The figures of a line, each with the head of its column: on a phone they stand one below the other."""
    return list(zip(block.columns[1:], line.figures, strict=True))
