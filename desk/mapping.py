"""Where the words of a source's sender stand, with what its last bodies would come to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alerts import setup
from alerts.kinds import reader_of
from alerts.models import Body, Source
from alerts.payloads import MAPPED, IncomingAlert, Malformed, Oversize, Parsed, parse
from alerts.payloads.presets import NAMES, written
from alerts.payloads.reading import read_value
from alerts.replay import replay, rules_of
from desk.answers import SeeOther
from desk.guard import person, require, who
from desk.mapping_form import MappingForm, fields_of
from desk.replay import seen_again
from teams.permissions import may_edit_team_config

BODIES = 3
LARGEST = 64 * 1024
"""Bytes of a body that is shown; larger ones are left out."""
PLACES = 60
ALERTS = 5


@dataclass(frozen=True)
class Seen:
    """A stored body, what stands in it where, and what it would come to; `refusal` instead of that."""

    body: Body
    places: list[tuple[str, str]]
    parsed: Parsed | None = None
    refusal: str = ""

    @property
    def said(self) -> list[tuple[IncomingAlert, str]]:
        """The first alerts with a word about each."""
        parsed = self.parsed or Parsed()
        found = [(one, _("ends") if one.resolved else _("fires")) for one in parsed.alerts]
        found += [(one, _("was acknowledged there")) for one in parsed.acks]
        return found[:ALERTS]


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the form, `?from=` begins with a preset; POST `act` = preview, look (the last 7 days), save or remove."""
    source = get_object_or_404(Source.objects.select_related("service__team"), slug=slug, archived_at=None)
    require(may_edit_team_config(who(request), source.service.team_id if source.service else None))
    if reader_of(source.kind) not in MAPPED:
        raise Http404(_("Sources of this kind need no mapping."))
    if request.method != "POST":
        return _show(request, source, MappingForm(initial=fields_of(_begin(request, source))))
    if source.from_file:
        return _show(request, source, MappingForm(initial=fields_of(_stored(source))), status=422)
    act = request.POST.get("act", "preview")
    if act == "remove":
        return _save(request, source, {}, _("The source has no mapping of its own any more."))
    form = MappingForm(request.POST)
    if not form.is_valid():
        return _show(request, source, form, status=422)
    if act == "save":
        return _save(request, source, form.cleaned_data["mapping"], _("Saved: bodies are read like this from now on."))
    return _show(request, source, form, replayed=act == "look")


def _save(request: HttpRequest, source: Source, said: dict[str, Any], word: str) -> HttpResponse:
    source.mapping = said
    setup.save_source(source, by=person(request), at=timezone.now())
    messages.success(request, word)
    return SeeOther(reverse("desk:source", args=[source.slug]))


def _show(
    request: HttpRequest, source: Source, form: MappingForm, *, replayed: bool = False, status: int = 200
) -> HttpResponse:
    tried = form.cleaned_data.get("mapping") if form.is_bound and form.is_valid() else None
    shown = _stored(source) if not form.is_bound else tried
    context = {
        "source": source,
        "form": form,
        "presets": list(presets()),
        "begun": request.GET.get("from", ""),
        "seen": [] if shown is None else [_seen(source, body, shown) for body in source.bodies.all()[:BODIES]],
        **(_foreseen(source, form.cleaned_data["mapping"]) if replayed else {}),
        "works": not form.is_bound or tried is not None,
    }
    live = request.headers.get("HX-Request") == "true" and request.POST.get("act", "preview") == "preview"
    return render(request, "desk/_mapping_seen.html" if live else "desk/mapping.html", context, status=status)


def _foreseen(source: Source, said: dict[str, Any]) -> dict[str, Any]:
    at, changed = timezone.now(), copy(source)
    changed.mapping = said
    return seen_again(replay(rules_of([source], {source.pk: changed}, None, at), at))


def _stored(source: Source) -> dict[str, Any]:
    """The source's mapping; of several, which only the file can say, the first."""
    said = source.mapping[:1] if isinstance(source.mapping, list) else [source.mapping]
    return dict(said[0]) if said and said[0] else {}


def _begin(request: HttpRequest, source: Source) -> dict[str, Any]:
    """What the form begins with: the preset that was asked for, else what is stored."""
    name, _sign, number = request.GET.get("from", "").partition(":")
    shapes = written(name) if name in NAMES else []
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0  # noqa: PLR2004
    return dict(shapes[place]) if place < len(shapes) else _stored(source)


def presets() -> Iterator[tuple[str, str]]:
    """What can be begun with: its name in the address, and what it is called."""
    for name in sorted(NAMES):
        for place, shape in enumerate(written(name)):
            part = f": {shape['name']}" if shape.get("name") else ""
            yield f"{name}:{place}", f"{name.replace('_', ' ').capitalize()}{part}"


def _seen(source: Source, body: Body, said: dict[str, Any]) -> Seen:
    content = bytes(body.content)
    if len(content) > LARGEST:
        return Seen(body, [], refusal=_("It is too large to be shown here."))
    try:
        places = list(_places(read_value(content, body.content_type).value))[:PLACES]
        kind = reader_of(source.kind)
        return Seen(body, places, parse(kind, content, body.content_type, source_name=str(source), mapping=said))
    except (Malformed, Oversize) as error:
        return Seen(body, [], refusal=str(error))


def _places(value: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Every plain value with its path, to copy."""
    if isinstance(value, dict) and value:
        for key, one in value.items():
            plain = key and not set(key) & set('.[]"= ') and not key.startswith("$")
            step = key if plain else f"[{json.dumps(key, ensure_ascii=False)}]"
            yield from _places(one, f"{at}.{step}" if at and plain else f"{at}{step}")
    elif isinstance(value, list) and value:
        for place, one in enumerate(value[:3]):
            yield from _places(one, f"{at}[{place}]")
    else:
        yield at, value if isinstance(value, str) else json.dumps(value)
