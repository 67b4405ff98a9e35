"""`{% load ui %}`: times, durations, badges, icons and text for every page."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation.ui import markdown as text
from foundation.ui import times, words

register = template.Library()
NOT_MEASURED = SafeString('<span class="none">-</span>')


def _now(context: template.Context) -> datetime:
    """The instant for which the page is drawn: the view's `at` when it gives one."""
    at = context.get("at")
    return at if isinstance(at, datetime) else timezone.now()


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(at: datetime, shown: str, title: str, data: str = "") -> SafeString:
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', _iso(at), title, SafeString(data), shown)


@register.simple_tag(takes_context=True)
def when(context: template.Context, at: datetime | None, style: str = "full") -> SafeString:
    """An instant in the viewer's zone, the zone named. Styles:

    `full` (default, for records): "Sat 21 Nov 03:04 CET · 02:04 UTC"; `short`: "03:04 CET" today, else with the day,
    UTC in the title; `clock`: "03:04", only below a heading that names day and zone. None is "-".
    """
    if at is None:
        return NOT_MEASURED
    now = _now(context)
    utc = times.utc(at, now=now)
    if style == "clock":
        return _time(at, times.clock(at), f"{times.full(at, now=now)} · {utc}")
    shown = _time(at, times.short(at, now=now) if style == "short" else times.full(at, now=now), utc)
    if style == "short" or times.says_utc(at):
        return shown
    return format_html('{} <span class="utc">{}</span>', shown, utc)


@register.simple_tag(takes_context=True)
def when_text(context: template.Context, at: datetime) -> str:
    """An instant as plain text for mails: the reader's zone and, where it differs, UTC."""
    now = _now(context)
    shown = times.full(at, now=now)
    return shown if times.says_utc(at) else f"{shown} ({times.utc(at, now=now)})"


@register.simple_tag(takes_context=True)
def ago(context: template.Context, at: datetime | None) -> SafeString:
    """ "6 min ago" or "in 2 h 5 min", kept fresh by times.js. Beside a `when`, never instead of one."""
    if at is None:
        return NOT_MEASURED
    now = _now(context)
    return _time(at, times.relative(at, now=now), f"{times.full(at, now=now)} · {times.utc(at, now=now)}", " data-ago")


@register.simple_tag(takes_context=True)
def since(context: template.Context, start: datetime | None, end: datetime | None = None) -> SafeString:
    """The length from `start` to `end`, or so far (kept fresh by times.js when there is no end)."""
    if start is None:
        return NOT_MEASURED
    now = _now(context)
    if end is not None:
        return format_html('<span class="num">{}</span>', times.duration(end - start))
    return _time(start, times.duration(max(now - start, timedelta())), times.full(start, now=now), " data-since")


@register.simple_tag(takes_context=True)
def day(context: template.Context, at: datetime) -> str:
    """The viewer's day and zone as a heading: "Sat 21 Nov, CET"."""
    local = timezone.localtime(at)
    return f"{times.day(local, now=_now(context))}, {times.zone_name(local)}"


@register.simple_tag
def zone_of(at: datetime) -> str:
    """The name of the zone in which the page is drawn, as it is said at `at`: "GMT"."""
    return times.zone_name(timezone.localtime(at))


@register.simple_tag(takes_context=True)
def shown(context: template.Context, value: Any) -> Any:
    """A value of any kind as people read it: an instant as `when short`, nothing as "-", anything else as it is.

    A time without a zone stands on the wall clock of its row, so it is shown as it was typed.
    """
    if isinstance(value, datetime):
        return when(context, value, "short") if timezone.is_aware(value) else date_format(value, "D j M Y H:i")
    return NOT_MEASURED if value is None else value


@register.simple_tag(takes_context=True)
def date_of(context: template.Context, day: date | None) -> str | SafeString:
    """A day without a time: "Sat 21 Nov", with the year when it is not this one."""
    if day is None:
        return NOT_MEASURED
    now = timezone.localtime(_now(context))
    return times.day(datetime(day.year, day.month, day.day, 12, tzinfo=now.tzinfo), now=now)


@register.simple_tag(takes_context=True)
def here(context: template.Context) -> str:
    """Path of the page that the reader looks at, also when a script asks for a part of it."""
    request: Any = context.get("request")
    if request is None:
        return ""
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).path
    return str(shown or request.path)


@register.filter
def duration(span: timedelta | float | None) -> str:
    """Seconds or a timedelta: "6 min", "2 h 5 min"; "-" when not measured."""
    return times.duration(span)


@register.filter
def every(span: timedelta) -> str:
    """A timedelta as a rhythm: "every day", "every 5 min"."""
    return times.every(span)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; silent to screen readers unless it has a label of its own."""
    address = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return _silent_icon(address)


@lru_cache(512)
def _silent_icon(address: str) -> SafeString:
    """Made once: a page draws the same few icons again and again."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def class_badge(name: str) -> SafeString:
    """The class of an incident: its shape and its word, in its colour."""
    if name not in words.CLASSES:
        return format_html('<span class="class-badge">{}</span>', name or _("no class"))
    return format_html('<span class="class-badge" data-class="{}">{}{}</span>', name, icon(name), words.CLASSES[name])


@register.simple_tag
def state_label(name: str, shown: str = "") -> SafeString:
    """A state: its icon and its word (`shown`, where the same state has another word, as for a delivery)."""
    word, picture = words.state(name)
    word = str(shown) or word
    return format_html('<span class="state" data-state="{}">{}{}</span>', name, icon(picture), word)


@register.filter
def undo(message: Any) -> dict[str, Any] | None:
    """What takes back what this message told: token, until (an instant), means (words); None when nothing does."""
    tags = str(getattr(message, "extra_tags", "") or "")
    if not tags.startswith(words.UNDO):
        return None
    told: dict[str, Any] = json.loads(tags.removeprefix(words.UNDO))
    return told | {"until": datetime.fromisoformat(told["until"])}


@register.filter
def role_word(name: str) -> str:
    """What somebody with this role does: "leads", "speaks for us"."""
    return str(words.ROLES.get(name, name))


@register.filter
def why_not_sent(reason: str) -> str:
    """Why a page was not sent any more, in words."""
    return str(words.NOT_SENT.get(reason, reason))


@register.filter
def edited_word(data: dict[str, Any]) -> str:
    """What was done to a field: "corrected the title", "filed the postmortem"."""
    return words.edited(str(data.get("field") or ""), str(data.get("new") or ""))


@register.filter
def instant(text: object) -> datetime | None:
    """The instant that a stored text names; None for any other text."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


@register.simple_tag
def story_icon(kind: str) -> SafeString:
    """The icon of a line of the story."""
    return icon(words.story_icon(kind))


@register.simple_tag(takes_context=True)
def called(context: template.Context, email: str | None) -> str:
    """What colleagues call the person with this e-mail: the view's `people` maps e-mails to people, others stand as they are."""
    people: Any = context.get("people")
    found = people.get(email) if isinstance(people, dict) else None
    return str(found.short_name) if found else str(email or "")


@register.filter
def person(email: str | None, people: Any) -> str:
    """As `called`, where a filter is handier; the view must give `people`."""
    found = people.get(email) if isinstance(people, dict) else None
    return str(found.short_name) if found else str(email or "")


@register.filter(name="markdown")
def markdown_filter(value: str | None) -> SafeString:
    """What a person wrote, as safe HTML."""
    return text.render(value or "")


@register.simple_tag(takes_context=True)
def current(context: template.Context, *prefixes: str) -> SafeString:
    """`aria-current="page"` when this page's address starts with one of `prefixes` ("/" stands for itself only)."""
    request: Any = context.get("request")
    path = request.path if request else ""
    here = any(path == prefix if prefix == "/" else path.startswith(prefix) for prefix in prefixes)
    return SafeString(' aria-current="page"') if here else SafeString("")
