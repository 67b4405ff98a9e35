"""The media that this installation has: which class sends a kind, and which settings it needs."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from paging.channels.base import Channel, Speaks
from paging.channels.loopback import KIND, Loopback

TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
MEDIA: dict[str, tuple[str, tuple[str, ...]]] = {
    "email": ("paging.channels.email.Email", ()),
    "sms": ("paging.channels.twilio_sms.Sms", TWILIO),
    "voice": ("paging.channels.twilio_voice.Voice", TWILIO),
    "slack": ("paging.channels.slack.Slack", ("SLACK_BOT_TOKEN",)),
    "telegram": ("paging.channels.telegram.Telegram", ("TELEGRAM_TOKEN",)),
    "mattermost": ("paging.channels.mattermost.Mattermost", ("MATTERMOST_URL", "MATTERMOST_TOKEN")),
    "matrix": ("paging.channels.matrix.Matrix", ("MATRIX_URL", "MATRIX_TOKEN")),
    "ntfy": ("paging.channels.ntfy.Ntfy", ()),
    "webhook": ("paging.channels.webhook.Webhook", ()),
    "webpush": ("paging.channels.webpush.Webpush", ("VAPID_PRIVATE_KEY",)),
}
"""Kind -> its class, and the settings without which it cannot send. A class is imported when it first sends: the libraries
of some providers are large."""


def channel(kind: str) -> Channel | None:
    """The medium of this kind, or None where this installation has none."""
    if kind == KIND:
        return Loopback()
    if kind not in available():
        return None
    medium: Channel = import_string(MEDIA[kind][0])()
    return medium


def available() -> set[str]:
    """Kinds that this installation can send."""
    return {kind for kind, (_path, needs) in MEDIA.items() if all(getattr(settings, name) for name in needs)}


def provable() -> list[str]:
    """Kinds that this installation can send and whose addresses a code can prove, in the order of `MEDIA`."""
    have = available()
    return [kind for kind in MEDIA if kind in have and (kind == "email" or isinstance(channel(kind), Speaks))]


def clean(kind: str, address: str) -> str:
    """What a person typed as the address of a kind, as it is stored. Raises ValueError with a sentence."""
    module = import_module(MEDIA[kind][0].rpartition(".")[0])
    cleaned: str = getattr(module, "clean", str.strip)(address)
    return cleaned
