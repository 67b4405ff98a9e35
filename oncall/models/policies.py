"""Escalation policies: who is asked, in which order, and for which services."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from teams.models import Service, Team


@pghistory.track()
class EscalationPolicy(Configured):
    """Who is asked, in which order, and what happens when nobody answers."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="policies")
    repeat = models.PositiveSmallIntegerField(default=0, help_text=_("extra rounds after the first"))
    acknowledgements = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("how many different people have to acknowledge before paging stops")
    )
    catch_all = models.JSONField(default=list, help_text=_('["user:mia@example.com"]: paged when every round is over'))

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "escalation policies"
        constraints = [
            models.CheckConstraint(condition=models.Q(repeat__lte=19), name="policy_loop_cap"),
            models.CheckConstraint(condition=~models.Q(catch_all=[]), name="policy_has_catch_all"),
            models.CheckConstraint(
                condition=models.Q(acknowledgements__gte=1, acknowledgements__lte=5), name="policy_acknowledgements"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.slug


@pghistory.track()
class EscalationStep(models.Model):
    """One step: whom to page, and how long they have (seconds) before the next step."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()

    class During(models.TextChoices):
        """When the step is taken; at other times the next one is, at once."""

        ALWAYS = "always", _("at any time")
        WORKING_HOURS = "working_hours", _("in working hours only")
        OFF_HOURS = "off_hours", _("outside working hours only")

    wait = models.PositiveIntegerField(help_text=_("seconds given to this step before the next one"))
    during = models.CharField(max_length=20, choices=During.choices, default=During.ALWAYS)
    notify = models.JSONField(
        default=list, help_text=_('["schedule:payments-primary", "user:a@example.com", "team:payments"]')
    )

    class Meta:
        ordering = ["policy", "position"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="step_position_once"),
            models.CheckConstraint(condition=models.Q(wait__gte=30), name="step_wait_floor"),
        ]

    def __str__(self) -> str:
        return f"step {self.position + 1}"


@pghistory.track()
class Coverage(models.Model):
    """The policy that pages for a service."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="coverage")
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.PROTECT, related_name="coverages")

    def __str__(self) -> str:
        return f"{self.service}: {self.policy}"
