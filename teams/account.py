"""How allauth behaves here: people join by invitation, sign in by e-mail, and get their mail through Django."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from teams.models import Organisation, User

logger = logging.getLogger(__name__)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}  # the next page shows it anyway


class MailFailed(Exception):
    """The mail server did not take a mail; the message says what it answered."""


class Adapter(DefaultAccountAdapter):
    """allauth's doors, narrowed."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off. An administrator can switch it on again."),
        "email_password_mismatch": _("The e-mail or the password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, or ask an administrator for a link."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up alone."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `next` stays here: on the host of this request, or of SHARPEND_URL."""
        hosts = {urlsplit(settings.SHARPEND_URL).netloc, self.request.get_host()}
        return url_has_allowed_host_and_scheme(url, allowed_hosts=hosts, require_https=self.request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that rate limits count by: behind trusted proxies, the one that the last of them saw."""
        return client_address(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """An address below SHARPEND_URL, whatever Host the request named: the link goes out by mail."""
        return password_address(key)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """allauth's words after an act, but for those that only say what one sees."""
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, and say so when the mail server refuses, instead of a broken page."""
        message = self.render_mail(template_prefix, email, {"email": email, **context})
        try:
            hand_over(message)
        except MailFailed:
            words = _("The mail could not be sent. Ask an administrator for a sign-in link.")
            messages.error(self.request, str(words))


def hand_over(message: EmailMessage) -> None:
    """Give `message` to the mail server. Raises `MailFailed`."""
    try:
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("mail %r could not be sent: %s", message.subject, error)
        raise MailFailed(str(error)) from error


def password_address(key: str) -> str:
    """Where a person with this key sets a password."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return settings.SHARPEND_URL + path.replace("UID-KEY", key)


def send_invitation(user: User, *, by: User) -> None:
    """Mail `user` a link to set a password (3 days, once). Raises `MailFailed`."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    organisation = Organisation.the()
    context = {"user": user, "by": by, "organisation": organisation.name, "address": password_address(key)}
    hand_over(Adapter().render_mail("teams/email/invitation", user.email, context))


def client_address(request: HttpRequest) -> str:
    """The peer's address; behind trusted proxies, the right-most one in X-Forwarded-For that is not theirs."""
    chain = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR", "")]
    found = "0.0.0.0"  # noqa: S104  (a peer on a Unix socket has no address)
    for entry in reversed(chain):
        address = _address(entry)
        if address is None:
            break
        found = str(address)
        if not _is_trusted(address, settings.TRUSTED_PROXIES):
            break
    return found


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _is_trusted(address: IPv4Address | IPv6Address, networks: Sequence[Any]) -> bool:
    return any(address in network for network in networks)
