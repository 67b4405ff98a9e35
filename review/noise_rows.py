"""What was decided about a noisy alert rule, week by week."""

from __future__ import annotations

from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import Source
from teams.models import Service, User


class NoiseDecision(models.Model):
    """Somebody looked at a rule in a week and said what becomes of it. The last word of a week counts."""

    class Verdict(models.TextChoices):
        TUNED = "tuned", _("tuned")
        DELETED = "deleted", _("deleted")
        KEPT = "kept", _("kept as it is")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    rule = models.CharField(max_length=300, help_text=_("the alert's name, or its title"))
    week = models.CharField(max_length=8, help_text=_("such as 2026-W47"))
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    because = models.CharField(_("why"), max_length=500, validators=[ProhibitNullCharactersValidator()])
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["week", "-id"], name="noise_week")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.verdict}"
