"""What a source that only watches would have opened."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models import Service, Severity


class Watched(models.Model):
    """An incident that was not opened, because its source pages nobody yet: to lay beside what the old tool did."""

    source = models.ForeignKey("alerts.Source", on_delete=models.CASCADE, related_name="watched")
    group_key = models.CharField(max_length=64)
    at = models.DateTimeField(help_text=_("when it would have been opened"))
    over_at = models.DateTimeField(null=True, blank=True, help_text=_("when it would have been resolved"))
    title = models.CharField(max_length=300)
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    severity = models.CharField(_("class"), max_length=20, choices=Severity.choices)
    paged = models.CharField(
        max_length=500, blank=True, help_text=_("who would have been paged at once; empty: silenced")
    )
    silenced_because = models.CharField(max_length=500, blank=True)
    fingerprints = models.JSONField(default=list, help_text=_("its alerts that fire"))

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["source", "-at"], name="watched_source"),
            models.Index(fields=["source"], name="watched_firing", condition=Q(over_at=None)),
        ]

    def __str__(self) -> str:
        return self.title
