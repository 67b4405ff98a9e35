"""What a reply means, whichever way it came: link, button, key press. The same door for all."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.models import Incident
from incidents.severity import rank
from paging.models import Page
from paging.policy import acknowledgements_for
from teams.models import User


@transaction.atomic
def acknowledge(incident: Incident, *, by: User, at: datetime, via: str = "") -> Incident:
    """`by` has it; their open pages for it are answered. Raises NotAllowed when it is over.

    Where the policy asks for several people, paging of the others goes on until as many have acknowledged.
    """
    needed = acknowledgements_for(incident)
    incident = lifecycle.acknowledge(incident, by=by, at=at, via=via, needed=needed)
    Page.objects.filter(incident=incident, person=by, acked_at=None).update(acked_at=at)
    return incident


def in_part(incident: Incident) -> str:
    """What somebody is told who acknowledged while others have to as well; empty when that was enough."""
    if not incident.acked_in_part:
        return ""
    words = {"incident": incident, "given": len(incident.acked_in_part), "needed": (incident.acks or {})["needed"]}
    return _("You acknowledged %(incident)s: %(given)d of %(needed)d. Paging of the others goes on.") % words


def gave(incident: Incident) -> list[User]:
    """Who acknowledged while others have to as well, in their order."""
    given = incident.acked_in_part
    found = {user.email: user for user in User.objects.filter(email__in=given)} if given else {}
    return [found[email] for email in given if email in found]


@transaction.atomic
def answer_page(page: Page, *, at: datetime, via: str) -> Page:
    """The person of this page acknowledges it: its incident, or the test. Raises NotAllowed when the incident is over."""
    seen(page, at=at)
    if page.incident is None:
        heard(page, at=at)
    else:
        acknowledge(page.incident, by=page.person, at=at, via=via)
    page.refresh_from_db()
    return page


def heard(page: Page, *, at: datetime) -> None:
    """The person asked for help says that they are on it; whoever has the incident keeps it."""
    Page.objects.filter(pk=page.pk, acked_at=None).update(acked_at=at)


def seen(page: Page, *, at: datetime) -> None:
    """Somebody looked at the page with a browser that posts (never by a GET: link scanners fetch every address)."""
    Page.objects.filter(pk=page.pk, seen_at=None).update(seen_at=at)


def live_pages(person: User) -> list[Page]:
    """Pages that ask this person now, the worst first; of each incident the newest."""
    rows = Page.objects.asking().filter(person=person)
    newest: dict[int, Page] = {}
    for page in rows.select_related("incident", "incident__service").order_by("pk"):
        newest[page.incident_id or 0] = page
    return sorted(newest.values(), key=lambda page: (rank(page.severity), page.pk))
