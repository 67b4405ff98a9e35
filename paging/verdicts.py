"""Whether it was worth waking somebody: one tap of those who were paged, after it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from incidents.models import Incident, NotAllowed
from teams.models import User


class Verdict(models.Model):
    """What `person`, who was paged for `incident`, says of that: `worth` waking them for, or not."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="verdicts")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    worth = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="verdict_once")]
        indexes = [models.Index(fields=["person"], name="verdict_person")]

    def __str__(self) -> str:
        return f"{self.person_id} of {self.incident_id}: {'yes' if self.worth else 'no'}"


def may_judge(incident: Incident, user: User) -> bool:
    """Whether `user` is asked: they were paged for it, and it is over."""
    return bool(incident.resolved_at) and not incident.is_open and incident.pages.filter(person=user).exists()


def verdict_asked(incident: Incident, user: User) -> str:
    """What `user` is shown of it: "yes" or "no" as they said, "ask", or nothing when they are not asked."""
    if not may_judge(incident, user):
        return ""
    said = Verdict.objects.filter(incident=incident, person=user).first()
    return "ask" if said is None else "yes" if said.worth else "no"


@transaction.atomic
def judge(incident: Incident, *, by: User, worth: bool, at: datetime) -> Verdict:
    """`by` says whether it was worth it; the last word counts. NotAllowed: not resolved yet, or nobody paged them."""
    if not may_judge(incident, by):
        raise NotAllowed(_("This is asked of those who were paged, once it is resolved."))
    said, _made = Verdict.objects.update_or_create(incident=incident, person=by, defaults={"worth": worth, "at": at})
    Incident.objects.filter(pk=incident.pk).update(version=F("version") + 1)  # open pages poll by it
    return said
