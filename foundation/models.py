"""Rows that every room needs: running processes, periodic work, and what an organisation's file may configure."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Configured(models.Model):
    """Something that an administrator sets up, by a form or by the organisation's file; it is archived, never deleted."""

    from_file = models.BooleanField(_("from the organisation's file"), default=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Process(models.Model):
    """A running dispatcher, worker or connection to a chat, known by its heartbeat."""

    name = models.CharField(max_length=200, primary_key=True)
    role = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["role", "beat_at"], name="process_role_beat")]

    def __str__(self) -> str:
        return self.name


class Periodic(models.Model):
    """Work that comes round by the clock: a due row like any other, so there is no beat to lose."""

    name = models.CharField(max_length=100, primary_key=True)
    due_at = models.DateTimeField(db_index=True)
    ran_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
