"""The addresses of heartbeats, as Healthchecks and Opsgenie have them.

These are the ones where GET writes: both protocols want it so, and every cron line with curl in it does it.
"""

from __future__ import annotations

import time
from datetime import datetime
from http import HTTPStatus
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import heartbeats, keys, rejected
from alerts.beats import Word
from alerts.door import Refused, Sender, admit
from alerts.heartbeat_models import Heartbeat, PingKey
from alerts.heartbeats import CONTENT_KEPT, KIND, Said
from alerts.requests import read_head
from teams.account import client_address

METHODS = ("GET", "HEAD", "POST")
MOST_EXIT = 255


def ping(request: HttpRequest, key: str, word: str = "", slug: str = "") -> HttpResponse:
    """`/ping/{key}[/start|/fail|/log|/{exit}]`: `OK`, whoever asks and whatever was posted.

    With `slug` the key is that of a source for heartbeats, and the slug says which one, as in Healthchecks.
    """
    if request.method not in METHODS:
        return _text(request, _("method not allowed"), 405)
    at = timezone.now()
    try:
        said = _said(request, word)
    except ValueError as error:
        return _text(request, str(error), 400)
    try:
        sender = admit(request, key, kinds=(KIND,), at=at) if slug else None
    except Refused as error:
        return _gone(request) if error.status == HTTPStatus.GONE else _text(request, _("not found"), 404)
    with transaction.atomic():
        found, key_id = (_of_source(sender.source.pk, slug), 0) if sender else _by_key(key)
        if found is None:
            _note(request, sender, key, slug, at)
            return _text(request, _("not found"), 404)
        if found.archived_at or key_id is None:
            return _gone(request)
        heartbeats.ping(found, said, at=at, key=key_id)
    return _text(request, "OK", 200)


def opsgenie_ping(request: HttpRequest, name: str = "") -> HttpResponse:
    """`/v2/heartbeats/{name}/ping` (or `?name=`) with the GenieKey of a source: 202, as Opsgenie answers."""
    began = time.monotonic()

    def answer(status: int, **words: str) -> JsonResponse:
        took = round(time.monotonic() - began, 3)
        return JsonResponse({**words, "took": took, "requestId": str(uuid4())}, status=status)

    if request.method not in METHODS:
        return answer(405, message=_("Method not allowed"))
    at = timezone.now()
    try:
        sender = admit(request, _genie_key(request), kinds=("opsgenie", KIND), at=at)
    except Refused as error:
        return answer(error.status, message=error.sentence)
    with transaction.atomic():
        found = _of_source(sender.source.pk, name or request.GET.get("name", ""))
        if found is None:
            return answer(404, message=_("This source has no heartbeat of this name."))
        heartbeats.ping(found, Said(Word.SUCCESS, sender=sender.address), at=at)
    return answer(202, result="PONG - Heartbeat received")


def _by_key(key: str) -> tuple[Heartbeat | None, int | None]:
    """The heartbeat of a key of its own, held, and the key's id: None for one that was revoked."""
    rows = PingKey.objects.select_related("heartbeat").select_for_update(of=("heartbeat",), no_key=True)
    found = rows.filter(key_hash=keys.key_hash(key)).first()
    return (found.heartbeat, None if found.revoked_at else found.pk) if found else (None, None)


def _note(request: HttpRequest, sender: Sender | None, key: str, slug: str, at: datetime) -> None:
    """List a ping that is for no heartbeat."""
    if sender is None:
        rejected.unknown_key(kind=KIND, hint=keys.hint_of(key), sender=client_address(request), at=at)
        return
    sentence = _("No heartbeat of this source is called %s.") % slug
    rejected.of_source(sender.source, rejected.Reason.MALFORMED, sentence, at=at, sender=sender.address)


def _of_source(source_id: int, name: str) -> Heartbeat | None:
    rows = Heartbeat.objects.select_for_update(no_key=True).filter(source=source_id, archived_at=None)
    clean = name.replace("\x00", "")
    return rows.filter(slug=clean).first() or rows.filter(name=clean).first()


def _genie_key(request: HttpRequest) -> str:
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "geniekey" else keys.presented(request)


def _said(request: HttpRequest, word: str) -> Said:
    """What the address and the body say. Raises ValueError with Healthchecks' own words."""
    exit_code = int(word) if word.isdigit() else None
    if exit_code is not None and exit_code > MOST_EXIT:
        raise ValueError("invalid url format")
    rid = None
    if text := request.GET.get("rid", ""):
        try:
            rid = UUID(text)
        except ValueError:
            raise ValueError("invalid uuid format") from None
    try:
        body, size = read_head(request, CONTENT_KEPT)
    except OSError:  # the sender is gone in the middle of its words; that it spoke counts
        body, size = b"", 0
    given = Word.FAIL if exit_code else Word(word) if word and exit_code is None else Word.SUCCESS
    return Said(given, exit_code, rid, client_address(request), body, size)


def _gone(request: HttpRequest) -> HttpResponse:
    return _text(request, _("gone: this key was revoked, or nobody waits for this heartbeat any more"), 410)


def _text(request: HttpRequest, words: str, status: int) -> HttpResponse:
    response = HttpResponse("" if request.method == "HEAD" else words, status=status, content_type="text/plain")
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    response["Ping-Body-Limit"] = str(CONTENT_KEPT)
    if status == 405:  # noqa: PLR2004
        response["Allow"] = ", ".join(METHODS)
    return response
