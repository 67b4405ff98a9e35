"""`{% load review_words %}`: figures and their changes in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.ui import times
from review import words
from review.values import Block, Change, Figure, Line, Share, Times, Value

register = template.Library()


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
def changed(change: Change | None) -> str:
    """ "+2 (+40 %)", or "-" where the formula allows no change."""
    return words.changed(change)


@register.filter
def below(line: Line, block: Block) -> list[tuple[str, Figure | None]]:
    """The figures of a line, each with the head of its column: on a phone they stand one below the other."""
    return list(zip(block.columns[1:], line.figures, strict=True))
