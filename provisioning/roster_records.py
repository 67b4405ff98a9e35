"""Pure: what the organisation's file may say of rosters: layers, exceptions to them, and who is fit for them."""

from __future__ import annotations

from oncall.limits import DAYS, MOST_EVERY
from oncall.models import DutyRole, Layer
from provisioning.day_kinds import Day
from provisioning.kinds import Choice, Clock, Moment, Text, Whole, Zone
from provisioning.shape import Field, List, Record, Refers, Target

NAME = Field(Text(least=1), required=True)
USER = Refers("user")
DAY = Choice("a day", DAYS)
ROTATION = Record(
    "a rotation",
    {
        "every": Field(Whole(1, MOST_EVERY), default=1, always=True),
        "unit": Field(Choice("a unit", tuple(Layer.Unit.values)), default="week", always=True),
    },
)
WINDOW = Record(
    "a window",
    {
        "days": Field(List(DAY, "a day", least=1), required=True),
        "from": Field(Clock(), required=True),
        "to": Field(Clock(ends=True), required=True),
    },
)
DUTY_ROLE = Field(Choice("what somebody is on duty for", tuple(DutyRole.values)), default="primary")
LAYER = Record(
    "a layer",
    {
        "name": NAME,
        "members": Field(List(USER, "a member", least=1), required=True),
        "rotate": Field(ROTATION, default={"every": 1, "unit": "week"}, always=True),
        "starts": Field(Moment(), required=True),
        "timezone": Field(Zone(), default=""),
        "windows": Field(List(WINDOW, "a window"), default=[]),
        "count": Field(Choice("a way to count", tuple(Layer.Count.values)), default="calendar"),
        "role": DUTY_ROLE,
        "ends": Field(Moment()),
    },
)
OVERRIDE = Record(
    "an override",
    {
        "person": Field(USER, required=True),
        "from": Field(Moment(), required=True),
        "to": Field(Moment(), required=True),
        "reason": Field(Text(most=300), default=""),
        "role": DUTY_ROLE,
        "timezone": Field(Zone(), default=""),
    },
)
ABSENCE = Record(
    "an absence",
    {
        "from": Field(Moment(), required=True),
        "to": Field(Moment(), required=True),
        "reason": Field(Text(most=300), default=""),
        "timezone": Field(Zone(), default=""),
    },
)
COVER = Record(
    "a cover",
    {
        "person": Field(USER, required=True),
        "for": Field(USER, required=True),
        "from": Field(Moment(), required=True),
        "to": Field(Moment(), required=True),
        "reason": Field(Text(most=300), default=""),
        "role": DUTY_ROLE,
        "timezone": Field(Zone(), default=""),
    },
)
TRAINING = Record(
    "a training",
    {
        "person": Field(USER, required=True),
        "for": Field(Target(("schedule", "service")), required=True),
        "on": Field(Day(), required=True),
        "by": Field(Text(most=200), default=""),
        "until": Field(Day()),
    },
)
AGREEMENT = Record(
    "an agreement",
    {
        "person": Field(USER, required=True),
        "for": Field(Target(("schedule", "team")), required=True),
        "on": Field(Day(), required=True),
        "version": Field(Text(most=60), default=""),
        "text": Field(Text(most=4000, lines=True), default=""),
    },
)
