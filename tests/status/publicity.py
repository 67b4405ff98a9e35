"""Plain functions for tests of the public page: components, what was said, and the page as a visitor gets it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from incidents.models import Incident
from postmortems.models import Clock, Postmortem
from status import writers
from status.models import Component, PublicUpdate
from teams.models import User
from tests.factories import AT, make_incident, make_service, make_user

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BORN = AT - timedelta(days=200)


def make_component(slug: str = "checkout", **fields: Any) -> Component:
    """A component that is there for 200 days."""
    fields.setdefault("service", None)
    service = fields.pop("service") or make_service(f"{slug}-service")
    values = {"name": slug.capitalize(), "created_at": BORN, "position": Component.objects.count(), **fields}
    return Component.objects.create(slug=slug, service=service, **values)


def say(
    incident: Incident | None = None,
    status: str = "investigating",
    *,
    title: str = "Payments fail",
    body: str = "We are looking into it.",
    at: datetime = AT,
    by: User | None = None,
    next_by: datetime | None = None,
    named: Mapping[str, str] | None = None,
    **components: str,
) -> PublicUpdate:
    """An update; components by their slug, or as `named`."""
    incident = incident or make_incident()
    by = by or incident.acked_by or make_user()
    return writers.post_update(
        incident,
        title=title,
        status=status,
        body=body,
        components={**components, **(named or {})},
        by=by,
        at=at,
        next_by=next_by,
    )


def make_report(incident: Incident, text: str = "We are sorry.", *, at: datetime = AT, **fields: Any) -> Postmortem:
    """A public postmortem, as `postmortems` leaves it."""
    values = {"created_at": at, "published_at": at, "published_text": text, "public_signed_at": at, **fields}
    return Postmortem.objects.create(incident=incident, **values)


def owe(incident: Incident, *, due: datetime = AT + timedelta(hours=72), **fields: Any) -> Clock:
    """The public clock of an incident."""
    pm, _made = Postmortem.objects.get_or_create(incident=incident, defaults={"created_at": AT})
    return Clock.objects.create(
        postmortem=pm, kind=Clock.Kind.PUBLIC, started_at=due - timedelta(hours=72), due_at=due, **fields
    )
