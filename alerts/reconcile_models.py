"""Where the asking of a source's Alertmanager stands."""

from __future__ import annotations

from django.db import models


class Reconciliation(models.Model):
    """When it was asked, when it answered, and which incidents are quiet because it silences them."""

    source = models.OneToOneField("alerts.Source", on_delete=models.CASCADE, related_name="reconciliation")
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    held = models.JSONField(
        default=dict, help_text="the addresses asked, and which of our firing alerts they have held"
    )
    hushed = models.JSONField(
        default=dict, help_text="incident id -> end of the silence there, since when, as we stamped it"
    )

    def __str__(self) -> str:
        return f"reconciliation of {self.source_id}"
