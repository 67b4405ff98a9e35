"""What is said about a pager: to calendar programs, to whoever is next, and of gaps ahead."""

from __future__ import annotations

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models

from oncall.models.schedules import Schedule
from teams.models import Team, User


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
    text = models.TextField(max_length=4000, validators=[MaxLengthValidator(4000), ProhibitNullCharactersValidator()])
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
