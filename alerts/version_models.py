"""What the rules said, version by version."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from teams.models import User


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    """The versions of one thing."""

    def of(self, source: Any) -> RuleVersionQuerySet:  # noqa: ANN401 - alerts.models imports this file
        """Those of a source, or with None of the routes that were made by hand, newest first."""
        return self.filter(source=source).order_by("-number")


class RuleVersion(models.Model):
    """The rules of a source, or (without one) all routes made by hand in their order, from `at` until the next version."""

    source = models.ForeignKey(
        "alerts.Source", on_delete=models.CASCADE, null=True, blank=True, related_name="rule_versions"
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    rules = models.JSONField(default=list)
    back_to = models.PositiveIntegerField(null=True, blank=True, help_text="the version whose rules came back with it")

    objects: ClassVar[models.Manager[RuleVersion]] = RuleVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="rule_version_number"),
            models.UniqueConstraint(fields=["number"], condition=Q(source=None), name="rule_version_of_routes"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
