"""Pay for being on call, for scripts and payroll."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from desk.api.base import Desk
from desk.api.fields import Instant, Person
from desk.pay import month_called, seen_by
from incidents.models import number_of
from oncall.pay_hours import Hours
from review.models import Adjustment, PayLine, PayMonth
from review.month import NoSuchMonthError
from review.pay import Payroll, Slip, payroll_of
from review.pay_csv import table

MONTH = OpenApiParameter(
    "month", OpenApiTypes.STR, OpenApiParameter.PATH, description="A month of the organisation's zone: 2026-11."
)


class Money(serializers.DecimalField):
    """An amount with two places, as text: floats do not keep cents."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=16, decimal_places=2, **options)


class StretchShape(serializers.Serializer[Any]):
    """From `start` until before `end`."""

    start = Instant()
    end = Instant()


@extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
class MinutesByHours(serializers.DictField):
    """Minutes by kind of hours."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class AmountByTeam(serializers.Field[Any, Any, Any, Any]):
    """Amounts by the slug of the team that bears them; "" for none."""

    def to_representation(self, value: dict[str, Any]) -> dict[str, str]:
        """As text."""
        return {team: f"{amount:.2f}" if not isinstance(amount, str) else amount for team, amount in value.items()}


class LineShape(serializers.Serializer[PayLine]):
    """One paid thing: the standby that one schedule gave at one rate, or one call-out."""

    kind = serializers.ChoiceField(PayLine.Kind.choices)
    schedule = serializers.CharField()
    role = serializers.CharField(help_text="primary or secondary; empty for a call-out")
    minutes = MinutesByHours(help_text=f"Paid minutes by kind of hours: {', '.join(Hours)}.")
    rate_per_hour = Money(source="rate", allow_null=True)
    amount = Money()
    time_off_minutes = serializers.IntegerField(source="lieu")
    incidents = serializers.SerializerMethodField()
    booked_to = AmountByTeam(source="booked")
    stretches = serializers.SerializerMethodField()

    def get_incidents(self, line: PayLine) -> list[str]:
        """Their numbers."""
        return [number_of(pk) for pk in line.incidents]

    @extend_schema_field(StretchShape(many=True))
    def get_stretches(self, line: PayLine) -> Any:  # noqa: ANN401 - JSON
        """The time behind it."""
        return StretchShape([{"start": start, "end": end} for start, end in line.spans], many=True).data


class AdjustmentShape(serializers.Serializer[Adjustment]):
    """A correction beside the lines."""

    amount = Money()
    time_off_minutes = serializers.IntegerField(source="lieu")
    reason = serializers.CharField()
    by = Person()
    at = Instant()


class SlipShape(serializers.Serializer[Slip]):
    """What one person gets."""

    person = Person()
    name = serializers.CharField()
    standby_minutes = MinutesByHours(source="minutes")
    callouts = serializers.SerializerMethodField()
    callout_minutes = serializers.IntegerField(source="called")
    time_off_minutes = serializers.IntegerField(source="lieu")
    standby_amount = Money(source="for_standby")
    callout_amount = Money(source="for_callouts")
    adjusted = Money()
    amount = Money()
    lines = LineShape(many=True)
    adjustments = AdjustmentShape(many=True)

    def get_callouts(self, slip: Slip) -> int:
        """How many."""
        return len(slip.callouts)


class PayShape(serializers.Serializer[Payroll]):
    """A month, cut to the people whom the holder of the token may see. The amount is the sum of what is in it."""

    month = serializers.CharField()
    state = serializers.ChoiceField(PayMonth.State.choices, source="row.state")
    over = serializers.BooleanField(help_text="false: the figures are those so far")
    currency = serializers.CharField()
    approved_by = Person(source="row.approved_by", allow_null=True)
    approved_at = Instant(source="row.approved_at", allow_null=True)
    locked_by = Person(source="row.locked_by", allow_null=True)
    locked_at = Instant(source="row.locked_at", allow_null=True)
    amount = Money()
    people = SlipShape(many=True, source="slips")
    costs = AmountByTeam()


class PayOfMonth(Desk):
    """One month's pay."""

    @extend_schema(parameters=[MONTH], responses=PayShape)
    def get(self, request: Request, month: str) -> Response:
        """Who gets what for being on call, with the stretches behind each line. Instants are UTC, minutes are real."""
        return Response(PayShape(self.pay(month)).data)

    def pay(self, month: str) -> Payroll:
        """The month, as far as this person may see it. Raises NotFound (404) with the reason."""
        try:
            return payroll_of(month_called(month, self.at), self.at, seen_by(self.standing))
        except NoSuchMonthError as error:
            raise NotFound(str(error)) from error


class PayTable(PayOfMonth):
    """The same as a table for payroll."""

    @extend_schema(parameters=[MONTH], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, month: str) -> HttpResponse:  # type: ignore[override]
        """One line for each paid thing and each correction; the amounts add up to what the page says."""
        return HttpResponse(table(self.pay(month)), content_type="text/csv; charset=utf-8")
