"""Schedules: the pagers that are passed on, and the layers that say to whom."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from foundation.wallclock import WallClockField
from teams.models import Team, User, check_timezone


class LiveQuerySet(models.QuerySet["Schedule"]):
    """Schedules in use."""

    def live(self) -> LiveQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


@pghistory.track(exclude=["layers_changed_at", "handovers_told_until"])
class Schedule(Configured):
    """A pager that is passed from person to person."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules")
    timezone = models.CharField(max_length=64, validators=[check_timezone])
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


@pghistory.track()
class Layer(models.Model):
    """One rotation of a schedule; the last layer in order that has a holder wins."""

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
