"""Pages as phone calls. Ringing, an answer, a voicemail: nothing of that acknowledges; a key does."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from paging.channels import twilio_api, twilio_hooks, twilio_twiml
from paging.channels.base import Message, Receipt
from paging.channels.twilio_numbers import clean, dialled

__all__ = ["Voice", "clean"]
RINGS = "35"
"""Seconds until a call that nobody takes has failed: before a receipt is missed, and mostly before a voicemail answers."""
EVENTS = ("initiated", "ringing", "answered", "completed")


class Voice:
    """Phone calls by Twilio."""

    kind = "voice"
    receipts = True

    def send(self, address: str, message: Message) -> str:
        """Call; returns the call's SID. Raises SendFailed.

        The provider fetches the words when the phone is answered, so that they are true then. Where it cannot reach us, it
        gets them at once.
        """
        fields: dict[str, str | Sequence[str]] = {"To": dialled(address), "Timeout": RINGS}
        with translation.override(settings.LANGUAGE_CODE):
            if twilio_hooks.public():
                fields["Url"] = twilio_hooks.address("voice", message.batch)
                fields["StatusCallback"] = twilio_hooks.address("status", message.batch)
                fields["StatusCallbackEvent"] = EVENTS
            else:
                fields["Twiml"] = twilio_twiml.call(message, action(message))
        return twilio_api.create("Calls", fields)

    def say(self, address: str, text: str) -> str:
        """Call and say a few plain words; returns the call's SID. Raises SendFailed."""
        fields = {"To": dialled(address), "Timeout": RINGS, "Twiml": twilio_twiml.code(text)}
        return twilio_api.create("Calls", fields)

    def ask(self, reference: str) -> Receipt | None:
        """What the provider knows now."""
        return twilio_api.ask(reference)


def action(message: Message) -> str | None:
    """Where keys are sent, or None where they could not arrive."""
    reached = twilio_hooks.public() or twilio_hooks.near()
    return twilio_hooks.address("voice", message.batch) if reached else None
