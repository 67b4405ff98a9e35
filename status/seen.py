"""C6: a postmortem counts as published once a stranger could read it at its public address."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from foundation.dispatch.registry import Key
from postmortems import lifecycle
from postmortems.models import Postmortem

logger = logging.getLogger(__name__)
CHECK = "public-check"
"""The name of the due work that looks at `Postmortem.check_due_at`."""
PATIENCE = 10
"""Seconds that the page may take."""
SOONEST, LATEST = timedelta(seconds=5), timedelta(minutes=10)
SIGN = '<section id="postmortem" data-published="{:%Y-%m-%dT%H:%M:%SZ}"'
"""The page of an incident answers before its postmortem stands on it, and while an older one does."""


class _Stay(HTTPRedirectHandler):
    """A redirect is not the page."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing."""


def due(at: datetime, limit: int) -> list[Key]:
    """Postmortems whose public address is to be fetched."""
    found = Postmortem.objects.filter(check_due_at__lte=at, published_at__isnull=False, seen_at=None)
    return list(found.order_by("check_due_at").values_list("pk", flat=True)[:limit])


def look(key: Key, at: datetime) -> bool:
    """Fetch the address as a stranger does; when it answers, the public clock stops. Else it is tried again, more and more
    seldom: after half of the time since it was published, 5 s at first, 10 min at last.
    """
    pm = Postmortem.objects.select_related("incident__public").get(pk=key)
    if pm.published_at is None:
        return False
    again = at + min(max((at - pm.published_at) / 2, SOONEST), LATEST)
    claimed = Postmortem.objects.filter(pk=key, check_due_at__lte=at, seen_at=None).update(check_due_at=again)
    if not claimed:
        return False
    if not answers(f"{settings.SHARPEND_URL}{pm.incident.public.path}", SIGN.format(pm.published_at.astimezone(UTC))):
        return False
    lifecycle.seen(pm, at=at)
    return True


def answers(url: str, sign: str) -> bool:
    """Whether an anonymous GET of `url` is answered 200 with a page that holds `sign`.

    The address begins with `SHARPEND_URL`, which the operator set: it may lead anywhere, loopback too.
    """
    request = Request(url, headers={"User-Agent": "Sharp-End/1", "Accept-Encoding": "identity"})  # noqa: S310
    try:
        with build_opener(_Stay).open(request, timeout=PATIENCE) as answer:
            return answer.status == 200 and sign.encode() in answer.read(2_000_000)  # noqa: PLR2004  (OK; bytes)
    except HTTPError as error:
        error.close()
        logger.info("the public page answers %s", error.code)
    except (URLError, OSError, ValueError) as error:
        logger.info("the public page does not answer: %s", type(error).__name__)
    return False
