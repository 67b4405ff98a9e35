"""How people, services and instants stand in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.rest import UTCTime, read_instant
from incidents.models import NotAllowed
from teams.models import Service, User

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2101, 1, 1, tzinfo=UTC)


def within_reason(at: datetime, name: str) -> datetime:
    """`at` itself. Raises NotAllowed (422) outside 1970 to 2100: no incident and no shift lies there."""
    if not FIRST <= at <= LAST:
        sentence = _("%s must lie between 1970 and 2100.") % name
        raise NotAllowed(sentence, fields={name: [sentence]})
    return at


def asked_instant(text: str | None, *, name: str, default: datetime) -> datetime:
    """An instant of the query string. Raises ValidationError (400), or NotAllowed (422) outside 1970 to 2100."""
    return within_reason(read_instant(text, name=name), name) if text else default


def absolute(path: str) -> str:
    """The address of a page of this installation, for a person to follow."""
    return f"{settings.SHARPEND_URL}{path}"


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(UTCTime):
    """An instant, between 1970 and 2100."""

    def to_internal_value(self, data: object) -> datetime:
        """Raises ValidationError (400) or NotAllowed (422)."""
        return within_reason(super().to_internal_value(data), self.field_name or "at")


@extend_schema_field(OpenApiTypes.EMAIL)
class Person(serializers.Field[User, Any, str, Any]):
    """A person, by e-mail."""

    def to_representation(self, value: User) -> str:
        """The e-mail."""
        return value.email

    def to_internal_value(self, data: object) -> User:
        """The active person. Raises ValidationError for what is no text, NotAllowed (422) for an unknown person."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is not an e-mail address."))
        found = User.objects.active().filter(email__iexact=data.strip()).first()
        if found is None:
            sentence = _("There is no active person %s here.") % data[:254]
            raise NotAllowed(sentence, fields={self.field_name or "person": [sentence]})
        return found


@extend_schema_field(OpenApiTypes.STR)
class ServiceSlug(serializers.Field[Service, Any, str, Any]):
    """A service in use, by slug."""

    def to_representation(self, value: Service) -> str:
        """The slug."""
        return value.slug

    def to_internal_value(self, data: object) -> Service:
        """Raises ValidationError for what is no text, NotAllowed (422) for an unknown service."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is not the slug of a service."))
        found = Service.objects.filter(archived_at=None, slug=data.strip()).select_related("team").first()
        if found is None:
            sentence = _("There is no service %s here.") % data[:100]
            raise NotAllowed(sentence, fields={self.field_name or "service": [sentence]})
        return found
