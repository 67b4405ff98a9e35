"""Teams, areas, and the services that they own."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from teams.models.people import Severity, User


@pghistory.track()
class Area(Configured):
    """A part of the organisation that one lead answers for."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    lead = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="areas_led")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Team(Configured):
    """People who own services together."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="teams")
    manager = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="teams_managed")
    director = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="teams_directed")
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Membership(models.Model):
    """A person's place in a team."""

    class Place(models.TextChoices):
        LEAD = "lead", _("lead")
        RESPONDER = "responder", _("responder")
        OBSERVER = "observer", _("observer")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    place = models.CharField(max_length=20, choices=Place.choices, default=Place.RESPONDER)

    class Meta:
        ordering = ["user__email"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class ServiceQuerySet(models.QuerySet["Service"]):
    """Services in use."""

    def live(self) -> ServiceQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


@pghistory.track()
class Service(Configured):
    """Something customers or colleagues rely on, with one owning team."""

    class Demand(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        VERY_HIGH = "very_high", _("very high")

    class Covered(models.TextChoices):
        ALWAYS = "always", _("at any hour")
        WORKING_HOURS = "working_hours", _("in working hours; standard incidents wait for the morning")

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services")
    target = models.DecimalField(_("availability target in %"), max_digits=6, decimal_places=3, null=True, blank=True)
    exposure_per_hour = models.DecimalField(
        _("money at risk per hour"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    demand = models.CharField(max_length=20, choices=Demand.choices, default=Demand.MEDIUM)
    customer_facing = models.BooleanField(_("customers notice when it fails"), default=True)
    default_class = models.CharField(max_length=20, choices=Severity.choices, default="", blank=True)
    covered = models.CharField(
        _("pages leave"), max_length=20, choices=Covered.choices, default=Covered.ALWAYS, db_default="always"
    )

    objects: ClassVar[models.Manager[Service]] = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Playbook(Configured):
    """First steps for a kind of alert of a service."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="playbooks")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=200)
    match = models.JSONField(default=dict, blank=True, help_text=_("label matchers as in routes"))
    body = models.TextField(blank=True, help_text=_("Markdown"))

    class Meta:
        ordering = ["service", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["service", "title"], name="playbook_title_once")]

    def __str__(self) -> str:
        return self.title
