"""The sentence back to who pressed a button: only they see it, and it may be lost, for the message itself says what is so."""

from __future__ import annotations

import json
import logging
from urllib.parse import urlsplit

from django.conf import settings

from foundation.egress import http
from foundation.egress.addresses import AddressRefused, NotReached
from paging.channels.slack_blocks import escaped

LIMIT = 1.5
"""Seconds: Slack wants its own answer within three."""
logger = logging.getLogger(__name__)


def tell(address: str, text: str) -> bool:
    """Post `text` to the response address of an interaction; returns whether it was taken."""
    if not text or not _slacks(address):
        return False
    said = {"response_type": "ephemeral", "replace_original": False, "text": escaped(text)}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        return http.call("POST", address, body=json.dumps(said).encode(), headers=headers, typed=False, limit=LIMIT).ok
    except (AddressRefused, NotReached) as error:
        logger.warning("slack did not take an answer: %s", error)
        return False


def _slacks(address: str) -> bool:
    """Whether it leads to Slack, or to what stands in for it."""
    try:
        there, stand_in = urlsplit(address), urlsplit(settings.SLACK_BASE_URL)
    except ValueError:
        return False
    if (there.scheme, there.netloc) == (stand_in.scheme, stand_in.netloc):
        return True
    return there.scheme == "https" and there.netloc == "hooks.slack.com"
