"""Repeating parts of a form (members, layers, steps) that grow and shrink by plain buttons, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import methodcaller
from typing import Any

from django import forms
from django.http import QueryDict

MOST = 50
PLACE = re.compile(r"(?P<name>[a-z_]+(-[0-9]{1,2}-[a-z_]+)*)-(?P<number>[0-9]{1,2})")
NAME = re.compile(r"[a-z_]+(-[0-9]{1,2}-[a-z_]+)*")


class RowForm(forms.Form):
    """One part. Left as it was offered it says nothing and is dropped."""

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, empty_permitted=True, use_required_attribute=False, **options)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed; one that was only just added was not even sent."""
        return not self.is_bound or not self.has_changed()

    def be_quiet(self) -> None:
        """Show what was typed without judging it yet."""
        self._errors = forms.utils.ErrorDict()


class Rows:
    """The parts called `name`, as they are stored (`initial`) or as they were sent (`data`), in their order."""

    def __init__(
        self,
        name: str,
        form: type[RowForm],
        data: QueryDict | None,
        initial: Sequence[Mapping[str, Any]] = (),
        *,
        least: str = "",
        blank: int = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """`least` is the sentence that refuses none at all; `blank` counts the empty ones offered after the stored ones."""
        self.name, self.least, self.error = name, least, ""
        given = dict(options or {})
        if data is None:
            offered = [*initial, *[{}] * (blank or (0 if initial else 1 if least else 0))]
            self.forms = [form(prefix=f"{name}-{n}", initial=dict(one), **given) for n, one in enumerate(offered)]
        else:
            places = [f"{name}-{n}" for n in range(count(data, name))]
            sent = {place: any(key.startswith(f"{place}-") for key in data) for place in places}
            self.forms = [form(data if sent[place] else None, prefix=place, **given) for place in places]

    def __iter__(self) -> Iterator[RowForm]:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def filled(self) -> list[Any]:
        """Those that say something."""
        return [form for form in self.forms if not form.is_blank]

    def is_valid(self) -> bool:
        """Whether all that say something are right, and there are enough; every one is judged."""
        right = all(list(map(methodcaller("is_valid"), self.filled)))
        if self.least and not self.filled:
            self.error = self.least
        return right and not self.error

    def refuse_twice(self, field: str, sentence: str) -> bool:
        """Refuse, at its field, every part that says of `field` what one before it says; whether there was none."""
        seen: set[Any] = set()
        for form in self.filled:
            value = form.cleaned_data.get(field)
            if value in seen:
                form.add_error(field, sentence)
            seen.add(value)
        return all(form.is_valid() for form in self.filled)

    def be_quiet(self) -> None:
        """Show what was typed without judging it yet."""
        for form in self.forms:
            form.be_quiet()


def count(data: Mapping[str, Any], name: str) -> int:
    """How many parts were sent; never more than MOST."""
    said = str(data.get(f"{name}-rows", ""))
    return min(int(said), MOST) if said.isascii() and said.isdigit() and len(said) < 4 else 0  # noqa: PLR2004


def rearranged(data: QueryDict, act: str) -> QueryDict | None:
    """`data` after `act`: `add:layers`, `drop:layers-0`, `up:layers-1`; None for any other act."""
    verb, _sep, where = act.partition(":")
    if verb == "add" and NAME.fullmatch(where):
        new = data.copy()
        new[f"{where}-rows"] = str(min(count(data, where) + 1, MOST))
        return new
    found = PLACE.fullmatch(where)
    if verb not in {"drop", "up"} or not found:
        return None
    name, number, last = found["name"], int(found["number"]), count(data, found["name"])
    if number >= last:
        return data.copy()
    order = list(range(last))
    if verb == "drop":
        order.remove(number)
    elif number:
        order[number - 1], order[number] = number, number - 1
    return _in_order(data, name, order)


def _in_order(data: QueryDict, name: str, order: Sequence[int]) -> QueryDict:
    """The parts of `name` whose old numbers are `order`, numbered anew."""
    new = QueryDict(mutable=True)
    places = {old: now for now, old in enumerate(order)}
    part = re.compile(rf"{re.escape(name)}-([0-9]{{1,2}})-(.+)", re.DOTALL)
    for key, values in data.lists():
        found = part.fullmatch(key)
        if found is None:
            new.setlist(key, values)
        elif int(found[1]) in places:
            new.setlist(f"{name}-{places[int(found[1])]}-{found[2]}", values)
    new[f"{name}-rows"] = str(len(order))
    return new
