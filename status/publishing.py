"""When the public tree is written: after the commit, in the process that made the change. No broker is needed for it."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from incidents.models import Incident, NotAllowed
from postmortems.models import Postmortem
from status import tree
from status.models import PublicIncident
from teams.models import User

logger = logging.getLogger(__name__)


def publish_after_commit(at: datetime) -> None:
    """Write the public tree as soon as the change is committed, once for each transaction. A failure is logged: the
    dispatcher writes it again within a minute.
    """
    call = partial(tree.publish, at)
    planned = (entry[1] for entry in connection.run_on_commit)
    if not any(isinstance(one, partial) and one.func is tree.publish for one in planned):
        transaction.on_commit(call, robust=True)


def published_postmortem(incident: Incident) -> Postmortem | None:
    """The incident's postmortem, when the public may read it."""
    return Postmortem.objects.filter(incident=incident, published_at__isnull=False).first()


@transaction.atomic
def publish_postmortem(pm: Postmortem, *, by: User, at: datetime, title: str = "") -> Postmortem:
    """Let the public read the postmortem. `title` is for customers, needed when no update has given one.

    Raises NotAllowed with the unmet checks of `postmortems.lifecycle.publish`, and without a title.
    """
    lifecycle = _lifecycle()
    incident = Incident.objects.locked(pm.incident_id)
    public = PublicIncident.objects.filter(incident=incident).first()
    if public is None and not title.strip():
        raise NotAllowed(
            _("Customers were told nothing of this yet: it needs a title for them."),
            fields={"title": [_("Customers need a title of their own.")]},
        )
    if public is None:
        PublicIncident.objects.create(incident=incident, title=title.strip()[:200], created_at=at, created_by=by)
    published: Postmortem = lifecycle.publish(pm, by=by, at=at)
    publish_after_commit(at)
    return published


@transaction.atomic
def unpublish_postmortem(pm: Postmortem, *, by: User, at: datetime) -> Postmortem:
    """Take the postmortem off the public page; its clock runs again with the deadline that it had."""
    unpublished: Postmortem = _lifecycle().unpublish(pm, by=by, at=at)
    publish_after_commit(at)
    return unpublished


def _lifecycle() -> Any:
    from importlib import import_module

    return import_module("postmortems.lifecycle")
