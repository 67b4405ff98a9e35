"""The row of an incident's channel in Slack: what was asked for there, what is so by now, and when to look again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident


class IncidentChannel(models.Model):
    """At most one for each incident. `channel` is empty until Slack has made it."""

    class State(models.TextChoices):
        LIVE = "live", _("kept up to date")
        LEFT = "left", _("somebody put it away in Slack")
        ARCHIVED = "archived", _("archived")

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="slack_channel")
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    name = models.CharField(max_length=80, help_text=_("what it is called, or asked to be called"))
    tries = models.PositiveSmallIntegerField(
        default=1, help_text=_("names that were asked for; later ones have a suffix")
    )
    asked_at = models.DateTimeField(
        help_text=_("since when this name is asked for: a channel made later by us is ours")
    )
    private = models.BooleanField(default=False)
    channel = models.CharField(max_length=30, blank=True, help_text=_("Slack's id of it"))
    topic = models.CharField(max_length=250, blank=True)
    head = models.CharField(max_length=30, blank=True, help_text=_("Slack's stamp of its first message"))
    pinned = models.BooleanField(default=False)
    invited = models.JSONField(default=list, help_text=_("member ids, also of those who could not be invited"))
    version = models.PositiveIntegerField(default=0, help_text=_("of the incident, when it was last looked at"))
    due_at = models.DateTimeField(help_text=_("not to be looked at earlier: a try is under way, or has failed"))
    attempts = models.PositiveSmallIntegerField(default=0)
    archive_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="incident_channel_due", condition=Q(state="live")),
            models.Index(fields=["channel"], name="incident_channel_id", condition=~Q(channel="")),
        ]

    def __str__(self) -> str:
        return f"#{self.name}"

    @property
    def url(self) -> str:
        """Where it opens in the reader's Slack; empty while there is none."""
        return f"https://slack.com/app_redirect?channel={self.channel}" if self.channel else ""
