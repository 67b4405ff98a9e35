"""What machines tell us: sources and their keys, alerts and their episodes, and what became of every body."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.heartbeat_models import Heartbeat, Ping, PingKey
from alerts.reconcile_models import Reconciliation
from alerts.silence_rows import Silence
from alerts.version_models import RuleVersion
from alerts.watch_models import Watched
from foundation.models import Configured
from incidents.models import Incident
from teams.models import Playbook, Role, Service, Severity, Team, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


__all__ = [
    "Alert",
    "AmazonCall",
    "Body",
    "Episode",
    "EpisodeQuerySet",
    "Heartbeat",
    "Key",
    "Ping",
    "PingKey",
    "Reconciliation",
    "RejectedDelivery",
    "RejectedQuerySet",
    "Route",
    "RuleVersion",
    "Silence",
    "Source",
    "SourceQuerySet",
    "Watched",
]


class SourceQuerySet(models.QuerySet["Source"]):
    """Sources in use."""

    def live(self) -> SourceQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


@pghistory.track(exclude=["signing_secret", "signed_since"])
class Source(Configured):
    """Where alerts come from: one sender with its keys and its rules."""

    class Grouping(models.TextChoices):
        LABELS = "labels", _("by its group labels")
        SERVICE = "service", _("one incident per service")
        NONE = "none", _("one incident per alert")

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=30)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="sources")
    grouping = models.CharField(max_length=10, choices=Grouping.choices, default=Grouping.LABELS)
    group_by = models.JSONField(default=list, blank=True, help_text=_("labels that group when the sender names none"))
    resolve_hold = models.DurationField(null=True, blank=True, help_text=_("wait before resolving; empty: by class"))
    class_from = models.JSONField(
        default=dict, blank=True, help_text=_('{"label": "severity", "map": {...}, "default": "standard"}')
    )
    reopen_window = models.DurationField(
        null=True, blank=True, help_text=_("an alert this soon after the end brings the incident back; empty: by kind")
    )
    mapping = models.JSONField(default=dict, blank=True, help_text=_("where the sender's words stand"))
    signing_secret = models.CharField(max_length=200, blank=True, help_text=_("with it, only signed bodies are taken"))
    signed_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("when Amazon's signature was first found to be right: unsigned is refused since"),
    )
    group_window = models.DurationField(default=timedelta(minutes=30))
    reconcile_urls = models.JSONField(default=list, blank=True, help_text=_("addresses of its Alertmanager, to ask it"))
    watching = models.BooleanField(default=False, help_text=_("decides and stores everything, and pages nobody"))

    objects: ClassVar[models.Manager[Source]] = SourceQuerySet.as_manager()
    if TYPE_CHECKING:
        keys: RelatedManager[Key]
        watched: RelatedManager[Watched]

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name or self.slug


@pghistory.track(exclude=["key_hash", "last_used_at"])
class Key(models.Model):
    """A sender's secret, stored hashed; two may live while one replaces the other."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="keys")
    key_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, blank=True)
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}…"


@pghistory.track()
class Route(models.Model):
    """Which service an alert belongs to; the first match in order wins."""

    position = models.PositiveIntegerField()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, null=True, blank=True, related_name="routes")
    match = models.JSONField(default=dict)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="routes")
    severity = models.CharField(_("class"), max_length=20, choices=Severity.choices, blank=True)
    playbook = models.ForeignKey(Playbook, on_delete=models.SET_NULL, null=True, blank=True, related_name="routes")
    from_file = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"route {self.position} to {self.service}"


class Alert(models.Model):
    """One alert of a source, known by its fingerprint; what happened to it when is its episodes."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="alerts")
    fingerprint = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    title = models.CharField(max_length=300, blank=True)
    firing = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    repeat_gap = models.DurationField(null=True, blank=True, help_text=_("the longest wait between two repeats"))
    stale_at = models.DateTimeField(null=True, blank=True, help_text=_("since when its silence is too long"))
    flaps = models.PositiveIntegerField(default=0)
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, blank=True, related_name="alerts")
    body = models.ForeignKey(
        "Body", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "fingerprint"], name="alert_identity")]
        indexes = [models.Index(fields=["incident"], name="alert_firing", condition=Q(firing=True))]

    def __str__(self) -> str:
        return self.title or self.fingerprint


class EpisodeQuerySet(models.QuerySet["Episode"]):
    """What pages and the API ask about episodes."""

    def of_incident(self, incident: Incident) -> EpisodeQuerySet:
        """The last episode of each alert of `incident`, with its alert: resolved ones too, firing ones first."""
        latest = self.filter(incident=incident).order_by("alert_id", "-starts_at", "-pk").distinct("alert_id")
        found = self.filter(pk__in=latest.values("pk")).select_related("alert")
        return found.order_by(models.F("closed_at").desc(nulls_first=True), "starts_at", "pk")


class Episode(models.Model):
    """One stretch of an alert, known by when it began."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="episodes")
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, blank=True, related_name="episodes")
    starts_at = models.DateTimeField()
    raw_starts_at = models.CharField(max_length=60, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    acked_at = models.DateTimeField(null=True, blank=True, help_text=_("when it was acknowledged at its sender"))

    objects: ClassVar[models.Manager[Episode]] = EpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "starts_at"], name="episode_identity"),
            models.UniqueConstraint(fields=["alert"], condition=Q(closed_at=None), name="episode_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} from {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def status(self) -> str:
        """In Alertmanager's words: firing or resolved."""
        return "resolved" if self.closed_at else "firing"


class Body(models.Model):
    """A request as it came in, kept for a while, with what was made of it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="bodies")
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    size = models.PositiveIntegerField(help_text=_("bytes as received; `content` may hold fewer"))
    content_type = models.CharField(max_length=100, blank=True)
    accepted = models.PositiveIntegerField(default=0)
    outcome = models.JSONField(default=dict, help_text=_("decision, incidents and marks"))

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "bodies"
        indexes = [
            models.Index(fields=["source", "-id"], name="body_source"),
            models.Index(fields=["digest"], name="body_digest"),
        ]

    def __str__(self) -> str:
        return f"body {self.pk} of {self.source_id}"


class RejectedQuerySet(models.QuerySet["RejectedDelivery"]):
    """What pages and the API ask about refused deliveries."""

    def visible_to(self, user: User) -> RejectedQuerySet:
        """Those of the sources of a person's own teams; administrators see all, directors those of every source."""
        if user.role == Role.ADMIN:
            return self
        if user.role == Role.DIRECTOR:
            return self.exclude(source=None)
        teams = Team.objects.filter(Q(memberships__user=user) | Q(manager=user) | Q(director=user))
        return self.filter(source__service__team__in=teams.values("pk"))


class RejectedDelivery(models.Model):
    """A request that was turned away, so that its owner can see it and mend the sender."""

    class Reason(models.TextChoices):
        UNKNOWN_KEY = "unknown_key", _("unknown key")
        REVOKED_KEY = "revoked_key", _("revoked key")
        MALFORMED = "malformed", _("cannot be read")
        WRONG_KIND = "wrong_kind", _("wrong kind of source")
        SIGNATURE = "signature", _("wrong signature")

    at = models.DateTimeField()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, null=True, blank=True, related_name="rejected")
    kind = models.CharField(max_length=30, blank=True)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    sentence = models.CharField(max_length=500)
    key_hint = models.CharField(max_length=12, blank=True)
    sender = models.GenericIPAddressField(null=True, blank=True)
    content = models.BinaryField(default=b"", help_text=_("the first 64 KB; empty for unknown keys"))

    objects: ClassVar[models.Manager[RejectedDelivery]] = RejectedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "rejected deliveries"
        indexes = [models.Index(fields=["source", "-id"], name="rejected_source")]

    def __str__(self) -> str:
        return f"{self.reason} at {self.at:%Y-%m-%d %H:%M}"


class AmazonCall(models.Model):
    """An address of Amazon SNS that is asked after the request: a certificate, or what confirms a subscription."""

    url = models.CharField(max_length=1000, unique=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="amazon_calls")
    confirms = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="amazon_call_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.url
