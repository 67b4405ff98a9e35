"""What every REST address has in common: the shape of errors, pages of rows, strict JSON, times in UTC."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as RuleBroken
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:  # the framework's views read their settings, and so this module, while they are imported
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)
MAX_BODY = 1024 * 1024  # bytes
MAX_DEPTH = 32
CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "refused",
    429: "too_many_requests",
    503: "unavailable",
}
# RFC 3339, or less of it; a space before the offset was a "+" until a query string was decoded
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(?:([Zz])|([ +-])([0-9]{2}:?[0-9]{2}))?)?"
)


class TooLarge(exceptions.APIException):
    """413."""

    status_code = 413
    default_detail = "The body is larger than 1 MB."


def error(status: int, message: str, *, code: str = "", fields: Mapping[str, Any] | None = None) -> Response:
    """An error in the one shape: `{"error": {"code", "message", "fields"}}`."""
    body = {"code": code or CODES.get(status, "error"), "message": message, "fields": dict(fields or {})}
    return Response({"error": body}, status=status)


def exception_handler(raised: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to what a view raised; None (a 500, logged) for what nobody foresaw.

    A room's own exception speaks by attributes: `status_code` (int, 4xx), and optionally `code` (str) and `fields`
    (mapping); its text is the sentence to show. So this module needs to know no room.
    """
    if isinstance(raised, exceptions.APIException):
        return _of_framework(raised)
    status = getattr(raised, "status_code", None)
    if isinstance(status, int):
        return error(status, str(raised), code=getattr(raised, "code", ""), fields=getattr(raised, "fields", None))
    return _of_django(raised) or _of_database(raised)


def _of_framework(raised: exceptions.APIException) -> Response:
    detail: Any = raised.detail
    if isinstance(raised, exceptions.ValidationError):
        fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
        response = error(raised.status_code, _first_sentence(fields), fields=fields)
    else:
        response = error(raised.status_code, str(detail))
    if header := getattr(raised, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(raised, "wait", None):
        response["Retry-After"] = str(math.ceil(wait))
    return response


def _first_sentence(fields: object) -> str:
    """ "start: Enter a valid time." from nested lists and dicts of sentences."""
    if isinstance(fields, Mapping):
        for name, inner in fields.items():
            if sentence := _first_sentence(inner):
                return sentence if name in {"non_field_errors", "__all__"} else f"{name}: {sentence}"
        return ""
    if isinstance(fields, list | tuple):
        return next((sentence for inner in fields if (sentence := _first_sentence(inner))), "")
    return str(fields)


def _of_django(raised: Exception) -> Response | None:
    if isinstance(raised, Http404):
        return error(404, _("There is nothing here, or it is not yours to see."))
    if isinstance(raised, PermissionDenied):
        return error(403, str(raised) or _("Your role does not allow this."))
    if isinstance(raised, RuleBroken):
        fields = raised.message_dict if hasattr(raised, "error_dict") else {"non_field_errors": raised.messages}
        return error(422, _first_sentence(fields), fields=fields)
    if isinstance(raised, RequestDataTooBig):
        return error(413, _("The body is too large."))
    if isinstance(raised, SuspiciousOperation | BadRequest | UnreadablePostError):
        return error(400, _("This request cannot be read."))
    return None


def _of_database(raised: Exception) -> Response | None:
    if isinstance(raised, OperationalError | InterfaceError):
        logger.error("database unavailable: %s", raised)
        return error(503, _("The database cannot be reached. Try again."))
    if isinstance(raised, IntegrityError):
        return error(409, _("Somebody else changed this at the same moment. Look again."))
    if isinstance(raised, DataError) or (isinstance(raised, ValueError) and "NUL (0x00)" in str(raised)):
        return error(400, _("A value is outside of what can be stored."))
    return None


class KeysetPagination(BasePagination):
    """`{"results": [...], "next": url|null}`: each page starts after the last row seen, so page 10,000 costs as page 1.

    Subclass with another unique `ordering` ("slug") where the newest first is not wanted. Rows are never counted.
    """

    page_size: ClassVar[int] = 50
    ordering: ClassVar[str] = "-pk"

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        """The rows of this page; a cursor that we did not make is a 400."""
        if not isinstance(queryset, QuerySet):
            raise TypeError("keyset pages need a queryset")
        field, descends = self.ordering.lstrip("-"), self.ordering.startswith("-")
        rows = queryset.order_by(self.ordering)
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(**{f"{field}__{'lt' if descends else 'gt'}": self._value(cursor, field, rows.model)})
        page = list(rows[: self.page_size + 1])
        self.next: str | None = None
        if len(page) > self.page_size:
            page = page[: self.page_size]
            mark = base64.urlsafe_b64encode(str(_attribute(page[-1], field)).encode()).decode().rstrip("=")
            self.next = replace_query_param(request.build_absolute_uri(), "cursor", mark)
        return page

    @staticmethod
    def _value(cursor: str, field: str, model: type[Model]) -> object:
        try:
            text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
            column = model._meta.pk if field == "pk" else model._meta.get_field(field)
            value = column.to_python(text)  # type: ignore[union-attr]
        except (ValueError, binascii.Error, RuleBroken):
            raise _bad_cursor() from None
        if "\x00" in text or (isinstance(value, int) and abs(value) >= 2**63):
            raise _bad_cursor()
        return value

    def get_paginated_response(self, data: object) -> Response:
        """The rows and where the next ones are."""
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for OpenAPI."""
        following = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": following},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """The cursor for OpenAPI."""
        words = "Opaque: follow `next`."
        return [
            {"name": "cursor", "in": "query", "required": False, "description": words, "schema": {"type": "string"}}
        ]


def _attribute(row: object, field: str) -> object:
    return row[field] if isinstance(row, dict) else getattr(row, field)


def _bad_cursor() -> exceptions.ValidationError:
    return exceptions.ValidationError({"cursor": [_("This is not a cursor of ours. Start without one.")]})


class BareArray:
    """Mixin before a list view: answers a bare array, where rows are few by nature (schedules)."""

    pagination_class = None


class StrictJSON(BaseParser):
    """JSON bodies: an object in UTF-8 of at most 1 MB, without NULs, NaN or depth. Anything else is a 400."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object. Raises `ParseError` (400) or `TooLarge` (413). Unknown names in it are ignored by the views."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge
        try:
            data = json.loads(body.decode("utf-8-sig"), parse_constant=_not_a_number)
        except RecursionError:
            raise exceptions.ParseError(_("The body is nested too deeply.")) from None
        except ValueError as wrong:  # also UnicodeDecodeError, and whole numbers of thousands of digits
            raise exceptions.ParseError(_("The body is not JSON: %(why)s.") % {"why": str(wrong)[:200]}) from None
        if not isinstance(data, dict):
            raise exceptions.ParseError(_("The body must be a JSON object."))
        _check(data, MAX_DEPTH)
        return data


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _check(value: object, depth: int) -> None:
    """Refuse what PostgreSQL cannot store or what no field can mean."""
    if depth == 0:
        raise exceptions.ParseError(_("The body is nested too deeply."))
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)
    elif isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise exceptions.ParseError(_("Text must not hold NUL or half a character."))
    elif isinstance(value, float) and math.isinf(value):
        raise exceptions.ParseError(_("A number is too large."))


def utc_text(at: datetime) -> str:
    """RFC 3339 in UTC, e.g. 2026-11-21T02:04:00Z; fractions of a second only when there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(text: str, *, name: str = "at") -> datetime:
    """An instant typed in a query or body: RFC 3339, or a date (its midnight). Without a zone it is UTC.

    Raises DRF's `ValidationError` (400) naming `name`. A "+" that a query string turned into a space is put back.
    """
    if parts := INSTANT.fullmatch(text.strip()):
        day, clock, _zulu, sign, offset = parts.groups()
        zone = f"{'-' if sign == '-' else '+'}{offset}" if offset else "+00:00"
        try:
            return datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise exceptions.ValidationError({name: [_("This is not a time such as 2026-11-21T02:04:00Z.")]})


class UTCTime(serializers.Field[datetime, Any, str, Any]):
    """An instant: leaves as RFC 3339 with Z whatever zone is active, enters as `read_instant` reads it."""

    def to_representation(self, value: datetime) -> str:
        """RFC 3339, UTC."""
        return utc_text(value)

    def to_internal_value(self, data: object) -> datetime:
        """Raises `ValidationError` for anything but text with an instant."""
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is not a time such as 2026-11-21T02:04:00Z."))
        try:
            return read_instant(data)
        except exceptions.ValidationError as wrong:
            raise serializers.ValidationError(wrong.detail["at"]) from None  # type: ignore[call-overload]
