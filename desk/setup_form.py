"""A form that sets one thing up: fields, repeating parts, what is stored now, and whether somebody changed it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

from desk.setup_rows import RowForm, Rows
from foundation.models import Configured
from teams.models import User
from teams.permissions import Standing


class Parts(Rows):
    """Repeating parts with the words around them."""

    title: str | Promise = ""
    more: str | Promise = ""
    help: str | Promise = ""
    ordered = False
    compact = False
    one: str | Promise = ""

    def called(
        self, title: str, more: str, *, one: str = "", help_text: str = "", ordered: bool = False, compact: bool = False
    ) -> Parts:
        """The same, with a heading, what `one` of them is called (those that are not compact), the words on the button
        for another one, and whether their order says something.
        """
        self.title, self.more, self.one, self.help = title, more, one, help_text
        self.ordered, self.compact = ordered, compact
        return self


class PartForm(RowForm):
    """A part that may hold parts itself."""

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.groups: list[Parts] = self.grouped(data)

    def grouped(self, data: QueryDict | None) -> list[Parts]:
        """The parts of this part."""
        return []

    @property
    def is_blank(self) -> bool:
        """Nothing typed here, nor in what it holds."""
        return super().is_blank and not any(group.filled for group in self.groups)

    def is_valid(self) -> bool:
        """This, and all that it holds."""
        if any(group.filled for group in self.groups):
            self.empty_permitted = False
        return all([super().is_valid(), *[group.is_valid() for group in self.groups]])

    def be_quiet(self) -> None:
        """This, and all that it holds."""
        super().be_quiet()
        for group in self.groups:
            group.be_quiet()


class SetupForm(forms.Form):
    """The form of `row`, for somebody who stands so. Subclasses say what is stored, offered, wanted and saved."""

    title_field: ClassVar[str] = "name"

    def __init__(
        self,
        data: QueryDict | None,
        *,
        row: Any,
        user: User,
        standing: Standing,
        asked: Mapping[str, str] | None = None,
    ) -> None:
        self.row, self.user, self.standing = row, user, standing
        initial = self.stored(row) if row.pk else self.offered(dict(asked or {}))
        super().__init__(data, initial=initial)
        self.fit()
        self.groups: list[Parts] = self.grouped(data, initial)

    def stored(self, row: Any) -> dict[str, Any]:
        """What `row` says now, in the words of the form: read from the database, not from the instance's caches."""
        raise NotImplementedError

    def offered(self, asked: dict[str, str]) -> dict[str, Any]:
        """What a new one begins with; `asked` comes from the address."""
        return {}

    def fit(self) -> None:
        """Offer what this person may choose."""

    def grouped(self, data: QueryDict | None, initial: Mapping[str, Any]) -> list[Parts]:
        """The repeating parts."""
        return []

    def is_valid(self) -> bool:
        """Fields and parts, each of them judged, then how they agree."""
        return all([super().is_valid(), *[group.is_valid() for group in self.groups]]) and self.agrees()

    def agrees(self) -> bool:
        """Whether what is right alone is right together; refusals go to their fields."""
        return True

    def be_quiet(self) -> None:
        """Show what was typed without judging it yet."""
        self._errors = forms.utils.ErrorDict()
        for group in self.groups:
            group.be_quiet()

    def is_allowed(self) -> bool:
        """Whether this person may say what the form says: give a thing to another team, for example."""
        return True

    def save(self, row: Configured, *, by: User, at: datetime) -> None:
        """Write into `row` what was typed, through the writers. Raises `teams.people.Refused`."""
        raise NotImplementedError

    def fingerprint(self, row: Any) -> str:
        """Changes when what is stored changes."""
        said = json.dumps(self.stored(row), sort_keys=True, default=str)
        return sha256(said.encode()).hexdigest()[:16]
