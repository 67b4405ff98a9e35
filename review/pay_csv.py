"""A month's pay as a table for payroll: one line for each paid thing and each correction. Times are UTC, minutes are real."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from incidents.models import number_of
from review.csv import field
from review.models import Adjustment, PayLine
from review.pay import Payroll, Slip

COLUMNS = (
    ("month", "state", "person", "name", "kind", "schedule", "role", "hours", "minutes", "rate_per_hour")
    + ("amount", "currency", "time_off_minutes", "start", "end", "incidents", "booked_to", "reason")
)  # fmt: skip


def table(pay: Payroll) -> str:
    """With a head line. The amounts add up to what the page says, to the cent."""
    out = io.StringIO()
    rows = csv.DictWriter(out, COLUMNS, restval="")
    rows.writeheader()
    always = {"month": str(pay.month), "state": pay.row.state, "currency": pay.currency}
    for slip in pay.slips:
        for line in _lines(slip):
            rows.writerow({name: field(one) for name, one in {**always, **line}.items()})
    return out.getvalue()


def _lines(slip: Slip) -> Iterator[dict[str, Any]]:
    who = {"person": slip.person.email, "name": slip.name}
    yield from ({**who, **_line(line)} for line in slip.lines)
    yield from ({**who, **_adjustment(one)} for one in slip.adjustments)


def _line(line: PayLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "schedule": line.schedule,
        "role": line.role,
        "hours": " ".join(f"{hours}:{count}" for hours, count in line.minutes.items()),
        "minutes": line.total,
        "rate_per_hour": line.rate,
        "amount": line.amount,
        "time_off_minutes": line.lieu,
        "start": line.rows[0][0],
        "end": line.rows[-1][1],
        "incidents": " ".join(number_of(pk) for pk in line.incidents),
        "booked_to": " ".join(f"{team or '-'}:{share}" for team, share in line.booked.items()),
    }


def _adjustment(one: Adjustment) -> dict[str, Any]:
    return {
        "kind": "adjustment",
        "amount": one.amount,
        "time_off_minutes": one.lieu,
        "start": one.at.isoformat(),
        "reason": one.reason,
    }
