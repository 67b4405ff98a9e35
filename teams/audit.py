"""Who changes a setting: triggers write every change of a configured row, this names the actor beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory

from teams.models import User


@contextmanager
def acting(user: User | None, via: str) -> Iterator[None]:
    """Every configured row that is written inside was changed by `user` (None: the installation), through `via`.

    `via` is a short word: "people", "apply", "api". Do not nest: the inner names would stay for the rest of the outer.
    """
    with pghistory.context(user=user.pk if user else None, via=via):
        yield
