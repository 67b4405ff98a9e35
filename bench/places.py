"""The places of the measured organisation: their keys, addresses and people. Known without Django."""

from __future__ import annotations

RATE_PLACE = 0  # takes the storms
WARM_PLACES = range(1, 9)
PAGE_PLACES = range(9, 109)
CRITICAL_PLACES = range(10, 109, 2)  # half of those that are paged
GROUP_KEY = "bench-key-of-the-group-0001"
GROUP_ADDRESS = f"/api/in/alertmanager/{GROUP_KEY}"


def key_of(place: int) -> str:
    """The secret of this place's source."""
    return f"bench-key-of-place-{place:04d}"


def address_of(place: int) -> str:
    """Where this intake takes alerts."""
    return f"/api/in/generic/{key_of(place)}"


def mail_of(place: int) -> str:
    """Where this place's person is reached."""
    return f"person{place}@example.com"
