"""Who has learned a pager, and who has agreed to carry it."""

from __future__ import annotations

from datetime import datetime

import pghistory
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from oncall.models.schedules import Schedule
from oncall.wallclock import to_local
from teams.models import Service, Team, User

NO_NULL = ProhibitNullCharactersValidator()


@pghistory.track()
class Training(models.Model):
    """`person` was trained for one pager, which is everything that it is asked for, or for one service alone."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trainings")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, blank=True, related_name="trainings")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="trainings")
    on = models.DateField(help_text=_("the day of the training"))
    trainer = models.CharField(max_length=200, blank=True, validators=[NO_NULL], help_text=_("by whom, in words"))
    holds_until = models.DateField(null=True, blank=True, help_text=_("the last day that it holds; empty: for good"))
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["person", "-on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(schedule=None, service__isnull=False)
                | models.Q(schedule__isnull=False, service=None),
                name="training_for_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(holds_until=None) | models.Q(holds_until__gte=models.F("on")),
                name="training_lapses_after_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.schedule or self.service}"

    @property
    def target(self) -> str:
        """What it is for, as forms and the file name it: schedule:payments-primary, service:checkout."""
        return (
            f"schedule:{self.schedule.slug}"
            if self.schedule
            else f"service:{self.service.slug if self.service else ''}"
        )

    def holds(self, at: datetime) -> bool:
        """Whether it has not lapsed at `at`, by the day where the person is."""
        return self.holds_until is None or to_local(at, self.person.timezone).date() <= self.holds_until


@pghistory.track()
class Agreement(models.Model):
    """`person` agreed to be on call: for one pager, or for those of one team. `version` names the text, which may be here."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="agreements")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, blank=True, related_name="agreements")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="agreements")
    on = models.DateField(help_text=_("the day of the agreement"))
    version = models.CharField(max_length=60, blank=True, validators=[NO_NULL], help_text=_('such as "2026-1"'))
    text = models.TextField(blank=True, validators=[MaxLengthValidator(4000), NO_NULL])
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["person", "-on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(schedule=None, team__isnull=False) | models.Q(schedule__isnull=False, team=None),
                name="agreement_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.schedule or self.team}"

    @property
    def target(self) -> str:
        """What it is for, as forms and the file name it: schedule:payments-primary, team:payments."""
        return f"schedule:{self.schedule.slug}" if self.schedule else f"team:{self.team.slug if self.team else ''}"
