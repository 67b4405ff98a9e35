"""The door for alerts: key, body, answer. It answers 2xx after the commit, and 503 when nothing was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import keys, rejected
from alerts.intake import Received, letter_of, receive
from alerts.keys import Found
from alerts.kinds import KINDS, reader_of
from alerts.models import Source
from alerts.payloads import IncomingAlert, Malformed, Mark, Oversize, Parsed, parse
from alerts.payloads.reading import inflate
from alerts.requests import read_body
from alerts.routing import Routing
from foundation.direct import refusal
from teams.account import client_address


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts: a live key of a source of the right kind, from an address."""

    found: Found
    address: str


def intake(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """`POST /api/in/{kind}[/{key}]`: 202 with how many alerts were read and which incidents they belong to."""
    if kind not in KINDS:
        return refusal(404, "not_found", _("There is no kind of alerts called %s.") % kind[:50])
    if request.method != "POST":
        response = refusal(405, "method_not_allowed", _("Alerts are posted here; nothing can be read."))
        response["Allow"] = "POST"
        return response
    at = timezone.now()
    sender = _sender(request, kind, keys.presented(request, key), at)
    if isinstance(sender, HttpResponse):
        return sender
    keys.used(sender.found.key, at=at)
    return _take(request, sender, at)


def _sender(request: HttpRequest, kind: str, secret: str, at: datetime) -> Sender | HttpResponse:
    """The sender, or why it is turned away; what it sent is never echoed."""
    address = client_address(request)
    found = keys.find(secret, at=at) if secret else None
    hint = keys.hint_of(secret)
    if found is None:
        rejected.unknown_key(kind=kind, hint=hint, sender=address, at=at)
        return refusal(401, "unauthorized", _("No source has this key.") if secret else _("A source's key is missing."))
    key, source = found.key, found.source
    if key.revoked_at or source.archived_at:
        gone = _("This key was revoked.") if key.revoked_at else _("The source of this key is no longer in use.")
        rejected.of_source(source, rejected.Reason.REVOKED_KEY, gone, at=at, hint=hint, sender=address)
        return refusal(410, "revoked", gone)
    if source.kind != kind:
        wrong = _("This key belongs to a source of the kind %(kind)s: post to /api/in/%(kind)s.") % {
            "kind": source.kind
        }
        rejected.of_source(source, rejected.Reason.WRONG_KIND, wrong, at=at, hint=hint, sender=address)
        return refusal(400, "wrong_kind", wrong)
    return Sender(found, address)


def _take(request: HttpRequest, sender: Sender, at: datetime) -> HttpResponse:
    source = sender.found.source
    content_type = request.headers.get("Content-Type", "")
    body = b""
    try:
        body = read_body(request)
        size = len(body)
        content = body = inflate(body, request.headers.get("Content-Encoding", ""))
        parsed = parse(reader_of(source.kind), body, content_type, source_slug=source.slug)
    except Oversize as error:
        content, size = error.head, int(request.META.get("CONTENT_LENGTH") or 0) or len(body) or len(error.head)
        parsed = _oversize(source, str(error))
    except Malformed as error:
        reason = rejected.Reason.MALFORMED
        rejected.of_source(source, reason, str(error), at=at, sender=sender.address, content=body)
        return refusal(400, "malformed", str(error))
    except OSError:
        return refusal(400, "malformed", _("The body ended too early."))
    if parsed.bad:
        sentence = " ".join(parsed.bad_reasons)
        rejected.of_source(source, rejected.Reason.MALFORMED, sentence, at=at, sender=sender.address, content=content)
    letter = letter_of(content, parsed, size=min(size, 2**31 - 1), content_type=content_type)
    return _accepted(receive(source, parsed, letter=letter, at=at, routing=_routing(sender.found, at)))


def _routing(found: Found, at: datetime) -> Routing:
    """The source's rules; what the key's look-up found to be empty is not asked again."""
    return Routing.of(found.source, at, routed=found.has_routes, silenced=found.has_silences)


def _oversize(source: Source, sentence: str) -> Parsed:
    """A body that nobody can read whole: its owner is paged, for it may be a storm."""
    alert = IncomingAlert(
        fingerprint="oversize",
        labels={},
        annotations={},
        starts_at=None,
        ends_at=None,
        resolved=False,
        title=_("Oversize body from %s") % source.slug,
        description=sentence,
        marks=(Mark.OVERSIZE,),
    )
    return Parsed(alerts=(alert,), marks=(Mark.OVERSIZE,))


def _accepted(received: Received) -> JsonResponse:
    return JsonResponse({"accepted": received.accepted, "incidents": received.incidents}, status=202)
