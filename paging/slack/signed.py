"""Whether a request really comes from Slack: signature v0 over the raw body, not older than five minutes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from django.utils.crypto import constant_time_compare

WINDOW = 300
"""Seconds by which both clocks may differ: what is older may be a replay."""
DIGITS = 12


def is_theirs(body: bytes, stamp: str, signature: str, *, at: datetime) -> bool:
    """Whether `signature` fits (Slack, "Verifying requests from Slack"). Anything odd is a no."""
    secret: str = settings.SLACK_SIGNING_SECRET
    if not secret or not (stamp.isascii() and stamp.isdigit()) or len(stamp) > DIGITS or not signature.isascii():
        return False
    if abs(at.timestamp() - int(stamp)) > WINDOW:
        return False
    good = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return constant_time_compare(signature, f"v0={good}")
