"""What the public sees of the services."""

from __future__ import annotations

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured
from teams.models import Service


@pghistory.track()
class Component(Configured):
    """A service under the name that customers know it by."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="components")
    group = models.CharField(max_length=200, blank=True)
    public = models.BooleanField(_("shown to the public"), default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name
