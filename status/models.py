"""What the public sees: components, and what a person wrote about an incident for customers. Nothing else is public."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from incidents.models import Incident
from teams.models import Service, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

CODE_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_code() -> str:
    """A public id: 12 random lower-case alphanumerics, which say nothing of what is inside."""
    return "".join(secrets.choice(CODE_LETTERS) for _place in range(12))


@pghistory.track()
class Component(Configured):
    """A service under the name that customers know it by."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="components")
    group = models.CharField(max_length=200, blank=True)
    public = models.BooleanField(_("shown to the public"), default=True)
    position = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name


class ComponentState(models.TextChoices):
    """How a component is, in the words of Statuspage's API."""

    OPERATIONAL = "operational", _("operational")
    DEGRADED = "degraded_performance", _("degraded performance")
    PARTIAL = "partial_outage", _("partial outage")
    MAJOR = "major_outage", _("major outage")
    MAINTENANCE = "under_maintenance", _("under maintenance")


class PublicIncident(models.Model):
    """An incident under the title that customers read; it exists once somebody wrote to them."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="public")
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    title = models.CharField(_("title for customers"), max_length=200)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("published by mistake: no longer shown"))
    unresolved = models.BooleanField(
        default=False, editable=False, help_text=_("the last update that stands does not say that it is over")
    )

    if TYPE_CHECKING:
        updates: RelatedManager[PublicUpdate]

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at"], name="public_incident_newest"),
            models.Index(fields=["incident"], name="public_incident_unresolved", condition=models.Q(unresolved=True)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> str:
        """Its public address."""
        return f"/status/incidents/{self.code}/"


class PublicUpdate(models.Model):
    """One word to the public, written by a person; never edited, only followed by the next."""

    class Status(models.TextChoices):
        INVESTIGATING = "investigating", _("Investigating")
        IDENTIFIED = "identified", _("Identified")
        MONITORING = "monitoring", _("Monitoring")
        RESOLVED = "resolved", _("Resolved")

    public = models.ForeignKey(PublicIncident, on_delete=models.CASCADE, related_name="updates")
    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices)
    body = models.TextField(_("what customers should know"))
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    next_by = models.DateTimeField(null=True, blank=True, help_text=_("the promise of the next update"))

    if TYPE_CHECKING:
        changes: RelatedManager[ComponentChange]

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["public", "at"], name="public_update_at"),
            models.Index(fields=["-at"], name="public_update_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M}"


class ComponentChange(models.Model):
    """A component went from one state to another with an update; the bars are drawn from these."""

    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="changes")
    update = models.ForeignKey(PublicUpdate, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    old = models.CharField(max_length=24, choices=ComponentState.choices)
    new = models.CharField(max_length=24, choices=ComponentState.choices)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["component", "update"], name="component_once_per_update")]
        indexes = [models.Index(fields=["component", "at"], name="component_change_at")]

    def __str__(self) -> str:
        return f"{self.component}: {self.old} to {self.new}"
