"""Heartbeats: what is expected to be heard again and again, its own keys, and its last words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.beats import CRON_LENGTH, Pulse, Rhythm, State, Word
from foundation.models import Configured
from teams.models import Service

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


PULSE = ("state", "last_ping_at", "started_at", "started_rid", "expected_at", "due_at", "down_since", "why")
"""The fields that the pulse is stored in; all others are settings."""


@pghistory.track(exclude=[*PULSE])
class Heartbeat(Configured):
    """A job, or a whole Alertmanager, that is expected to be heard again and again; its silence pages."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="heartbeats")
    source = models.ForeignKey(
        "alerts.Source", on_delete=models.PROTECT, null=True, blank=True, related_name="heartbeats"
    )
    match = models.JSONField(default=dict, blank=True, help_text=_("alerts of the source that are its pings"))
    period = models.DurationField(default=timedelta(days=1))
    cron = models.CharField(max_length=CRON_LENGTH, blank=True, help_text=_("instead of the period"))
    timezone = models.CharField(max_length=64, default="UTC")
    grace = models.DurationField(default=timedelta(hours=1))
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in State], default=State.NEW)
    last_ping_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    started_rid = models.UUIDField(null=True, blank=True)
    expected_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    down_since = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=20, blank=True)

    if TYPE_CHECKING:
        keys: RelatedManager[PingKey]
        pings: RelatedManager[Ping]

    class Meta:
        ordering = ["slug"]
        indexes = [models.Index(fields=["due_at"], name="heartbeat_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.name or self.slug

    @property
    def rhythm(self) -> Rhythm:
        """How often it beats."""
        return Rhythm(self.period, self.grace, self.cron, self.timezone)

    @property
    def pulse(self) -> Pulse:
        """Where it stands."""
        return Pulse(**{name: getattr(self, name) for name in PULSE})

    @property
    def owner(self) -> Service | None:
        """The service that is in trouble without it: its own, else that of its source."""
        return self.service or (self.source.service if self.source else None)


@pghistory.track(exclude=["key_hash", "last_used_at"])
class PingKey(models.Model):
    """The secret in a heartbeat's own address, stored hashed; two may live while one replaces the other."""

    heartbeat = models.ForeignKey(Heartbeat, on_delete=models.CASCADE, related_name="keys")
    key_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, blank=True)
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}…"


class Ping(models.Model):
    """One word of a heartbeat; only its last ones are kept. `took` is how long the run took that it ends."""

    heartbeat = models.ForeignKey(Heartbeat, on_delete=models.CASCADE, related_name="pings")
    at = models.DateTimeField()
    word = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Word])
    exit_code = models.PositiveSmallIntegerField(null=True, blank=True)
    rid = models.UUIDField(null=True, blank=True)
    took = models.DurationField(null=True, blank=True)
    sender = models.GenericIPAddressField(null=True, blank=True)
    content = models.BinaryField(default=b"", help_text=_("the first 10 kB of what was posted"))
    size = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["heartbeat", "-id"], name="ping_heartbeat")]

    def __str__(self) -> str:
        return f"{self.word} at {self.at:%Y-%m-%d %H:%M}"
