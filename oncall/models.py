"""Who holds the pager: schedules of layers, exceptions to them, and the escalation policies that use them."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from foundation.wallclock import WallClockField
from teams.models import Service, Team, User, check_timezone


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


@pghistory.track()
class Swap(models.Model):
    """`asked_by` asks `asked` to take a shift of theirs, perhaps for one of `asked`'s in return. The times are instants."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="swaps")
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="swaps_asked")
    asked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="swaps_to_answer")
    start = models.DateTimeField()
    end = models.DateTimeField()
    back_start = models.DateTimeField(null=True, blank=True, help_text=_("the shift in return; empty: none"))
    back_end = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

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
    """One person takes the pager for a while; the latest created wins. Times are the schedule's wall clock."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts = WallClockField()
    ends = WallClockField()
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


@pghistory.track()
class Cover(models.Model):
    """ "B covers A": holds only where A is really on duty. Times are the schedule's wall clock; covers do not chain."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="covers")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    covered = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts = WallClockField()
    ends = WallClockField()
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


@pghistory.track()
class Absence(models.Model):
    """A person cannot have a pager for a while: who is next in the layer stands in. Times are the wall clock of `timezone`."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts = WallClockField()
    ends = WallClockField()
    timezone = models.CharField(max_length=64, validators=[check_timezone])
    reason = models.CharField(max_length=300, blank=True)
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


@pghistory.track()
class EscalationPolicy(Configured):
    """Who is asked, in which order, and what happens when nobody answers."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="policies")
    repeat = models.PositiveSmallIntegerField(default=0, help_text=_("extra rounds after the first"))
    acknowledgements = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("how many different people have to acknowledge before paging stops")
    )
    catch_all = models.JSONField(default=list, help_text=_('["user:mia@example.com"]: paged when every round is over'))

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "escalation policies"
        constraints = [
            models.CheckConstraint(condition=models.Q(repeat__lte=19), name="policy_loop_cap"),
            models.CheckConstraint(condition=~models.Q(catch_all=[]), name="policy_has_catch_all"),
            models.CheckConstraint(
                condition=models.Q(acknowledgements__gte=1, acknowledgements__lte=5), name="policy_acknowledgements"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.slug


@pghistory.track()
class EscalationStep(models.Model):
    """One step: whom to page, and how long they have (seconds) before the next step."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()

    class During(models.TextChoices):
        """When the step is taken; at other times the next one is, at once."""

        ALWAYS = "always", _("at any time")
        WORKING_HOURS = "working_hours", _("in working hours only")
        OFF_HOURS = "off_hours", _("outside working hours only")

    wait = models.PositiveIntegerField(help_text=_("seconds given to this step before the next one"))
    during = models.CharField(max_length=20, choices=During.choices, default=During.ALWAYS)
    notify = models.JSONField(
        default=list, help_text=_('["schedule:payments-primary", "user:a@example.com", "team:payments"]')
    )

    class Meta:
        ordering = ["policy", "position"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="step_position_once"),
            models.CheckConstraint(condition=models.Q(wait__gte=30), name="step_wait_floor"),
        ]

    def __str__(self) -> str:
        return f"step {self.position + 1}"


@pghistory.track()
class Coverage(models.Model):
    """The policy that pages for a service."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="coverage")
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.PROTECT, related_name="coverages")

    def __str__(self) -> str:
        return f"{self.service}: {self.policy}"


class Feed(models.Model):
    """A secret address under which a calendar program reads shifts: those of a schedule, of a team, else its owner's own."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="feeds")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, blank=True, related_name="feeds")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="feeds")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["owner", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "schedule", "team"],
                condition=models.Q(revoked_at=None),
                nulls_distinct=False,
                name="feed_once_while_it_lives",
            ),
            models.CheckConstraint(condition=models.Q(schedule=None) | models.Q(team=None), name="feed_of_one_thing"),
        ]

    def __str__(self) -> str:
        return str(self.schedule or self.team or self.owner)


class HandoverNote(models.Model):
    """What somebody writes down for whoever has the pager next; `told_at` is when that person got it."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000, validators=[MaxLengthValidator(4000)])
    created_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["schedule", "pk"]
        indexes = [models.Index(fields=["schedule", "told_at"], name="handover_note_told")]

    def __str__(self) -> str:
        return self.text[:80]


class GapTold(models.Model):
    """That a gap which begins at `starts` was announced so many `days` ahead: each is said once."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="gaps_told")
    starts = models.DateTimeField()
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "starts", "days"], name="gap_told_once")]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.starts}, {self.days} days ahead"
