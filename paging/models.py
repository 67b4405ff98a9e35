"""Getting hold of a person, and knowing that we did: the transactional outbox of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incidents.models import OPEN, Incident
from paging.channels.webpush_subscription import read
from paging.incident_channels import IncidentChannel  # noqa: F401 - a model of this room, in a file of its own
from paging.team_words import TeamWord  # noqa: F401 - a model of this room, in a file of its own
from paging.verdicts import Verdict  # noqa: F401 - another
from paging.wake_tests import WakeTest  # noqa: F401 - another
from teams.models import Severity, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class ContactMethod(models.Model):
    """A way to reach a person: one address on one medium."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("SMS")
        VOICE = "voice", _("phone call")
        SLACK = "slack", _("Slack")
        WEBPUSH = "webpush", _("push")
        NTFY = "ntfy", _("ntfy")
        TELEGRAM = "telegram", _("Telegram")
        MATTERMOST = "mattermost", _("Mattermost")
        MATRIX = "matrix", _("Matrix")
        WEBHOOK = "webhook", _("webhook")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    slug = models.SlugField(max_length=60, help_text=_("its name among this person's methods"))
    kind = models.CharField(max_length=20, choices=Kind.choices)
    address = models.CharField(max_length=2000)
    verified_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=300, blank=True)
    from_file = models.BooleanField(default=False)
    last_sent_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the last bundle left: the next waits its turn")
    )

    class Meta:
        ordering = ["user", "slug"]
        constraints = [models.UniqueConstraint(fields=["user", "slug"], name="method_slug_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown}"

    @property
    def shown(self) -> str:
        """The address as people read it; of a push, the device: its real address would let others push there."""
        if self.kind != self.Kind.WEBPUSH:
            return self.address
        try:
            return read(self.address).device or str(_("a browser"))
        except ValueError:
            return str(_("a browser"))

    @property
    def usable(self) -> bool:
        """Verified and not switched off."""
        return self.verified_at is not None and self.disabled_at is None


class PersonalRule(models.Model):
    """How a person wants to be woken for a class: this method, so many seconds after the page."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_rules")
    severity = models.CharField(
        max_length=20, choices=[*Severity.choices, ("default", _("any other"))], default="default"
    )
    position = models.PositiveSmallIntegerField(default=0)
    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="rules")
    after = models.PositiveIntegerField(default=0, help_text=_("seconds after the page"))

    class Meta:
        ordering = ["user", "severity", "position"]
        constraints = [models.UniqueConstraint(fields=["user", "severity", "position"], name="personal_rule_once")]

    def __str__(self) -> str:
        return f"{self.severity}: {self.method} after {self.after} s"


class Escalation(models.Model):
    """One run of a policy for an incident, with the policy as it was when the run began."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        EXHAUSTED = "exhausted", _("exhausted")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="escalations")
    fence = models.PositiveIntegerField(
        help_text=_("the incident's page_fence that this run serves; a stale one writes nothing")
    )
    policy_slug = models.CharField(max_length=100, blank=True)
    policy = models.JSONField(help_text=_("snapshot: {repeat, steps: [{wait, notify}], catch_all}"))
    round = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0, help_text=_("the step to run next"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "fence"], name="escalation_once_per_fence")]

    def __str__(self) -> str:
        return f"escalation {self.fence} of {self.incident_id}"

    def columns(self) -> dict[str, Any]:
        """Where it stands, as JSON takes it: what is written together with its pages."""
        return {
            "policy_slug": self.policy_slug,
            "policy": self.policy,
            "round": self.round,
            "step": self.step,
            "state": str(self.state),
            "started_at": self.started_at.isoformat(),
        }


class PageQuerySet(models.QuerySet["Page"]):
    """Pages, and which of them still ask."""

    def asking(self) -> PageQuerySet:
        """The unanswered ones of open incidents that nobody has. A page for help or a hand-over asks until it is answered,
        whoever has the incident."""
        by_hand = Q(reason__in=[Page.Reason.ASKED_FOR_HELP, Page.Reason.HANDOVER])
        free = Q(incident__held_by=None, incident__held_by_sender="", fence=F("incident__page_fence"))
        return self.filter(free | by_hand, acked_at=None, incident__state__in=OPEN)


class Page(models.Model):
    """One call for one person. `incident` is null for a test page to oneself."""

    class Reason(models.TextChoices):
        FIRST = "first", _("first")
        ESCALATED = "escalated", _("escalated")
        ASKED_FOR_HELP = "asked_for_help", _("asked for help")
        REPEAT = "repeat", _("repeat")
        HANDOVER = "handover", _("handover")
        TEST = "test", _("test")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, null=True, blank=True, related_name="pages")
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, null=True, blank=True, related_name="pages")
    fence = models.PositiveIntegerField(default=0)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="pages")
    round = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    because = models.CharField(max_length=300, blank=True, help_text=_('"primary of payments, step 1"'))
    severity = models.CharField(max_length=20, choices=Severity.choices, default=Severity.MAJOR)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    acked_at = models.DateTimeField(null=True, blank=True)

    objects = PageQuerySet.as_manager()

    if TYPE_CHECKING:
        deliveries: RelatedManager[Delivery]

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "round", "step", "person"],
                condition=Q(escalation__isnull=False),
                name="page_once_per_step",
            ),
            models.CheckConstraint(condition=Q(incident__isnull=False) | Q(reason="test"), name="page_has_incident"),
        ]
        indexes = [
            models.Index(fields=["incident", "id"], name="page_incident"),
            models.Index(fields=["person", "-id"], name="page_person"),
            models.Index(fields=["created_at"], name="page_created"),
        ]

    def __str__(self) -> str:
        return f"page {self.pk} to {self.person_id}"


LIVE = ("queued", "sending")


class Delivery(models.Model):
    """One page on one method: an outbox row. `sent` is never shown as `delivered`."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        READ = "read", _("read")
        FAILED = "failed", _("could not be sent")
        CANCELLED = "cancelled", _("no longer needed")
        UNKNOWN = "unknown", _("outcome unknown")

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="deliveries")
    method = models.ForeignKey(ContactMethod, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    kind = models.CharField(max_length=20, choices=ContactMethod.Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    due_at = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_ref = models.CharField(max_length=300, blank=True)
    batch = models.UUIDField(null=True, blank=True, help_text=_("the message that carried it: receipts name it"))
    receipt_seq = models.IntegerField(null=True, blank=True, help_text=_("sequence number of the last receipt"))
    receipt_due_at = models.DateTimeField(null=True, blank=True, help_text=_("when a receipt is missed, and asked for"))
    receipt_asks = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("how often a missing receipt was asked for")
    )
    error = models.CharField(max_length=1000, blank=True)
    repeat = models.BooleanField(default=False, help_text=_("an earlier attempt may have arrived: say so"))

    class Meta:
        ordering = ["due_at", "pk"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["page", "method"], name="delivery_once_per_method"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False), name="delivery_sending_has_lease"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "delivered", "read"]) | Q(sent_at__isnull=False),
                name="delivery_sent_is_stamped",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="queued")),
            models.Index(fields=["lease_until"], name="delivery_lease", condition=Q(state="sending")),
            models.Index(F("method"), F("due_at"), name="delivery_method_due", condition=Q(state="queued")),
            models.Index(fields=["batch"], name="delivery_batch", condition=Q(batch__isnull=False)),
            models.Index(fields=["receipt_due_at"], name="delivery_receipt", condition=Q(receipt_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of page {self.page_id}: {self.state}"


class DeliveryAttempt(models.Model):
    """One call to a provider: written before it, finished after it, never changed again."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}"


class LiveMessage(models.Model):
    """A page in a message that its medium can change later; kept until its incident is over and the message says so."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="live_message")
    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=300, help_text=_("the provider's name of the message; a bundle shares it"))
    version = models.PositiveIntegerField(help_text=_("of the incident, when it was last looked at"))
    shown = models.CharField(max_length=100, help_text=_("where the incident stands, as the message says"))
    due_at = models.DateTimeField(help_text=_("not to be looked at earlier: a try is under way, or has failed"))
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["method", "reference"], name="live_message_reference")]

    def __str__(self) -> str:
        return f"message {self.reference}"
