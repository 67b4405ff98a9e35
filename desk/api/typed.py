"""What scripts send about incidents, as the API reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from desk.api.fields import Instant, Person, ServiceSlug
from incidents.models import STAMPS, ImpactInterval, RoleTenure
from teams.models import Severity

NEVER_EMPTY = frozenset({"detected_at", "declared_at"})


class Nothing(serializers.Serializer[Any]):
    """An act that needs no words; a body is allowed and may be empty."""


class Because(serializers.Serializer[Any]):
    """An act that may say why."""

    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class HandOver(serializers.Serializer[Any]):
    """Who takes it."""

    to = Person()


class Into(serializers.Serializer[Any]):
    """Which incident goes on: INC-12."""

    into = serializers.CharField(max_length=30)


class PullIn(Because):
    """Whom to page, and what for."""

    person = Person()


class Worth(serializers.Serializer[Any]):
    """Yes or no."""

    worth = serializers.BooleanField()


class Note(serializers.Serializer[Any]):
    """A note."""

    text = serializers.CharField(max_length=20_000)


class TakeRole(serializers.Serializer[Any]):
    """Who takes which role; nobody named means oneself."""

    role = serializers.ChoiceField(RoleTenure.Role.choices)
    person = Person(required=False)


class Impact(serializers.Serializer[Any]):
    """A stretch of customer impact; without a service that of the incident."""

    kind = serializers.ChoiceField(ImpactInterval.Kind.choices)
    service = ServiceSlug(required=False)
    start = Instant()
    end = Instant(required=False, allow_null=True, default=None)
    share = serializers.FloatField(required=False, min_value=0, max_value=1, default=1.0)
    estimated = serializers.BooleanField(required=False, default=False)
    customer_visible = serializers.BooleanField(required=False, default=True)


class Stamped(serializers.Serializer[Any]):
    """Any of an incident's time stamps, and its class."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The stamps, and `class`, which is a word of Python."""
        stamps = {name: Instant(required=False, allow_null=name not in NEVER_EMPTY) for name in STAMPS}
        kind = serializers.ChoiceField(Severity.choices, required=False)
        return super().get_fields() | stamps | {"class": kind}

    @staticmethod
    def stamps(words: dict[str, Any]) -> dict[str, datetime | None]:
        """Those that were sent."""
        return {name: words[name] for name in STAMPS if name in words}


class Declare(Stamped):
    """A new incident; with `resolved_at` it is one of the past and pages nobody."""

    title = serializers.CharField(max_length=300)
    service = ServiceSlug(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    restricted = serializers.BooleanField(required=False, default=False)
    drill = serializers.BooleanField(required=False, default=False)


class Edit(Stamped):
    """Another title, another class, corrected time stamps (these need the reason)."""

    title = serializers.CharField(max_length=300, required=False)
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
