"""When the public tree is written: after the commit, in the process that made the change. No broker is needed for it."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents.models import Incident, NotAllowed
from postmortems import lifecycle
from postmortems.models import Postmortem
from status import tree
from status.models import PublicIncident
from status.seen import CHECK
from teams.models import User

logger = logging.getLogger(__name__)


def publish_after_commit(at: datetime, incident: Incident | None = None) -> None:
    """Write what a word about `incident` changes as soon as it is committed; without one, what a round writes."""
    transaction.on_commit(partial(_publish, at, incident.pk if incident else None))


def _publish(at: datetime, incident: int | None) -> None:
    """The words are kept by now: a disk that is full must not tell their writer that they are lost."""
    try:
        if incident is None:
            tree.publish(at)
        else:
            tree.publish_told(at, [incident])
    except Exception:
        logger.exception("could not publish; the dispatcher tries again within a minute")


def stands(public: PublicIncident, said: str = "") -> bool:
    """Whether visitors find the page of `public` now, and on it the update with the code `said`."""
    try:
        page = (tree.folder() / "incidents" / public.code / "index.html").read_text(encoding="utf-8")
    except OSError:
        return False
    return not said or f' id="{said}"' in page


def published_postmortem(incident: Incident) -> Postmortem | None:
    """The incident's postmortem, when the public may read it."""
    return Postmortem.objects.filter(incident=incident, published_at__isnull=False).first()


@transaction.atomic
def publish_postmortem(pm: Postmortem, *, by: User, at: datetime, title: str = "") -> Postmortem:
    """Let the public read the postmortem. `title` is for customers, needed when no update has given one.

    Raises NotAllowed with the unmet checks of `postmortems.lifecycle.publish`, and without a title.
    """
    incident = Incident.objects.locked(pm.incident_id)
    public = PublicIncident.objects.filter(incident=incident).first()
    if public is None and not title.strip():
        raise NotAllowed(
            _("Customers were told nothing of this yet: it needs a title for them."),
            fields={"title": [_("Customers need a title of their own.")]},
        )
    if public is None:
        PublicIncident.objects.create(incident=incident, title=title.strip()[:200], created_at=at, created_by=by)
    published = lifecycle.publish(pm, by=by, at=at)
    publish_after_commit(at, incident)
    wake(CHECK)  # the tree stands by then: both are done after the commit, in this order
    return published


@transaction.atomic
def unpublish_postmortem(pm: Postmortem, *, by: User, at: datetime) -> Postmortem:
    """Take the postmortem off the public page; its clock runs again with the deadline that it had."""
    unpublished = lifecycle.unpublish(pm, by=by, at=at)
    publish_after_commit(at, pm.incident)
    return unpublished
