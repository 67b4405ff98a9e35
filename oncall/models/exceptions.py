"""What departs from the rotation: swaps, overrides, covers, absences."""

from __future__ import annotations

import pghistory
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.wallclock import WallClockField
from oncall.models.schedules import DutyRole, Schedule
from teams.models import User, check_timezone

ZONE_HINT = _("on whose clock it was typed; empty: the schedule's, which may have been another one then")


@pghistory.track()
class Swap(models.Model):
    """`asked_by` asks `asked` to take a shift of theirs, perhaps for one of `asked`'s in return. The times are instants."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        AGREED = "agreed", _("agreed, and waits for a manager's yes")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="swaps")
    role = models.CharField(max_length=10, choices=DutyRole.choices, default=DutyRole.PRIMARY)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="swaps_asked")
    asked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="swaps_to_answer")
    start = models.DateTimeField()
    end = models.DateTimeField()
    back_start = models.DateTimeField(null=True, blank=True, help_text=_("the shift in return; empty: none"))
    back_end = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, validators=[ProhibitNullCharactersValidator()])
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("who said yes or no for the team"),
    )

    class Meta:
        ordering = ["schedule", "start", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="swap_ends_after_start"),
            models.CheckConstraint(condition=~models.Q(asked=models.F("asked_by")), name="swap_of_two_people"),
        ]
        indexes = [models.Index(fields=["asked"], name="swap_asked", condition=models.Q(state="asked"))]

    def __str__(self) -> str:
        return f"{self.asked_by} asks {self.asked}"


@pghistory.track()
class Override(models.Model):
    """One person takes the pager for a while; the latest created wins. Times are the wall clock of `zone`."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    role = models.CharField(max_length=10, choices=DutyRole.choices, default=DutyRole.PRIMARY)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts = WallClockField()
    ends = WallClockField()
    timezone = models.CharField(max_length=64, blank=True, validators=[check_timezone], help_text=ZONE_HINT)
    reason = models.CharField(max_length=300, blank=True)
    from_file = models.BooleanField(default=False)
    swap = models.ForeignKey(Swap, on_delete=models.SET_NULL, null=True, blank=True, related_name="overrides")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["schedule", "created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="override_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.starts:%Y-%m-%d %H:%M} to {self.ends:%Y-%m-%d %H:%M}"

    @property
    def zone(self) -> str:
        """Whose wall clock its times are."""
        return self.timezone or self.schedule.timezone


@pghistory.track()
class Cover(models.Model):
    """ "B covers A": holds only where A is really on duty. Times are the wall clock of `zone`; covers do not chain."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="covers")
    role = models.CharField(max_length=10, choices=DutyRole.choices, default=DutyRole.PRIMARY)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    covered = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts = WallClockField()
    ends = WallClockField()
    timezone = models.CharField(max_length=64, blank=True, validators=[check_timezone], help_text=ZONE_HINT)
    reason = models.CharField(max_length=300, blank=True)
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["schedule", "created_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="cover_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.person} covers {self.covered}"

    @property
    def zone(self) -> str:
        """Whose wall clock its times are."""
        return self.timezone or self.schedule.timezone


@pghistory.track()
class Absence(models.Model):
    """A person cannot have a pager for a while: who is next in the layer stands in. Times are the wall clock of `timezone`."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts = WallClockField()
    ends = WallClockField()
    timezone = models.CharField(max_length=64, validators=[check_timezone])
    reason = models.CharField(max_length=300, blank=True)
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["person", "starts", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="absence_ends_after_start")
        ]
        indexes = [models.Index(fields=["person", "ends"], name="absence_of", condition=models.Q(removed_at=None))]

    def __str__(self) -> str:
        return f"{self.person} away {self.starts:%Y-%m-%d %H:%M} to {self.ends:%Y-%m-%d %H:%M}"
