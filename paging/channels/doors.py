"""Addresses that we hand out with a message, so that whoever comes back by one names that message: signed, and for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner


@dataclass(frozen=True)
class Door:
    """`salt` keeps the tokens of one door out of every other; `life` is how long one is good."""

    salt: str
    life: timedelta

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt=self.salt, sep=".")

    def token(self, batch: UUID) -> str:
        """What stands in the address for the message `batch`."""
        return self._signer().sign(batch.hex)

    def batch_of(self, token: str) -> UUID | None:
        """The message that a token names; None for one that is not ours or too old."""
        try:
            return UUID(self._signer().unsign(token, max_age=self.life))
        except (BadSignature, ValueError):
            return None
