"""Schedules: the pagers that are passed on, and the layers that say to whom."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from foundation.wallclock import WallClockField
from teams.models import Team, User, check_region, check_timezone


class LiveQuerySet(models.QuerySet["Schedule"]):
    """Schedules in use."""

    def live(self) -> LiveQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


@pghistory.track(exclude=["layers_changed_at", "layers_since", "handovers_told_until"])
class Schedule(Configured):
    """A pager that is passed from person to person."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    timezone = models.CharField(max_length=64, validators=[check_timezone])
    region = models.CharField(
        _("public holidays of"),
        max_length=10,
        blank=True,
        validators=[check_region],
        help_text=_("days that are no working days for its team, such as GB-ENG; empty: none are known"),
    )
    layers_since = models.DateTimeField(
        null=True, blank=True, help_text=_("since when its layers are what they are; empty: ever since")
    )
    swaps_need_approval = models.BooleanField(
        _("swaps need a manager's yes"),
        default=False,
        help_text=_("of the team; until then the shift stays where it is"),
    )
    layers_changed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when its layers last became other ones: calendar programs ask")
    )

    handovers_told_until = models.DateTimeField(
        null=True, blank=True, help_text=_("up to when handovers were looked at, and told to whoever took over")
    )

    objects: ClassVar[models.Manager[Schedule]] = LiveQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name or self.slug

    @property
    def path(self) -> str:
        """The page of the schedule."""
        return f"/oncall/{self.slug}/"


class DutyRole(models.TextChoices):
    """What somebody on duty is there for; a schedule has one person for each at an instant (on-call rules)."""

    PRIMARY = "primary", _("primary")
    SECONDARY = "secondary", _("secondary")
    SHADOW = "shadow", _("shadow")
    MANAGER = "manager", _("manager")

    @classmethod
    def word(cls, role: str) -> str:
        """What a role is called, also one that is none: a target may hold anything."""
        return str(cls(role).label) if role in cls.values else role


@pghistory.track()
class Layer(models.Model):
    """One rotation of a schedule for one role; the last layer in order that has a holder wins."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("hours")
        DAY = "day", _("days")
        WEEK = "week", _("weeks")
        MONTH = "month", _("months")

    class Count(models.TextChoices):
        CALENDAR = "calendar", _("every calendar day")
        COVERED = "covered", _("only covered days")

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    every = models.PositiveIntegerField(default=1)
    unit = models.CharField(max_length=10, choices=Unit.choices, default=Unit.WEEK)
    starts = WallClockField(help_text=_("first handover, on the layer's wall clock"))
    timezone = models.CharField(
        max_length=64, blank=True, validators=[check_timezone], help_text=_("empty: the schedule's")
    )
    windows = models.JSONField(
        default=list, blank=True, help_text=_('[{"days": ["mon"], "from": "08:30", "to": "17:30"}]')
    )
    count = models.CharField(max_length=10, choices=Count.choices, default=Count.CALENDAR)
    role = models.CharField(max_length=10, choices=DutyRole.choices, default=DutyRole.PRIMARY)
    ends: models.Field[datetime | str | None, datetime | None] = WallClockField(  # type: ignore[assignment, misc]
        null=True, blank=True, help_text=_("end of a temporary layer, on the layer's wall clock; empty: it stays")
    )

    class Meta:
        ordering = ["schedule", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "name"], name="layer_name_once"),
            models.CheckConstraint(condition=models.Q(every__gte=1), name="layer_every_positive"),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class LayerMember(models.Model):
    """A person's turn in a layer, in order."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["layer", "position"]
        constraints = [models.UniqueConstraint(fields=["layer", "position"], name="layer_turn_once")]

    def __str__(self) -> str:
        return f"{self.position}: {self.user}"


class PastLayers(models.Model):
    """What the layers of a schedule were in [since, until): shifts that are over stay as they were, people are paid for them.

    `said` holds for each layer what decides who has the pager, as `oncall.stored` reads it of a layer. Before the first
    of these, when the schedule was not here yet, the layers of today speak.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="past_layers")
    since = models.DateTimeField(null=True, blank=True, help_text=_("empty: ever since"))
    until = models.DateTimeField()
    said = models.JSONField(default=list)

    class Meta:
        ordering = ["schedule", "until"]
        indexes = [models.Index(fields=["schedule", "until"], name="past_layers_until")]

    def __str__(self) -> str:
        return f"{self.schedule} until {self.until:%Y-%m-%d %H:%M}"
