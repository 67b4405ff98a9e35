"""What became of a test alert, as a chain of facts: received, would page you, sent, it rang."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from alerts.models import Episode, Source
from alerts.sample import PRACTICE, fingerprint_of
from desk.first_steps import clock
from incidents.models import Incident
from paging.forecast import names
from paging.methods import LEFT
from paging.models import Page
from teams.models import User

LATELY = timedelta(minutes=30)
"""How long a test is followed: what came before it is another story."""


@dataclass(frozen=True)
class Link:
    """One link of the chain. `text` says what is known; `next` is set on the one that is waited for."""

    name: str
    title: str
    done: bool = False
    text: str = ""
    bad: bool = False
    next: bool = False


@dataclass(frozen=True)
class Trace:
    """The chain of one alert. `asks` while it calls the person; `over` when they have it, or it has ended."""

    incident: Incident
    began: datetime
    links: list[Link]
    asks: bool
    mine: bool


def trace_of(sources: list[Source], user: User, at: datetime) -> Trace | None:
    """The latest alert of these sources within half an hour, as far as it has come; in the demo only one's own."""
    found = Episode.objects.filter(alert__source__in=sources, opened_at__gt=at - LATELY, incident__isnull=False)
    own = [source for source in sources if source.slug == PRACTICE]
    if own:
        found = found.filter(alert__fingerprint=fingerprint_of(own[0], user))
    episode = found.select_related("incident__held_by", "incident__acked_by").order_by("-opened_at", "-pk").first()
    if episode is None or episode.incident is None:
        return None
    incident = episode.incident
    pages = Page.objects.filter(incident=incident, created_at__gte=episode.opened_at).select_related("person")
    page = pages.filter(person=user).prefetch_related("deliveries").order_by("-pk").first()
    links = [_received(episode), _paged(page, [one.person for one in pages]), _sent(page), _rang(page, incident, user)]
    waiting = next((place for place, one in enumerate(links) if not one.done), None)
    links = [replace(one, next=place == waiting) for place, one in enumerate(links)]
    asks = page is not None and not page.acked_at and incident.is_open and not incident.is_held
    return Trace(incident, episode.opened_at, links, asks, incident.is_open and incident.held_by_id == user.pk)


def _received(episode: Episode) -> Link:
    return Link("received", _("Received"), done=True, text=_("At %s.") % clock(episode.opened_at))


def _paged(page: Page | None, others: list[User]) -> Link:
    if page is not None:
        return Link("paged", _("It pages you"), done=True, text=page.because)
    if others:
        return Link("paged", _("It pages %s") % names(dict.fromkeys(others)), done=True, text=_("Not you, this time."))
    return Link("paged", _("It pages you"), text=_("The pager looks who is on call."))


def _sent(page: Page | None) -> Link:
    title = _("Sent")
    deliveries = list(page.deliveries.all()) if page else []
    if left := next((one for one in deliveries if one.state in LEFT and one.sent_at), None):
        words = {"way": left.get_kind_display(), "at": clock(left.sent_at)}
        return Link("sent", title, done=True, text=_("By %(way)s, at %(at)s. This browser shows it too.") % words)
    if failed := next((one for one in deliveries if one.error), None):
        words = {"way": failed.get_kind_display(), "why": failed.error}
        return Link("sent", title, text=_("By %(way)s it did not leave: %(why)s") % words, bad=True)
    if page and not deliveries:
        return Link("sent", title, done=True, text=_("To this browser only: no e-mail of yours is proved yet."))
    return Link("sent", title, text=_("On its way.") if page else "")


def _rang(page: Page | None, incident: Incident, user: User) -> Link:
    title = _("It rang")
    if page and page.acked_at:
        words = {"at": clock(page.acked_at), "n": max(int((page.acked_at - page.created_at).total_seconds()), 0)}
        return Link("rang", title, done=True, text=_("You took it at %(at)s, %(n)d s after it called.") % words)
    if not incident.is_open:
        return Link("rang", title, text=_("It is over, and nobody had acknowledged it."))
    if incident.is_held and incident.held_by_id != user.pk:
        return Link("rang", title, done=True, text=_("%s has it.") % (incident.held_by or incident.held_by_sender))
    return Link("rang", title, text=_("It calls you now: press Acknowledge in the red bar at the top.") if page else "")
