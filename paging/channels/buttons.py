"""What a button of a page carries: one act on one page, for whoever has one address on one medium, for a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils.translation import gettext as _

from paging.channels.base import ASKS

LIFE = timedelta(days=7)
"""How long a button can be pressed."""
LETTERS = {act[0]: act for act in ASKS}
LONGEST = 64
"""Bytes: a medium that takes more has no need of it."""


class Unknown(Exception):
    """This is no button of ours, or it is too old, or somebody else's."""


class Old(Unknown):
    """It was a button of theirs once."""


@dataclass(frozen=True)
class Press:
    """What a button means."""

    act: str
    page_id: int


def _signer(kind: str, address: str) -> TimestampSigner:
    return TimestampSigner(salt=f"paging.button.{kind}.{address}", sep=".")


def token_of(kind: str, address: str, act: str, page_id: int) -> str:
    """What the button says when it is pressed; at most 64 bytes. It is worth nothing to another address."""
    return _signer(kind, address).sign(f"{act[0]}{page_id}")


def read(kind: str, address: str, token: str) -> Press:
    """What a press of `address` on the button means. Raises Unknown, and Old when its week is over."""
    try:
        said = _signer(kind, address).unsign(token[:LONGEST], max_age=LIFE)
    except SignatureExpired as error:
        raise Old from error
    except BadSignature as error:
        raise Unknown from error
    return Press(LETTERS[said[0]], int(said[1:]))


def label(act: str, *, test: bool = False) -> str:
    """The word on a button."""
    words = {"acknowledge": _("Acknowledge"), "resolve": _("Resolve"), "escalate": _("Escalate")}
    return _("It rang") if test else words[act]
