"""Alerts by mail that a provider takes in and posts to us: `POST /api/in/mail/{provider}`.

Whether it is the provider, and what the mail says, is django-anymail's to tell; which source it is for says the recipient
of the envelope, never a header. Providers that post only a notice, and want to be asked for the mail, are not here: intake
asks nobody.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import Message
from io import BytesIO
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import rejected
from alerts.door import Refused
from alerts.mail_door import KIND, take_mail
from alerts.payloads import Oversize
from alerts.requests import read_body
from alerts.views import only_posts
from foundation.direct import refusal
from teams.account import client_address

logger = logging.getLogger(__name__)
BROKEN: tuple[type[Exception], ...] = (MessageError, MultiPartParserError, SuspiciousOperation, ValueError, LookupError)
BROKEN += (TypeError, AttributeError, RecursionError, AssertionError)
"""What reading raises for a body that is not what the provider documents."""
INBOUND = "inbound"
"""The library's word for a mail that came in; the others are news about mail that went out."""
BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
MOST_BOUNDARIES = 50
"""Each line of a mail is looked at once for each level of parts that lies around it."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose posts are read how; `proof` is the name of the secret, and `no_more` the answer after which it does not try again."""

    view: type[AnymailCoreWebhookView]
    proof: str
    no_more: int


class SendGrid(SendGridInboundWebhookView):  # type: ignore[misc]
    """Without its warning that the library's authors try it no more: our tests do."""

    def __init__(self, **kwargs: str) -> None:
        super(SendGridInboundWebhookView, self).__init__(**kwargs)


PROVIDERS = {
    # 406 is Mailgun's own word for it, 403 Postmark's; SendGrid and Postal drop for any 4xx; the others retry unless it is 200.
    "mailgun": Provider(MailgunInboundWebhookView, "webhook_signing_key", 406),
    "postmark": Provider(PostmarkInboundWebhookView, "webhook_secret", 403),
    "sendgrid": Provider(SendGrid, "webhook_secret", 422),
    "postal": Provider(PostalInboundWebhookView, "webhook_key", 422),
    "mandrill": Provider(MandrillCombinedWebhookView, "webhook_key", 200),
    "mailjet": Provider(MailjetInboundWebhookView, "webhook_secret", 200),
    "sparkpost": Provider(SparkPostInboundWebhookView, "webhook_secret", 200),
    "mailersend": Provider(MailerSendInboundWebhookView, "inbound_secret", 200),
}


def posted(request: HttpRequest, provider: str) -> HttpResponse:
    """`POST /api/in/mail/{provider}`: 200 after the commit, 503 when nothing was kept, and what ends the matter for good."""
    if request.method not in ("POST", "HEAD"):
        return only_posts()
    secret = settings.MAIL_PROVIDERS.get(provider)
    if secret is None:
        return refusal(404, "not_found", _("No provider of mail of this name is set up here (MAIL_PROVIDERS)."))
    if request.method == "HEAD":  # so some of them try an address
        return HttpResponse()
    found, at = PROVIDERS[provider], timezone.now()
    try:
        mails = _read(request, found, secret)
    except AnymailWebhookValidationFailure:
        # They try again for some hours: time to mend a wrong secret without losing a mail.
        sentence = _("This does not prove that it comes from %s: is its secret right in MAIL_PROVIDERS?") % provider
        _note(request, rejected.Reason.SIGNATURE, sentence, at)
        return refusal(401, "signature", sentence)
    except Refused as error:
        _note(request, rejected.Reason.MALFORMED, error.sentence, at)
        return refusal(found.no_more, error.code, error.sentence)
    return _answer(mails, client_address(request), found, at)


def _answer(mails: list[tuple[str, Message]], sender: str, provider: Provider, at: datetime) -> HttpResponse:
    """Take in each mail for each of its recipients; a refusal is the answer when there was nothing else."""
    accepted, refusals = [], []
    for address, mail in mails:
        try:
            accepted.append(take_mail(address, sender, mail, at).accepted)
        except Refused as error:
            refusals.append(error)
    if refusals and not accepted:
        return refusal(provider.no_more, refusals[0].code, refusals[0].sentence)
    return JsonResponse({"accepted": sum(accepted)})


def _read(request: HttpRequest, provider: Provider, secret: str) -> list[tuple[str, Message]]:
    """Recipient and mail, as often as there are any. Raises Refused, and AnymailWebhookValidationFailure for a stranger's."""
    whole = _whole(request)
    try:
        view = _proved(whole, provider, secret)
        try:
            events = view.parse_events(whole)
        except UnicodeDecodeError:
            events = view.parse_events(_in_utf8(whole))
        return [(to, one.message) for one in events if one.event_type == INBOUND for to in _recipients(one)]
    except AnymailConfigurationError:
        raise Refused(400, "malformed", _("This is news about mail, and no mail that came in.")) from None
    except AnymailWebhookValidationFailure:
        raise
    except BROKEN:
        logger.info("a provider's post of a mail cannot be read", exc_info=True)
        raise Refused(400, "malformed", _("This is no mail as the provider posts it.")) from None
    finally:
        whole.close()


def _whole(request: HttpRequest) -> WSGIRequest:
    """The request with all of its body, which our own limit let in. Raises Refused."""
    try:
        body = read_body(request)
    except Oversize as error:
        raise Refused(413, "too_large", str(error)) from None
    except OSError:
        raise Refused(400, "malformed", _("The body ended too early.")) from None
    if len(BOUNDARY.findall(body)) > MOST_BOUNDARIES:
        raise Refused(400, "malformed", _("The mail has too many parts within parts."))
    return _with(request, body)


def _with(request: HttpRequest, body: bytes) -> WSGIRequest:
    return WSGIRequest({**request.META, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _in_utf8(request: WSGIRequest) -> WSGIRequest:
    """The same post with its mails in UTF-8: SparkPost and Postal wrap whatever came, and the library takes it for UTF-8."""
    said = json.loads(request.body)
    for one in said if isinstance(said, list) else [said]:
        held = one["msys"].get("relay_message", {}).get("content", {}) if "msys" in one else one
        name, wrapped = ("email_rfc822", "email_rfc822_is_base64") if "msys" in one else ("message", "base64")
        if held.get(wrapped) is True:
            mail = b64decode(held[name])
            held[wrapped] = False
            try:
                held[name] = mail.decode()
            except UnicodeDecodeError:  # each byte as a letter: a few are odd then, and no mail is lost
                held[name] = mail.decode("latin-1")
    return _with(request, json.dumps(said).encode())


def _proved(request: WSGIRequest, provider: Provider, secret: str) -> AnymailCoreWebhookView:
    """Who can read it. Raises AnymailWebhookValidationFailure unless it is the provider's, also for a secret that is none."""
    more = {"webhook_url": settings.SHARPEND_URL + request.path} if provider.view is MandrillCombinedWebhookView else {}
    try:
        view = provider.view(**{provider.proof: secret}, **more)
        view.run_validators(request)
    except BROKEN as error:
        raise AnymailWebhookValidationFailure(str(error)) from error
    return view


def _recipients(event: Any) -> list[str]:
    """Whom the envelope names; two providers post a mail once for several. Raises LookupError and the like."""
    said = event.esp_event
    if isinstance(said, HttpRequest) and "envelope" in said.POST:
        return [str(one) for one in json.loads(said.POST["envelope"])["to"]]
    if event.message.envelope_recipient is None:
        raise LookupError("no recipient")
    if isinstance(said, dict) and "recipients" in said.get("data", {}):
        return [str(one["email"]) for one in said["data"]["recipients"]["rcptTo"]]
    return [one.strip() for one in event.message.envelope_recipient.split(",")]


def _note(request: HttpRequest, reason: str, sentence: str, at: datetime) -> None:
    rejected.of_nobody(reason, sentence, kind=KIND, sender=client_address(request), at=at)
