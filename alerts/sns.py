"""Amazon SNS: what is checked while it posts, and what is asked of Amazon afterwards, outside the request.

A message is taken in with a mark when its certificate is not known yet, for Amazon may be out of reach; the certificate
is then fetched, and from the next message on a wrong signature is refused. Once one was found right, the source takes signed
ones only: without a signature is 401, and a certificate that is new is 503 while it is fetched, for Amazon comes again. Amazon
tries for an hour at most, so an older message is a copy, and so is one with an id that came before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from alerts import rejected
from alerts.door import Reader, Refused, Sender, Unwrap
from alerts.models import AmazonCall, Source
from alerts.payloads import Malformed, Mark, Parsed
from alerts.payloads.instants import read_instant
from alerts.payloads.reading import read_json
from alerts.payloads.sns_signature import certificate_url, confirmation_url, is_signed
from alerts.replays import name_of
from foundation.dispatch.registry import Key
from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import Answer, call
from teams.models import Notice

NO_SUCH = (403, 404)
LEASE = timedelta(minutes=1)
MOST_TRIES = 8
MOST_OF_A_SOURCE = 20
"""Addresses that one source may have asked: Amazon's certificates of a few years, and its subscriptions."""
WRONG = "The signature of this message is not Amazon's."
UNSIGNED = (
    "This source takes messages with Amazon's signature only, because it has had some: make another for unsigned ones."
)
OLD = "Amazon signed this message more than an hour ago: it was sent before."
WAIT = "Amazon's certificate of this message is being fetched: send it again."
WAITED_FOR = 3
"""So often a new certificate is asked for before messages are taken in without: Amazon may be out of reach."""
TRIED_FOR = timedelta(minutes=65)
"""Amazon gives up after 3,600 seconds in all ("Message delivery retries" in its guide); and five minutes for the clocks."""


def checked(sender: Sender, read: Reader, *, at: datetime) -> tuple[Unwrap, Reader]:
    """How a body of SNS is unwrapped and read: refused with a wrong signature, marked with an unknown one."""
    marks: list[str] = []
    once: list[str] = []

    def unwrap(_request: HttpRequest, body: bytes) -> bytes:
        envelope = _envelope(body)
        if envelope is None:
            _must_be_signed(sender, body, at=at)
        elif _verified(envelope, sender, body, at=at):
            once.append(name_of("sns", str(envelope.get("MessageId")).encode(errors="replace")))
        else:
            marks.append(Mark.NOT_VERIFIED)
        return body

    def marked(body: bytes, content_type: str) -> Parsed:
        parsed = read(body, content_type)
        return replace(parsed, marks=(*parsed.marks, *marks), once="".join(once))

    return unwrap, marked


def _envelope(body: bytes) -> dict[str, Any] | None:
    """The message around the message; None for a raw one."""
    try:
        found = read_json(body.decode(errors="replace").replace("\x00", ""), {})
    except (ValueError, Malformed):
        return None
    return found if isinstance(found, dict) and {"Type", "TopicArn"} <= found.keys() else None


def _verified(envelope: dict[str, Any], sender: Sender, body: bytes, *, at: datetime) -> bool:
    """Whether Amazon signed it; False while nobody can tell, or without a signature where none ever came. Raises Refused."""
    verified = False
    if envelope.get("Signature"):
        verified = _signature_fits(envelope, sender, body, at=at)
    else:
        _must_be_signed(sender, body, at=at)
    kind = envelope.get("Type")
    if kind == "SubscriptionConfirmation" and (url := confirmation_url(envelope)):
        _ask_later(url, sender, at=at, confirms=True)
    elif kind == "UnsubscribeConfirmation" and verified:
        _tell_of_the_end(envelope, sender.source, at=at)
    return verified


def _signature_fits(envelope: dict[str, Any], sender: Sender, body: bytes, *, at: datetime) -> bool:
    """False while its certificate is not known. Raises Refused: 401 for a wrong one, 503 to be sent again."""
    url = certificate_url(envelope)
    call = AmazonCall.objects.filter(url=url).first() if url else None
    if not url or (call and call.answer and not is_signed(envelope, call.answer)):
        _refuse(WRONG, sender, body, at=at)
    if not (call and call.answer):
        _ask_later(url, sender, at=at, confirms=False)
        if sender.source.signed_since and (call is None or call.tries < WAITED_FOR):
            raise Refused(503, "unavailable", WAIT)
        return False
    said_at, _mark = read_instant(envelope.get("Timestamp"))
    if said_at and said_at < at - TRIED_FOR:
        _refuse(OLD, sender, body, at=at)
    if sender.source.signed_since is None:
        Source.objects.filter(pk=sender.source.pk, signed_since=None).update(signed_since=at)
    return True


def _must_be_signed(sender: Sender, body: bytes, *, at: datetime) -> None:
    """Raises Refused (401) once this source has had a message with Amazon's signature."""
    if sender.source.signed_since:
        _refuse(UNSIGNED, sender, body, at=at)


def _refuse(sentence: str, sender: Sender, body: bytes, *, at: datetime) -> None:
    rejected.of_source(sender.source, rejected.Reason.SIGNATURE, sentence, at=at, sender=sender.address, content=body)
    raise Refused(401, "signature", sentence)


def _tell_of_the_end(envelope: dict[str, Any], source: Source, *, at: datetime) -> None:
    """To the owners, once an hour."""
    subject = (_("Amazon SNS posts no more to %s") % source)[:300]
    path = f"/services/sources/{source.slug}/"
    if Notice.objects.filter(subject=subject, path=path, created_at__gt=at - rejected.TOLD_EVERY).exists():
        return
    topic = str(envelope.get("TopicArn"))[:300]
    rejected.tell_owners(source, subject, _("The subscription of %s has ended.") % topic, at=at)


def _ask_later(url: str, sender: Sender, *, at: datetime, confirms: bool) -> None:
    """Ask once more what was given up, too: it is news that somebody needs it."""
    given_up = AmazonCall.objects.filter(url=url, answer="", due_at=None)
    if (
        given_up.update(due_at=at, tries=0)
        or AmazonCall.objects.filter(source=sender.source).count() >= MOST_OF_A_SOURCE
    ):
        return
    row = AmazonCall(url=url, source=sender.source, confirms=confirms, due_at=at)
    AmazonCall.objects.bulk_create([row], ignore_conflicts=True)


def due(at: datetime, limit: int) -> list[Key]:
    """What Amazon is to be asked now."""
    rows = AmazonCall.objects.filter(due_at__lte=at).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def run(key: Key, at: datetime, ask: Callable[..., Answer] = call) -> bool:
    """Claim one question by moving its time, then ask without any lock. Later again when there is no answer."""
    with transaction.atomic():
        row = (
            AmazonCall.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key, due_at__lte=at).first()
        )
        if row is None:
            return False
        row.tries += 1
        row.due_at = at + LEASE * 2**row.tries if row.tries < MOST_TRIES else None
        row.save(update_fields=["tries", "due_at"])
    try:
        answer = ask("GET", row.url)
        said = "" if answer.ok else _("It answered %d.") % answer.status
    except (NotReached, AddressRefused) as error:
        answer, said = None, str(error)
    if answer is not None and answer.status in NO_SUCH and not row.confirms:
        AmazonCall.objects.filter(pk=row.pk).update(answer=said)  # no certificate, so nothing is signed by it
    if answer is not None and answer.ok:
        text = "confirmed" if row.confirms else answer.body.decode("ascii", "replace").replace("\x00", "")
        AmazonCall.objects.filter(pk=row.pk).update(answer=text, due_at=None)
    elif row.due_at is None:
        what = _("A subscription of Amazon SNS to %s could not be confirmed") if row.confirms else ""
        subject = (what or _("The certificate of Amazon SNS for %s cannot be fetched")) % row.source
        rejected.tell_owners(row.source, subject[:300], said, at=at)
    return True
