"""Pages as text messages: number, class, what and why, and the code to reply with; the link last."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from paging.channels import twilio_api, twilio_hooks
from paging.channels.base import Message, Receipt
from paging.channels.twilio_numbers import clean, dialled
from paging.channels.twilio_text import cut, fitted, plain

__all__ = ["Sms", "clean"]


class Sms:
    """Text messages by Twilio."""

    kind = "sms"
    receipts = True

    def send(self, address: str, message: Message) -> str:
        """Send it; returns its SID. Raises SendFailed."""
        with translation.override(settings.LANGUAGE_CODE):
            return self._create(address, body(message), message)

    def say(self, address: str, text: str) -> str:
        """Send a few plain words; returns their SID. Raises SendFailed."""
        return self._create(address, plain(text))

    def ask(self, reference: str) -> Receipt | None:
        """What the provider knows now."""
        return twilio_api.ask(reference)

    @staticmethod
    def _create(address: str, text: str, message: Message | None = None) -> str:
        fields = {"To": dialled(address), "Body": text}
        if message and twilio_hooks.public():
            fields["StatusCallback"] = twilio_hooks.address("status", message.batch)
        return twilio_api.create("Messages", fields)


def body(message: Message) -> str:
    """The text: one message of 160 characters where that can be. The reply code is the incident's own number."""
    worst, link = message.items[0], message.items[0].link
    again = _("(repeat)") + " " if message.repeat else ""
    if message.is_test:
        return plain(_("Sharp End test page: it rang. Reply 0a, or say so here:")) + f" {link}"
    number = worst.number.removeprefix("INC-")
    title, why = plain(worst.title), plain(worst.because)
    head = f"{again}{worst.number} {worst.severity}: "
    if len(message.items) > 1:
        others = ", ".join(item.number for item in message.items[1:])
        head = plain(_("%d incidents.") % len(message.items)) + f" {head}"
        tail = ". " + plain(_("Also %(others)s. Reply %(number)sa") % {"others": others, "number": number}) + f" {link}"
        return fitted(head, cut(title, 60), "", tail)
    long_tail = ". " + plain(_("Reply %sa to acknowledge") % number) + f" {link}"
    roomy = fitted(head, title, why, long_tail)
    if len(roomy) <= 160 and ".." not in roomy:  # noqa: PLR2004 - one message, and nothing was left out
        return roomy
    return fitted(head, title, why, ". " + plain(_("Reply %sa") % number) + f" {link}")
