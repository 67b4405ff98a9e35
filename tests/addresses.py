"""Every address that the application answers, found by walking its resolvers."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver


def walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """The full patterns below `patterns`, as they are written in the code: `incidents/<str:number>/live/`."""
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, here)
        else:
            yield here


def addresses() -> list[str]:
    """Both doors: the one for people and scripts, and the one for machines."""
    conf = (settings.ROOT_URLCONF, settings.DIRECT_URLCONF)
    return [where for door in conf for where in walk(get_resolver(door).url_patterns)]
