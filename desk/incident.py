"""One incident, one address: everything that a person at the sharp end needs, drawn once and polled cheaply."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from alerts.quieted import silence_of
from desk.forecast import next_page
from desk.guard import find_incident, person, row_number, visible, who
from desk.incident_alerts import alerts_of, playbooks_of, still_firing, unheard_of
from desk.incident_people import called, roles_of
from desk.learning import learning_of
from desk.public_updates import told
from desk.story import FILTERS, quiet_by, read_story
from incidents.changes import Change
from incidents.models import Incident, RoleTenure, State
from paging.answers import gave
from paging.incident_channels import IncidentChannel
from paging.methods import ringing
from paging.models import Page
from paging.verdicts import verdict_asked
from teams.models import Role, Severity, User
from teams.permissions import Standing, may_act_on_incident, may_change_state, may_silence

LIVE_RELATED = ("service__team", "held_by", "acked_by", "merged_into", "recurrence_of", "slack_channel")
PAGES = 50
CHANGES = 10


@require_safe
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """The page of one incident; 404 when it is not there or not theirs. One that was merged leads to where it went on.

    With `own` in the query it shows itself: its people, pages and story stayed with it.
    """
    found = find_incident(person(request), number, related=LIVE_RELATED)
    if found.merged_into and "own" not in request.GET and found.merged_into_id in _kin(person(request), found):
        return redirect(found.merged_into.path)
    return render_incident(request, found)


@require_safe
def live(request: HttpRequest, number: str) -> HttpResponse:
    """The part of the page that changes. Nothing changed: 304 after two queries beside the session's."""
    found = find_incident(person(request), number, related=LIVE_RELATED)
    etag = _etag(request, found)
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    response = render_incident(request, found, part=True)
    response.headers["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _etag(request: HttpRequest, incident: Incident) -> str:
    """Names what the viewer would see: the incident's version, what became of its pages, the viewer and the question."""
    user = person(request)
    pages = Page.objects.filter(incident=incident).aggregate(
        Max("pk"),
        seen=Count("seen_at", distinct=True),
        acked=Count("acked_at", distinct=True),
        sent=Count("deliveries", filter=Q(deliveries__state__in=["sent", "delivered", "read"])),
        failed=Count("deliveries", filter=Q(deliveries__state__in=["failed", "unknown", "cancelled"])),
        confirmed=Count("deliveries", filter=Q(deliveries__state__in=["delivered", "read"])),
        read=Count("deliveries", filter=Q(deliveries__state="read")),
        waiting=Count("deliveries", filter=Q(deliveries__state="queued")),
    )
    viewer = (user.pk, user.role, user.timezone, request.GET.urlencode())
    facts = (incident.pk, incident.version, *pages.values(), *viewer, *_channel(incident).values())
    return f'"{sha256(repr(facts).encode()).hexdigest()[:32]}"'


def _channel(incident: Incident) -> dict[str, str]:
    """Where its channel in Slack opens, and what it is called; empty while there is none."""
    found: IncidentChannel | None = getattr(incident, "slack_channel", None)
    return {"url": found.url, "name": found.name} if found and found.channel else {}


def render_incident(
    request: HttpRequest,
    incident: Incident,
    *,
    part: bool = False,
    said: str = "",
    tone: str = "good",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or only the part that changes; `refused` is the sentence of a refusal, shown above what is true now."""
    at = timezone.now()
    context = _context(request, incident, at) | {"said": said, "tone": tone, "refused": refused}
    context["told"] = told(request, incident, may_write=context["can"]["note"], refused=status >= 400)  # noqa: PLR2004
    return render(request, "desk/_incident_live.html" if part else "desk/incident.html", context, status=status)


def _context(request: HttpRequest, incident: Incident, at: datetime) -> dict[str, Any]:
    user = person(request)
    tenures = list(incident.tenures.filter(end=None).select_related("person"))
    pages = list(incident.pages.select_related("person").prefetch_related("deliveries").order_by("-pk")[:PAGES])
    chosen = request.GET.get("story", "all")
    story = read_story(incident, chosen, row_number(request.GET.get("before", "")))
    can = _can(who(request), incident, {tenure.role for tenure in tenures if tenure.person_id == user.pk})
    return {
        "at": at,
        "incident": incident,
        "live_url": _address("desk:live", incident, request.GET.dict()),
        "mine": incident.held_by_id == user.pk,
        "mine_in_part": user.email in incident.acked_in_part,
        "gave": gave(incident),
        "channel": _channel(incident),
        "merged": list(visible(user).filter(merged_into=incident)),
        "kin": _kin(user, incident),
        "can": can,
        "why_you": next((page.because for page in pages if page.person_id == user.pk), ""),
        **_paging(incident, at),
        "loss": "",
        **_alerts(incident, at),
        "roles": roles_of(tenures),
        "called": called(pages),
        "changes": list(
            Change.objects.around(incident.service, incident.detected_at)
            .select_related("by")
            .defer("details")[:CHANGES]
        ),
        "impacts": list(incident.impacts.select_related("service")),
        "story": story.lines,
        "people": story.people,
        "story_filter": chosen if chosen in FILTERS else "all",
        "story_next": f"?{urlencode({'story': chosen, 'before': story.older})}#h-story" if story.older else None,
        "colleagues": colleagues(user) if can["role"] else [],
        "learning": learning_of(incident, at),
        "verdict": verdict_asked(incident, user) if can["note"] else "",
        "all_roles": RoleTenure.Role.choices,
        "classes": Severity.choices,
    }


def _alerts(incident: Incident, at: datetime) -> dict[str, Any]:
    """Its alerts, how many there are and fire, which flap or are doubted, and whether any can be silenced there."""
    alerts = alerts_of(incident, at)
    return {
        "playbooks": playbooks_of(incident, alerts),
        "alerts": alerts,
        "flapping": [alert for alert in alerts if alert.changes] if incident.is_open else [],
        "unheard": unheard_of(alerts) if incident.is_open else [],
        "silences_there": any(alert.can_silence for alert in alerts),
        "alerts_count": max(len(alerts), incident.episodes.values("alert").distinct().count()),
        "firing": still_firing(incident),
    }


def _paging(incident: Incident, at: datetime) -> dict[str, Any]:
    """Who is paged next and whether that is late; whether it rests (held, or quiet by whom)."""
    coming = next_page(incident) if incident.is_open and not incident.is_held else None
    quiet = incident.silenced_until is not None and incident.silenced_until > at
    held = incident.waits_until is not None and incident.waits_until > at
    return {
        "next_page": coming,
        "late": coming is not None and coming.is_late(at),
        "resting": not incident.is_held and (quiet or held),
        **(_quiet(incident) if quiet else {}),
    }


def _quiet(incident: Incident) -> dict[str, Any]:
    """The silence that keeps it quiet, and by whom; or the person who asked for it."""
    silence = silence_of(incident)
    return {"quiet_silence": silence, "quiet_by": silence.by if silence else quiet_by(incident)}


def _kin(user: User, incident: Incident) -> set[int]:
    """Of the incidents that this one was merged into or repeats, those that `user` may see: a link tells the title."""
    ids = {pk for pk in (incident.merged_into_id, incident.recurrence_of_id) if pk}
    return set(visible(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _can(standing: Standing, incident: Incident, roles: set[str]) -> dict[str, bool]:
    """What permissions and state allow this person now: only such buttons are drawn."""
    acts, moves, is_open = may_act_on_incident(standing, roles), may_change_state(standing, roles), incident.is_open
    teams = [incident.service.team_id] if incident.service else []
    return {
        "acknowledge": moves and is_open,
        "unacknowledge": moves and is_open and (incident.is_held or bool(incident.acks)),
        "quiet": moves and is_open,
        "silence": moves and is_open and may_silence(standing, teams),
        "escalate": moves and is_open,
        "handover": moves and is_open,
        "pull_in": acts and is_open,
        "note": acts,
        "role": acts,
        "edit": acts,
        "classify": moves,
        "merge": moves and incident.state not in {State.CANCELLED, State.MERGED},
        "mitigate": moves and is_open and incident.mitigated_at is None,
        "resolve": moves and is_open,
        "cancel": moves and is_open,
        "reopen": moves and incident.state in {State.RESOLVED, State.CLOSED},
        "close": moves and incident.state == State.RESOLVED,
    }


def colleagues(user: User) -> list[User]:
    """People who can be asked: active, not observers, not oneself. `rings` of each: whether anything would wake them."""
    found = User.objects.active().exclude(role=Role.OBSERVER).exclude(pk=user.pk)
    return list(found.annotate(rings=ringing()).order_by("name", "email"))


def _address(name: str, incident: Incident, query: dict[str, str]) -> str:
    asked = {key: value for key, value in query.items() if key in {"story", "before"}}
    return reverse(name, args=[incident.number]) + (f"?{urlencode(asked)}" if asked else "")


def render_resolve(request: HttpRequest, incident: Incident, firing: int) -> HttpResponse:
    """Resolving while alerts fire is asked twice: a page of its own, so that it needs no script."""
    return render(request, "desk/resolve.html", {"incident": incident, "firing": firing, "at": timezone.now()})
