"""What belongs to one incident: when customers felt it, what happened, and who held a role."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models.words import Kind
from teams.models import Service, User


class ImpactInterval(models.Model):
    """A stretch of time in which customers felt it."""

    class Kind(models.TextChoices):
        OUTAGE = "outage", _("outage")
        PARTIAL = "partial", _("partial outage")
        DEGRADED = "degraded", _("degraded")

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="impacts")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="impacts")
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    share = models.FloatField(default=1.0)
    estimated = models.BooleanField(default=False)
    customer_visible = models.BooleanField(default=True)
    automatic = models.BooleanField(default=True, help_text=_("opened and closed by the incident's own life"))

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end=None) | Q(end__gte=models.F("start")), name="impact_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="impact_share"),
        ]
        indexes = [
            models.Index(fields=["service", "start"], name="impact_service"),
            models.Index(fields=["end"], name="impact_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.service}"


class TimelineEntry(models.Model):
    """One line of an incident's story: append-only, held so by a trigger."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="timeline")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    cause = models.CharField(max_length=200, blank=True, help_text=_("who acted when nobody did: a source, a rule"))
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    pinned = models.BooleanField(default=False)
    announced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "timeline entries"
        indexes = [
            models.Index(fields=["incident", "id"], name="timeline_incident"),
            models.Index(
                fields=["id"],
                name="timeline_to_announce",
                condition=Q(announced_at=None, kind__in=["acknowledged", "resolved"]),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="told_once", fields=["incident", "at", "kind", "text", "data", "cause"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class RoleTenure(models.Model):
    """Who held a role in one incident, from when to when."""

    class Role(models.TextChoices):
        FACILITATOR = "facilitator", _("leads")
        POINT_OF_CONTACT = "point_of_contact", _("speaks for us")
        SCRIBE = "scribe", _("writes it down")
        GUIDE = "guide", _("guides")
        OBSERVER = "observer", _("watches")
        RESPONDER = "responder", _("helps")

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="tenures")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(end=None, role__in=["facilitator", "point_of_contact", "scribe"]),
                name="tenure_one_holder",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"
