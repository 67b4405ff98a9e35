"""What was changed: deploys, switches, migrations. A change pages nobody; it stands beside the incidents that follow it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from teams.models import Service, User

BEFORE, AFTER = timedelta(hours=2), timedelta(minutes=15)
"""How long before the beginning of an incident a change is worth a look, and how long after (clocks differ)."""
TITLE_LENGTH = 1024


class ChangeQuerySet(models.QuerySet["Change"]):
    """What pages ask about changes."""

    def around(self, service: Service | None, begun: datetime) -> ChangeQuerySet:
        """Those of the service, and those of no service, from two hours before `begun` on; the newest first."""
        near = self.filter(at__gte=begun - BEFORE, at__lte=begun + AFTER)
        return near.filter(Q(service=service) | Q(service=None)).order_by("-at", "-pk")


class Change(models.Model):
    """Something that was changed at an instant, as a machine or a person told it."""

    at = models.DateTimeField(help_text=_("when it was changed"))
    told_at = models.DateTimeField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="changes")
    title = models.CharField(max_length=TITLE_LENGTH)
    version = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    cause = models.CharField(
        max_length=200, blank=True, help_text=_("the source that told it, when nobody of ours did")
    )
    links = models.JSONField(default=list, help_text=_('[{"label": "Pull request", "url": "https://..."}]'))
    details = models.JSONField(default=dict)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["service", "-at"], name="change_service")]

    def __str__(self) -> str:
        return self.title

    @property
    def safe_links(self) -> list[dict[str, str]]:
        """Its links with http and https only, which is checked again here."""
        given = [one for one in self.links if isinstance(one, dict)]
        return [one for one in given if str(one.get("url", "")).startswith(("http://", "https://"))]
