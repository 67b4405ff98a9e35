"""What can be taken back, signed into the notice that says what was done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest

from desk.guard import person
from foundation.ui.words import UNDO
from teams.models import User
from teams.permissions import Standing

VALID = timedelta(minutes=10)
"""So long can something be taken back; later the world has moved on, and the page itself has the buttons."""
SALT = "desk.undo"


@dataclass(frozen=True)
class Asking:
    """Who takes back what, and when. `facts` are those of the offer, as JSON keeps them."""

    by: User
    at: datetime
    standing: Standing
    facts: dict[str, Any]


@dataclass(frozen=True)
class TakenBack:
    """What is true now, in words, and the page that shows it."""

    said: str
    path: str


@dataclass(frozen=True)
class Offer:
    """What can be taken back: the way, its facts, where it happened, and what else comes of it ("Paging starts again.")."""

    way: str
    facts: dict[str, Any]
    path: str
    means: str = ""


def tell(request: HttpRequest, said: str, offer: Offer | None, *, at: datetime) -> None:
    """Say on the next page what was done at `at`, with the button that takes it back when there is an offer."""
    messages.success(request, said, extra_tags=UNDO + _signed(offer, person(request), at) if offer else "")


def _signed(offer: Offer, by: User, at: datetime) -> str:
    until = at + VALID
    told = {"way": offer.way, "by": by.pk, "until": until.timestamp(), "path": offer.path, "facts": offer.facts}
    token = signing.dumps(told, salt=SALT, compress=True)
    return json.dumps({"token": token, "until": until.isoformat(), "means": offer.means})
