"""What every address for machines does alike: whose key it is, what was posted, and what is kept of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from django.http import HttpRequest
from django.utils.translation import gettext as _

from alerts import keys, rejected, watchdogs
from alerts.intake import Received, letter_of, receive
from alerts.keys import Found
from alerts.models import Body, Source
from alerts.payloads import IncomingAlert, Malformed, Mark, Oversize, Parsed
from alerts.payloads.reading import inflate
from alerts.requests import read_body
from alerts.routing import Routing
from alerts.rows import Letter
from alerts.signatures import BadSignature, check_signature
from teams.account import client_address

LARGEST = 2**31 - 1
Reader = Callable[[bytes, str], Parsed]
"""Body and content type to what it says; raises Malformed and Oversize, nothing else."""
Unwrap = Callable[[HttpRequest, bytes], bytes]
"""The body with what a protocol says beside it, in headers or in the address; that is what is read and kept."""


class Refused(Exception):  # noqa: N818 - what the sender is told; each protocol says it in its own shape
    """The request is turned away; it is listed under rejected deliveries already."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts: a live key of a source of the right kind, from an address."""

    found: Found
    address: str

    @property
    def source(self) -> Source:
        """Where the alerts come from."""
        return self.found.source


def admit(request: HttpRequest, secret: str, *, kinds: Collection[str], at: datetime) -> Sender:
    """The sender that shows `secret` at an address for sources of `kinds`; what it sent is never echoed.

    Raises Refused: 401 for no key or one that nobody has, 410 for one that was revoked, 400 for a source of another kind.
    """
    found = keys.find(secret, at=at) if secret else None
    return let_in(found, secret, address=client_address(request), kinds=kinds, at=at)


def let_in(found: Found | None, secret: str, *, address: str, kinds: Collection[str], at: datetime) -> Sender:
    """The sender at `address` whose `secret` is the key that was `found`. Raises Refused as `admit` does."""
    hint = keys.hint_of(secret)
    if found is None:
        rejected.unknown_key(kind=min(kinds), hint=hint, sender=address, at=at)
        raise Refused(401, "unauthorized", _("No source has this key.") if secret else _("A source's key is missing."))
    key, source = found.key, found.source
    if key.revoked_at or source.archived_at:
        gone = _("This key was revoked.") if key.revoked_at else _("The source of this key is no longer in use.")
        rejected.of_source(source, rejected.Reason.REVOKED_KEY, gone, at=at, hint=hint, sender=address)
        raise Refused(410, "revoked", gone)
    if source.kind not in kinds:
        wrong = _("This key belongs to a source of the kind %(kind)s: post to /api/in/%(kind)s.") % {
            "kind": source.kind
        }
        rejected.of_source(source, rejected.Reason.WRONG_KIND, wrong, at=at, hint=hint, sender=address)
        raise Refused(400, "wrong_kind", wrong)
    keys.used(key, at=at)
    return Sender(found, address)


def take(
    request: HttpRequest,
    sender: Sender,
    read: Reader,
    *,
    at: datetime,
    posted: bytes | None = None,
    digest: str = "",
    unwrap: Unwrap = lambda _request, body: body,
) -> Received:
    """Read what was posted and take it in; returns after the commit.

    `posted` is the body where the address had to read it to find the key. `digest` stands for the body's own where the
    protocol names its requests. What counts once (`Parsed.once`) and came before decides nothing.

    Raises Refused: 400 for what cannot be read, 401 for a wrong signature where the source has a secret; and
    `django.db.Error` when nothing was kept. What is too large to be read
    whole is taken in as an alert of its own.
    """
    body = b""
    try:
        body = read_body(request) if posted is None else posted
        size = len(body)
        verify(request, sender, body, at=at)
        content = body = unwrap(request, inflate(body, request.headers.get("Content-Encoding", "")))
        parsed, read_ms = _timed(read, body, request.headers.get("Content-Type", ""))
    except Oversize as error:
        content, size = error.head, int(request.META.get("CONTENT_LENGTH") or 0) or len(body) or len(error.head)
        parsed, read_ms = oversize(sender.source, str(error)), 0.0
    except Malformed as error:
        malformed(sender, str(error), at=at, content=body)
        raise Refused(400, "malformed", str(error)) from None
    except OSError:
        raise Refused(400, "malformed", _("The body ended too early.")) from None
    if parsed.bad:
        malformed(sender, " ".join(parsed.bad_reasons), at=at, content=content)
    content_type = request.headers.get("Content-Type", "")
    letter = letter_of(content, parsed, size=min(size, LARGEST), content_type=content_type)
    letter = replace(letter, digest=digest or parsed.once or letter.digest, read_ms=read_ms)
    return taken(sender, _once(sender.source, parsed), letter, at=at)


def _once(source: Source, parsed: Parsed) -> Parsed:
    """What is left to decide: nothing of what counts once and came before."""
    if not parsed.once or not Body.objects.filter(source=source, digest=parsed.once).exists():
        return parsed
    return replace(parsed, alerts=(), acks=(), marks=(*parsed.marks, Mark.REPLAYED))


def taken(sender: Sender, parsed: Parsed, letter: Letter, *, at: datetime) -> Received:
    """Take in what was read: the pings of a watchdog to its heartbeat, the rest as alerts. Raises `django.db.Error`."""
    rest = parsed
    if sender.found.has_watchdogs:
        rest = watchdogs.heard(sender.source, parsed, at=at, sender=sender.address)
    received = receive(sender.source, rest, letter=letter, at=at, routing=routing_of(sender, at))
    return replace(received, accepted=received.accepted + len(parsed.alerts) - len(rest.alerts))


def _timed(read: Reader, body: bytes, content_type: str) -> tuple[Parsed, float]:
    """What was read, and in how many ms. Raises as `read` does."""
    begun = perf_counter()
    parsed = read(body, content_type)
    return parsed, round((perf_counter() - begun) * 1000, 1)


def verify(request: HttpRequest, sender: Sender, body: bytes, *, at: datetime) -> None:
    """Make sure that the raw `body` is signed, where the source has a secret. Raises Refused (401)."""
    secret = sender.source.signing_secret
    if not secret:
        return
    try:
        check_signature(secret, request.headers, body, at=at)
    except BadSignature as error:
        reason, sentence = rejected.Reason.SIGNATURE, str(error)
        rejected.of_source(sender.source, reason, sentence, at=at, sender=sender.address, content=body)
        raise Refused(401, "signature", sentence) from None


def malformed(sender: Sender, sentence: str, *, at: datetime, content: bytes = b"") -> None:
    """Note that a delivery of this sender, or a part of it, cannot be read."""
    reason = rejected.Reason.MALFORMED
    rejected.of_source(sender.source, reason, sentence, at=at, sender=sender.address, content=content)


def routing_of(sender: Sender, at: datetime) -> Routing:
    """The source's rules; what the key's look-up found to be empty is not asked again."""
    found = sender.found
    return Routing.of(found.source, at, routed=found.has_routes, silenced=found.has_silences)


def oversize(source: Source, sentence: str) -> Parsed:
    """A body that nobody can read whole: its owner is paged, for it may be a storm."""
    alert = IncomingAlert(
        fingerprint="oversize",
        labels={},
        annotations={},
        starts_at=None,
        ends_at=None,
        resolved=False,
        title=_("Oversize body from %s") % source,
        description=sentence,
        marks=(Mark.OVERSIZE,),
    )
    return Parsed(alerts=(alert,), marks=(Mark.OVERSIZE,))
