"""What is changed because of an incident, until it is done, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postmortems.models.postmortem import Postmortem
from teams.models import Team, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


def path_of_item(pk: int) -> str:
    """The permanent address of the item with this key."""
    return f"/remediation/{pk}/"


class Remediation(models.Model):
    """Something that is changed so that it hurts less the next time: one owner, one team, one manager."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        ACCEPTED = "accepted", _("accepted")
        IN_PROGRESS = "in_progress", _("in progress")
        BLOCKED = "blocked", _("cannot go on")
        DONE = "done", _("done")
        VERIFIED = "verified", _("verified")
        DECLINED = "declined", _("declined")
        RISK_ACCEPTED = "risk_accepted", _("risk accepted")
        SUPERSEDED = "superseded", _("superseded")

    class Type(models.TextChoices):
        PREVENT = "prevent", _("prevent")
        DETECT = "detect", _("detect")
        MITIGATE = "mitigate", _("mitigate")
        RESPOND = "respond", _("respond")
        LEARN = "learn", _("learn")
        ACCESS = "access", _("access")
        AUTOMATE = "automate", _("automate")

    class Priority(models.TextChoices):
        P0 = "P0", "P0"
        P1 = "P1", "P1"
        P2 = "P2", "P2"
        P3 = "P3", "P3"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="items")
    title = models.CharField(max_length=300)
    type = models.CharField(max_length=20, choices=Type.choices, default=Type.PREVENT)
    priority = models.CharField(max_length=2, choices=Priority.choices, default=Priority.P2)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PROPOSED)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="remediations")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="remediations")
    done_when = models.TextField(blank=True, help_text=_("how anybody can see that it is done"))
    due = models.DateField(null=True, blank=True)
    first_due = models.DateField(null=True, blank=True)
    moves = models.PositiveSmallIntegerField(default=0, help_text=_("how often the date was moved"))
    public = models.BooleanField(default=False, help_text=_("customers may read its title"))
    evidence = models.URLField(max_length=500, blank=True)
    decline_reason = models.TextField(blank=True)
    risk_name = models.CharField(max_length=200, blank=True)
    risk_until = models.DateField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    look_due_at = models.DateTimeField(null=True, blank=True, help_text=_("the next reminder, or the end of the risk"))
    version = models.PositiveIntegerField(default=1)

    if TYPE_CHECKING:
        blocks: RelatedManager[UnblockRequest]
        events: RelatedManager[ItemEvent]

    class Meta:
        ordering = ["due", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "verified"]) | ~Q(evidence=""), name="item_done_has_evidence"
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decline_reason=""), name="item_declined_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="risk_accepted") | (Q(risk_until__isnull=False) & ~Q(risk_name="")),
                name="item_risk_has_name_and_end",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due"], name="item_state_due"),
            models.Index(fields=["look_due_at"], name="item_look_due", condition=Q(look_due_at__isnull=False)),
            models.Index(fields=["done_at"], name="item_done", condition=Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def path(self) -> str:
        """Its permanent address inside the application."""
        return path_of_item(self.pk)


class ItemEvent(models.Model):
    """One line of an item's history; append-only."""

    item = models.ForeignKey(Remediation, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20)
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["at"], name="item_event_at")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"


class UnblockRequest(models.Model):
    """ "Cannot go on because ...": a question to the manager, to be answered within three working days."""

    class Code(models.TextChoices):
        NO_TIME = "no_time", _("no time")
        NEEDS_DECISION = "needs_decision", _("a decision is missing")
        NEEDS_BUDGET = "needs_budget", _("money is missing")
        OTHER_TEAM = "other_team", _("another team must act")
        VENDOR = "vendor", _("a vendor must act")
        ACCESS = "access", _("access is missing")
        UNKNOWN_HOW = "unknown_how", _("we do not know how")
        OWNER_GONE = "owner_gone", _("the owner left")

    class Answer(models.TextChoices):
        GRANT_HOURS = "grant_hours", _("grant hours")
        DECIDE = "decide", _("decide")
        REASSIGN = "reassign", _("reassign")
        BRING_TEAM = "bring_team", _("bring the other team")
        ACCEPT_RISK = "accept_risk", _("accept the risk")

    item = models.ForeignKey(Remediation, on_delete=models.CASCADE, related_name="blocks")
    code = models.CharField(max_length=20, choices=Code.choices)
    text = models.TextField()
    unblocks = models.TextField(blank=True, help_text=_("what would let it go on"))
    since = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    manager = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="unblock_requests")
    due_at = models.DateTimeField(help_text=_("three working days"))
    escalated_at = models.DateTimeField(null=True, blank=True, help_text=_("when the director was told"))
    answer = models.CharField(max_length=20, choices=Answer.choices, blank=True)
    answer_text = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("the item goes on again"))

    class Meta:
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(ended_at=None), name="block_one_open_per_item"),
            models.CheckConstraint(
                condition=(Q(answer="") & Q(answered_at=None)) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="block_answer_is_stamped",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="block_unanswered",
                condition=Q(answered_at=None, ended_at=None, escalated_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.item}"
