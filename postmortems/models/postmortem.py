"""The postmortem of an incident and its clocks. There is no root-cause field, anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident, TimelineEntry
from teams.models import User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from postmortems.models.remediation import Remediation


class Postmortem(models.Model):
    """What one incident taught: written by those who were there, owned by one person."""

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        FILED = "filed", _("filed")
        NEEDS_UPDATE = "needs_update", _("needs an update")
        IN_REVIEW = "in_review", _("in review")
        REVIEWED = "reviewed", _("reviewed")

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="postmortem")
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="postmortems_owned")
    created_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True, blank=True, help_text=_("first filed; never cleared"))
    reviewed_at = models.DateTimeField(null=True, blank=True)

    summary = models.TextField(blank=True, help_text=_("What happened, in plain words"))
    impact = models.TextField(blank=True, help_text=_("What customers felt, with a number"))
    impact_unknown_because = models.TextField(blank=True)
    surprises = models.TextField(blank=True, help_text=_("What surprised us"))
    went_well = models.TextField(blank=True)
    no_items_because = models.TextField(blank=True)

    data_loss = models.BooleanField(default=False)
    security = models.BooleanField(default=False)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    public_by_hand = models.BooleanField(null=True, blank=True, help_text=_("null: the rule decides"))
    public_by_hand_because = models.TextField(blank=True)

    public_text = models.TextField(blank=True, help_text=_("Markdown for customers"))
    public_signed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    public_signed_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_text = models.TextField(blank=True, help_text=_("what visitors read: the text as it was signed"))
    check_due_at = models.DateTimeField(null=True, blank=True, help_text=_("when to fetch the public address next"))
    seen_at = models.DateTimeField(null=True, blank=True, help_text=_("when an anonymous GET answered 200"))

    version = models.PositiveIntegerField(default=1, help_text=_("grows with each change; two writers are told"))
    updated_at = models.DateTimeField(null=True, blank=True)
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    if TYPE_CHECKING:
        clocks: RelatedManager[Clock]
        rows: RelatedManager[Row]
        factors: RelatedManager[Factor]
        answers: RelatedManager[Answer]
        items: RelatedManager[Remediation]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | ~Q(published_text=""), name="postmortem_published_has_text"
            )
        ]
        indexes = [
            models.Index(fields=["check_due_at"], name="postmortem_check", condition=Q(check_due_at__isnull=False)),
            models.Index(fields=["-published_at"], name="postmortem_public", condition=Q(published_at__isnull=False)),
            models.Index(fields=["owner", "state"], name="postmortem_owner"),
            models.Index(fields=["state", "-incident"], name="postmortem_state"),
        ]

    def __str__(self) -> str:
        return f"postmortem of {self.incident}"

    @property
    def path(self) -> str:
        """Its permanent address inside the application."""
        return f"/postmortems/INC-{self.incident_id}/"

    @property
    def is_filed(self) -> bool:
        """Whether the internal duty is met now."""
        return self.state in {self.State.FILED, self.State.IN_REVIEW, self.State.REVIEWED}


class Clock(models.Model):
    """One run of a deadline. `due_at` is a cache of the pure rule; extension, waiver and outcome are facts."""

    class Kind(models.TextChoices):
        INTERNAL = "internal", _("internal")
        PUBLIC = "public", _("public")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        MET = "met", _("on time")
        MET_EXTENDED = "met_extended", _("on time, extended")
        MISSED = "missed", _("missed")
        WAIVED = "waived", _("waived")
        CANCELLED = "cancelled", _("cancelled")

    class Waiver(models.TextChoices):
        INTERNAL_ONLY = "internal_only", _("only we felt it")
        UPSTREAM_REPORT = "upstream_report", _("a provider reports it")
        SECURITY_EMBARGO = "security_embargo", _("security embargo")
        CONTRACT = "contract", _("a contract forbids it")
        DUPLICATE = "duplicate", _("told elsewhere already")

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="clocks")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    round = models.PositiveSmallIntegerField(default=1, help_text=_("grows with each reopening"))
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True, help_text=_("a later change gives at least until then"))
    late_flag = models.BooleanField(default=False, help_text=_("the duty was noticed late"))
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("filed or published, waived or cancelled"))
    missed_at = models.DateTimeField(null=True, blank=True)

    extensions = models.PositiveSmallIntegerField(default=0)
    extended_to = models.DateTimeField(null=True, blank=True)
    extension_reason = models.TextField(blank=True)
    extension_asked_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    waiver = models.CharField(max_length=20, choices=Waiver.choices, blank=True)
    waiver_text = models.TextField(blank=True)
    waiver_link = models.URLField(max_length=500, blank=True)
    waived_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    if TYPE_CHECKING:
        reminders: RelatedManager[Reminder]

    class Meta:
        ordering = ["postmortem", "kind", "round"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "kind", "round"], name="clock_once_per_round"),
            models.UniqueConstraint(
                fields=["postmortem", "kind"], condition=Q(state__in=["running", "paused"]), name="clock_one_running"
            ),
            models.CheckConstraint(condition=~Q(state="waived") | ~Q(waiver=""), name="clock_waived_says_why"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clock_due", condition=Q(state="running", missed_at=None)),
            models.Index(fields=["kind", "due_at"], name="clock_kind_due"),
            models.Index(
                fields=["-due_at"],
                name="clock_owed_public",
                condition=Q(kind="public", state__in=["running", "missed"]),
            ),
            models.Index(fields=["ended_at"], name="clock_waived", condition=Q(state="waived")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} clock of {self.postmortem.incident}"


class Reminder(models.Model):
    """A word that is due at a step of a clock; at most one of each, sent or passed over for a later one."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="reminders")
    step = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True, help_text=_("sent, collapsed or dropped"))

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["clock", "step"], name="reminder_once_per_step")]
        indexes = [models.Index(fields=["due_at"], name="reminder_due", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.step} of {self.clock}"


class Row(models.Model):
    """A line of the postmortem's timeline; the story's lines are offered and kept or dropped."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="rows")
    at = models.DateTimeField()
    text = models.TextField()
    entry = models.ForeignKey(TimelineEntry, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kept = models.BooleanField(default=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "entry"], name="row_once_per_entry")]

    def __str__(self) -> str:
        return self.text[:80]


class Factor(models.Model):
    """A condition that made it possible; never a person."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="factors")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:80]


class Answer(models.Model):
    """What was answered to a prompt; the question is kept as it stood."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="answers")
    prompt = models.CharField(max_length=40, help_text=_("its key, e.g. signals-1"))
    group = models.CharField(max_length=20)
    question = models.TextField()
    text = models.TextField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "prompt"], name="answer_once_per_prompt")]

    def __str__(self) -> str:
        return f"{self.prompt}: {self.text[:60]}"
