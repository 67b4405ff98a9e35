"""Calendars that somebody else keeps, and what they said when they were read last."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oncall.models.exceptions import Absence
from oncall.models.schedules import DutyRole, Schedule
from teams.models import Team, User

MOST_ADDRESS = 2000


class ImportedQuerySet(models.QuerySet["ImportedCalendar"]):
    """Calendars of others."""

    def live(self) -> ImportedQuerySet:
        """Not removed, and of something that is in use."""
        return self.filter(removed_at=None, schedule__archived_at=None, team__archived_at=None).exclude(
            person__is_active=False
        )


class ImportedCalendar(models.Model):
    """A calendar at `address`: shifts of a schedule, absences of a person or of a team's people, or a team's holidays.

    The address is a secret: whoever has it reads the calendar. It is in no table of changes, no export and on no page.
    """

    class Kind(models.TextChoices):
        LAYER = "layer", _("shifts")
        ABSENCES = "absences", _("absences")
        HOLIDAYS = "holidays", _("public holidays")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=100, validators=[ProhibitNullCharactersValidator()])
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, blank=True, related_name="calendars")
    role = models.CharField(max_length=10, choices=DutyRole.choices, default=DutyRole.PRIMARY)
    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="calendars")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="calendars")
    address = models.TextField(validators=[MaxLengthValidator(MOST_ADDRESS), ProhibitNullCharactersValidator()])
    etag = models.CharField(max_length=300, blank=True)
    modified = models.CharField(max_length=100, blank=True)
    due_at = models.DateTimeField(help_text=_("when it is fetched next"))
    read_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was last read from its first to its last line")
    )
    good_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when what is kept here was last known to be right")
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("when people were told that it fails"))
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[ImportedCalendar]] = ImportedQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="layer", schedule__isnull=False, person=None, team=None)
                | Q(kind="absences", schedule=None, person__isnull=False, team=None)
                | Q(kind="absences", schedule=None, person=None, team__isnull=False)
                | Q(kind="holidays", schedule=None, person=None, team__isnull=False),
                name="imported_calendar_of_one_thing",
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="imported_calendar_due", condition=Q(removed_at=None))]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Schedule | User | Team | None:
        """Whose it is."""
        return self.schedule or self.person or self.team


class CalendarEntry(models.Model):
    """One stretch of time of the last good copy, until another copy replaces it; what is over stays as it was.

    Without a person: a name that nobody here has, or a holiday.
    """

    calendar = models.ForeignKey(ImportedCalendar, on_delete=models.CASCADE, related_name="entries")
    uid = models.CharField(max_length=300, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    absence = models.OneToOneField(Absence, on_delete=models.SET_NULL, null=True, blank=True, related_name="entry")

    class Meta:
        ordering = ["calendar", "start", "pk"]
        verbose_name_plural = "calendar entries"
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="calendar_entry_ends_after_start")
        ]
        indexes = [models.Index(fields=["calendar", "end"], name="calendar_entry_end")]

    def __str__(self) -> str:
        return self.summary
