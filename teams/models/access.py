"""What lets scripts and people in: tokens and sign-in links, stored hashed."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.models.people import User


def digest(secret: str) -> str:
    """What is stored of a random secret: it has enough entropy for a plain hash."""
    return sha256(secret.encode()).hexdigest()


class ApiToken(models.Model):
    """A script's key to the REST API; shown once, stored hashed."""

    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("write")
        ADMIN = "admin", _("admin")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True)
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.READ)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text=_("its first letters, to tell it from others"))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}… ({self.scope})"

    @classmethod
    def make(cls, user: User, *, scope: str, name: str, at: datetime) -> tuple[ApiToken, str]:
        """A new token and its secret, which nobody can read again."""
        secret = f"se_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            user=user, scope=scope, name=name, token_hash=digest(secret), hint=secret[:8], created_at=at
        )
        return token, secret


class SignInLink(models.Model):
    """A link that signs its person in once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"
