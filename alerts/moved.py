"""Addresses of Grafana OnCall and GoAlert: whoever moves keeps the senders and changes the host and the key only."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts import keys
from alerts.door import Refused, Unwrap, admit, take
from alerts.kinds import FALLBACK, KINDS, read_as
from alerts.models import Source
from alerts.payloads.goalert import fields_of
from alerts.views import only_posts, receive_as
from foundation.direct import refusal

ONCALL = {
    "alertmanager": "alertmanager",
    "alertmanagerV2": "alertmanager",
    "legacy_alertmanager": "alertmanager",
    "grafana": "grafana",
    "grafana_alerting": "grafana",
    "legacy_grafana_alerting": "grafana",
    "amazon_sns": "sns",
    "sentry_platform": "sentry",
    "stackdriver": "gcp_monitoring",
}
"""Types of integrations that have another name here; the rest is called alike, or sends OnCall's own words."""
GOALERT = {"generic": "goalert", "grafana": "grafana", "prometheusalertmanager": "alertmanager"}
NO_CONTENT = 204


def oncall(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """`POST /integrations/v1/{type}/{key}/`: 200 "Ok." after the commit."""
    if request.method != "POST":
        return only_posts()
    named = ONCALL.get(kind, kind)
    known = named in KINDS - {FALLBACK}
    kinds = {named, FALLBACK} if known else KINDS
    at = timezone.now()
    try:
        sender = admit(request, key, kinds=kinds, at=at)
        receive_as(request, sender, _reader(sender.source, named if known else "oncall"), at=at)
    except Refused as error:
        return refusal(error.status, error.code, error.sentence)
    return JsonResponse("Ok.", safe=False)


def goalert(request: HttpRequest, kind: str) -> HttpResponse:
    """`POST /api/v2/{type}/incoming?token=`: 204 after the commit, or what was made for whoever asks for JSON."""
    if kind not in GOALERT:
        return _said(404, _("There is no type of alerts called %s.") % kind[:50])
    if request.method != "POST":
        return only_posts()
    at, named = timezone.now(), GOALERT[kind]
    kinds = KINDS if named == "goalert" else {named, FALLBACK}
    try:
        sender = admit(request, _token(request), kinds=kinds, at=at)
        read = partial(read_as, _reader(sender.source, named), sender.source)
        received = take(request, sender, read, at=at, unwrap=_unwrap(named))
    except Refused as error:
        return _said(error.status, error.sentence)
    if request.headers.get("Accept") != "application/json":
        return HttpResponse(status=NO_CONTENT)
    number = next((int(one.removeprefix("INC-")) for one in received.incidents), 0)
    return JsonResponse({"AlertID": number, "ServiceID": sender.source.slug, "IsDuplicate": False})


def _reader(source: Source, named: str) -> str:
    """A source of a kind of its own is read as that; any other as the address says."""
    return named if source.kind == FALLBACK else source.kind


def _token(request: HttpRequest) -> str:
    """GoAlert's senders have it behind the question mark."""
    named = request.GET.get("token") or request.GET.get("integrationKey") or ""
    return keys.presented(request, named)


def _unwrap(named: str) -> Unwrap:
    return _with_address if named == "goalert" else lambda _request, body: body


def _with_address(request: HttpRequest, body: bytes) -> bytes:
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace").decode(errors="replace")
    return fields_of(query, body, request.headers.get("Content-Type", ""))


def _said(status: int, sentence: str) -> HttpResponse:
    """GoAlert's refusals are plain text."""
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
