"""What the field shows: lines that lead somewhere, lines that do something, in groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from incidents.models import Incident

Word = str | Promise


@dataclass(frozen=True)
class Press:
    """A button: a form that sends `fields` to the act's own address, or (without `post`) a link to a form.

    `sure` says that a person who typed it all has been told everything: the return key in the field presses it. Whatever
    pages somebody or ends something is never that: the return key only leads to its button.
    """

    label: Word
    action: str
    fields: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    post: bool = True
    sure: bool = False


@dataclass(frozen=True)
class Row:
    """One line: a link (`url`), an act (`press`), or a link with an act beside it. `detail` says what one must know.

    With `incident` the line shows its class, state and who has it. `until` ends the detail, in the viewer's zone.
    """

    icon: str
    title: Word
    url: str = ""
    detail: Word = ""
    press: Press | None = None
    incident: Incident | None = None
    until: datetime | None = None
    warns: bool = False


@dataclass(frozen=True)
class Group:
    """Lines of one kind; `more` leads to all of them."""

    title: Word
    rows: list[Row]
    more: str = ""
    more_label: Word = ""
