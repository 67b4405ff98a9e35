"""Ninety days as one inline picture: a bar for each day, one path for each state, no `style` attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from status import bars
from status.bars import Day
from status.public import ShownComponent

HEIGHT, STEP = 40, 4
SHARE = {
    bars.MAJOR: 1.0,
    bars.PARTIAL: 0.8,
    bars.DEGRADED: 0.6,
    bars.OPERATIONAL: 0.4,
    bars.MAINTENANCE: 0.4,
    bars.NO_DATA: 0.4,
}
"""Height of a day's bar: told apart without colour, too."""
WORDS: dict[str, str | Promise] = {
    bars.OPERATIONAL: gettext_lazy("Operational"),
    bars.DEGRADED: gettext_lazy("Degraded"),
    bars.PARTIAL: gettext_lazy("Partial outage"),
    bars.MAJOR: gettext_lazy("Major outage"),
    bars.MAINTENANCE: gettext_lazy("Under maintenance"),
    bars.NO_DATA: gettext_lazy("No data"),
}
NAMED = 5
"""Days of trouble that the picture's label names; the table below it has all of them."""


def state_word(state: str) -> str:
    """The state of a component in words."""
    return str(WORDS[state])


def length(span: timedelta) -> str:
    """ "43 min", "1 h 33 min", "2 d 4 h": to people who do not know our shorthand; a part of a minute counts as one."""
    minutes = ceil(span.total_seconds() / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(_("%d d"), days), (_("%d h"), hours), (_("%d min"), 0 if days else rest)]
    return " ".join(words % count for words, count in parts if count) or _("%d min") % 0


def day_words(day: date) -> str:
    """ "12 Nov 2026"."""
    return date_format(day, "j M Y")


def trouble_words(day: Day) -> str:
    """ "Major outage 43 min, partial outage 5 min"."""
    told = [
        f"{state_word(state)} {length(timedelta(seconds=day.seconds[state]))}"
        for state in bars.TROUBLES
        if day.seconds.get(state)
    ]
    return ", ".join(told)


def summary(component: ShownComponent) -> str:
    """ "99.95 % in 90 days, 43 min of outage"; says how much is measured when that is less."""
    measured = sum(1 for day in component.days if day.seconds)
    if not measured:
        return _("not measured yet")
    days = ngettext("%d day", "%d days", measured) % measured
    words = _("%(uptime)s in %(days)s") % {"uptime": component.uptime, "days": days}
    if not component.outage:
        return _("%s, no outage") % words
    return _("%(words)s, %(outage)s of outage") % {"words": words, "outage": length(component.outage)}


def label(component: ShownComponent) -> str:
    """What the picture shows, for those who do not see it."""
    worst = [f"{day_words(day.date)} {trouble_words(day)}" for day in component.troubled[:NAMED]]
    more = len(component.troubled) - len(worst)
    told = [f"{component.name}: {summary(component)}", *worst]
    return "; ".join([*told, _("and %d more days") % more] if more else told)


def svg(component: ShownComponent) -> SafeString:
    """The bars of the component's days, oldest on the left."""
    drawn = [
        format_html('<path class="{}" d="{}"/>', state, _path(component.days, state))
        for state in reversed(bars.WORST_FIRST)
        if any(day.state == state for day in component.days)
    ]
    return format_html(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>',
        label(component),
        len(component.days) * STEP,
        HEIGHT,
        SafeString("".join(drawn)),
    )


def _path(days: Sequence[Day], state: str) -> str:
    """Moves are relative, so that ninety equal days compress to nothing."""
    high = round(HEIGHT * SHARE[state])
    bar = f"v-{high}h{STEP - 1}v{high}z" if state != bars.NO_DATA else f"v-{high - 1}h{STEP - 2}v{high - 1}z"
    words, at = "", None
    for place, day in enumerate(days):
        if day.state == state:
            # After "z" the pen stands where the bar began.
            inset = 0.5 if state == bars.NO_DATA else 0
            words += f"M{place * STEP + inset:g} {HEIGHT - inset:g}" if at is None else f"m{(place - at) * STEP} 0"
            words += bar
            at = place
    return words
