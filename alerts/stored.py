"""What is stored of an alert, as its sender would tell it again."""

from __future__ import annotations

from datetime import datetime

from alerts.models import Alert
from alerts.payloads import IncomingAlert


def as_told(alert: Alert, *, ends_at: datetime | None = None) -> IncomingAlert:
    """`alert` as a word of its sender: that it fires, or with `ends_at` that it ended then."""
    return IncomingAlert(
        fingerprint=alert.fingerprint,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.starts_at,
        ends_at=ends_at,
        resolved=ends_at is not None,
        title=alert.title,
        links=tuple((one.get("label", ""), one.get("url", "")) for one in alert.links if isinstance(one, dict)),
    )
