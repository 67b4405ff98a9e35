"""`{% load public %}`: instants of UTC, states with their icon, bars; nothing here knows a viewer."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from status import drawing
from status.bars import Day
from status.models import PublicUpdate
from status.public import POSTMORTEM, ShownComponent

register = template.Library()
UPDATE_STATES = {
    "investigating": "incident",
    "identified": "incident",
    "monitoring": "watching",
    "resolved": "operational",
    POSTMORTEM: "operational",
}


@register.filter
def iso(at: datetime) -> str:
    """ "2026-11-21T12:03:00Z", for machines."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _time(at: datetime, form: str) -> SafeString:
    there = at.astimezone(UTC)
    return format_html('<time datetime="{}">{}</time>', iso(at), date_format(there, form))


@register.filter
def utc(at: datetime) -> SafeString:
    """ "21 Nov 2026 12:03 UTC"."""
    return _time(at, r"j M Y H:i \U\T\C")


@register.simple_tag
def from_to(start: datetime, end: datetime | None) -> SafeString:
    """ "21 Nov 2026 12:03 to 12:40 UTC"; without an end, since when."""
    if end is None:
        return format_html(_("since {}"), utc(start))
    if start.astimezone(UTC).date() == end.astimezone(UTC).date():
        return format_html(_("{} to {}"), _time(start, "j M Y H:i"), _time(end, r"H:i \U\T\C"))
    return format_html(_("{} to {}"), utc(start), utc(end))


@register.simple_tag
def mark(state: str) -> SafeString:
    """The icon of a state, silent to screen readers: its word stands beside it."""
    return format_html('<svg class="mark {}" aria-hidden="true"><use href="#{}"/></svg>', state, state)


@register.simple_tag
def component_state(state: str) -> SafeString:
    """Icon and word of a component's state."""
    return format_html('<span class="state">{}{}</span>', mark(state), drawing.state_word(state))


@register.simple_tag
def status_word(status: str) -> SafeString:
    """Icon and word of how far an incident is."""
    word = _("Resolved") if status == POSTMORTEM else PublicUpdate.Status(status).label
    return format_html('<span class="state">{}{}</span>', mark(UPDATE_STATES[status]), word)


@register.simple_tag
def bars(component: ShownComponent) -> SafeString:
    """Ninety days of a component."""
    return drawing.svg(component)


@register.filter
def summary(component: ShownComponent) -> str:
    """ "99.95 % in 90 days, 43 min of outage"."""
    return drawing.summary(component)


@register.filter
def trouble(day: Day) -> str:
    """What happened on a day."""
    return drawing.trouble_words(day)


@register.filter
def day_words(day: Day) -> str:
    """ "12 Nov 2026"."""
    return drawing.day_words(day.date)
