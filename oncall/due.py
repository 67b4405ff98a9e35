"""Due work of this room: calendars that somebody else keeps are fetched again, and it is told when that fails for long."""

from __future__ import annotations

from foundation.dispatch.registry import Work, register
from oncall import calendar_words, calendars

register(Work("calendars", "default", due=calendars.due, run=calendars.look, outside=True))
register(Work("calendars that fail", "default", due=calendar_words.due, run=calendar_words.tell))
