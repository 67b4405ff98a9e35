"""The row of a silence: which alerts page nobody, from when to when, by whom, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models import Service, User

WEEK = timedelta(days=7)


class SilenceQuerySet(models.QuerySet["Silence"]):
    """What intake, pages and the API ask about silences."""

    def live(self, at: datetime) -> SilenceQuerySet:
        """Those that keep alerts quiet at `at`."""
        return self.filter(removed_at=None, starts_at__lte=at, ends_at__gt=at)

    def coming(self, at: datetime) -> SilenceQuerySet:
        """Those that begin after `at`."""
        return self.filter(removed_at=None, starts_at__gt=at)

    def ahead(self, at: datetime) -> SilenceQuerySet:
        """Live ones, and those that begin within a week, in the order in which they begin."""
        return self.filter(removed_at=None, ends_at__gt=at, starts_at__lt=at + WEEK).order_by("starts_at", "pk")

    def past(self, at: datetime) -> SilenceQuerySet:
        """Those that are over at `at`, or were ended before."""
        return self.filter(Q(ends_at__lte=at) | Q(removed_at__isnull=False))

    def touching(self, services: models.QuerySet[Service]) -> SilenceQuerySet:
        """Those of any of `services`, and those of all services."""
        named = self.model.services.through.objects
        theirs = named.filter(service__in=services).values("silence")
        return self.filter(Q(pk__in=theirs) | ~Q(pk__in=named.values("silence")))


class Silence(models.Model):
    """No page for what matches, until an end, by somebody, for a reason. Without services it is about all of them."""

    class Kind(models.TextChoices):
        SILENCE = "silence", _("silence")
        MAINTENANCE = "maintenance", _("maintenance")

    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.SILENCE)
    services = models.ManyToManyField(Service, blank=True, related_name="silences")
    match = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    begun_at = models.DateTimeField(null=True, blank=True, help_text=_("when open incidents were made quiet by it"))
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was over and what it kept quiet was looked at")
    )

    objects: ClassVar[models.Manager[Silence]] = SilenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["ends_at"], name="silence_live", condition=Q(removed_at=None)),
            models.Index(fields=["starts_at"], name="silence_to_begin", condition=Q(begun_at=None, removed_at=None)),
            models.Index(fields=["ends_at"], name="silence_to_settle", condition=Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def path(self) -> str:
        """Its permanent address inside the application."""
        return f"/incidents/silences/{self.pk}/"

    @property
    def is_maintenance(self) -> bool:
        """Whether it is planned work on whole services."""
        return self.kind == self.Kind.MAINTENANCE
