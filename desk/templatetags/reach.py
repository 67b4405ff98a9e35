"""`{% load reach %}`: by what people can be woken, for pages of rooms that know nothing of paging."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from desk.pagers import reachable_by
from teams.models import Role, User

register = template.Library()


@register.simple_tag
def with_ways(people: Sequence[User]) -> list[tuple[User, list[str] | None]]:
    """Each person and the ways that wake them, in words; None for those whom nobody pages. One query for all."""
    paged = {person.pk for person in people if person.is_active and person.role != Role.OBSERVER}
    ways = reachable_by(person for person in people if person.pk in paged)
    return [(person, ways.get(person.pk, []) if person.pk in paged else None) for person in people]
