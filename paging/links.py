"""The signed link of a page: authority over that page alone, for 24 hours, without signing in."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, Signer, TimestampSigner

LIFE = timedelta(hours=24)
SEP = "."


class LinkExpired(Exception):
    """The link was good once."""


class LinkUnknown(Exception):
    """This is no link of ours."""


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="paging.page", sep=SEP)


def token_of(page_id: int, person_id: int) -> str:
    """The token that opens this page for this person."""
    return _signer().sign(f"{page_id}-{person_id}")


def sibling(token: str, page_id: int, person_id: int) -> str:
    """The token of another page of the same person that ends when `token` ends.

    A link that could make fresh ones would live for ever: each would renew the other.
    """
    born = token.split(SEP)[1]
    return Signer.sign(_signer(), f"{page_id}-{person_id}{SEP}{born}")


def link_of(page_id: int, person_id: int) -> str:
    """The full address of a page."""
    return f"{settings.SHARPEND_URL}/p/{token_of(page_id, person_id)}/"


def read(token: str) -> tuple[int, int]:
    """(page id, person id) of a token. Raises LinkExpired or LinkUnknown."""
    try:
        page, person = _signer().unsign(token, max_age=LIFE).split("-")
    except SignatureExpired as error:
        raise LinkExpired from error
    except (BadSignature, ValueError) as error:
        raise LinkUnknown from error
    return int(page), int(person)
