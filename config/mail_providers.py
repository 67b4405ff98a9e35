"""Providers that take in mail and post it to us, as `MAIL_PROVIDERS` names them (stdlib only)."""

from __future__ import annotations

from config.environment import BadSetting

_PAIR = "user:password"
MAIL_PROVIDERS = {
    "mailgun": "",
    "mailersend": "",
    "mandrill": "",
    "postal": "",
    "mailjet": _PAIR,
    "postmark": _PAIR,
    "sendgrid": _PAIR,
    "sparkpost": _PAIR,
}
"""Providers whose posts of mail are read: those who sign, and those who show a user and a password."""


def mail_providers(text: str) -> dict[str, str]:
    """Provider -> what proves that it is it, of `provider=secret provider=...`. Raises `BadSetting`; its words hold no secret."""
    found: dict[str, str] = {}
    for number, part in enumerate(text.split(), 1):
        name, _sign, secret = part.partition("=")
        if name not in MAIL_PROVIDERS:
            known = ", ".join(sorted(MAIL_PROVIDERS))
            raise BadSetting(f"MAIL_PROVIDERS: entry {number} is none of {known}. It looks like mailgun=signing-key.")
        if not secret or (MAIL_PROVIDERS[name] and ":" not in secret):
            raise BadSetting(f"MAIL_PROVIDERS: {name} needs {MAIL_PROVIDERS[name] or 'its key'}, as in {name}=...")
        found[name] = secret
    return found
