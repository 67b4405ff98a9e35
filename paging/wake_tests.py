"""The row of a person's weekly test: when it is due next, and what came of the last one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models import User


class WakeTest(models.Model):
    """One row for each person for ever, so that a test that was missed is never sent twice or late.

    While it is planned, `due_at` is when the test is sent; while it asks, when its answer is due.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        ASKING = "asking", _("asking")

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="wake_test")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    due_at = models.DateTimeField()
    page = models.ForeignKey(
        "paging.Page", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("the last test")
    )
    method = models.ForeignKey(
        "paging.ContactMethod",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("what it rang: next week it is the turn of the one after it"),
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    silent_method = models.ForeignKey(
        "paging.ContactMethod",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("the way of the last test that nobody answered"),
    )
    silent_since = models.DateTimeField(null=True, blank=True, help_text=_("when that test was sent"))

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="wake_test_due")]
        constraints = [
            models.CheckConstraint(condition=~Q(state="asking") | Q(asked_at__isnull=False), name="wake_test_asked")
        ]

    def __str__(self) -> str:
        return f"weekly test of {self.person_id}"
