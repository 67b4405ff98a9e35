"""Links that sign a person in once: for the first administrator, and for whoever lost everything else."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from teams.models import Role, SignInLink, User, digest

LIFETIME = timedelta(minutes=15)
FIRST_ADMIN = "admin@localhost"


def make_link(user: User, at: datetime) -> str:
    """An address that signs `user` in once, until 15 minutes after `at`. Only its hash is stored."""
    SignInLink.objects.filter(user=user, expires_at__lt=at - timedelta(days=1)).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(user=user, token_hash=digest(token), expires_at=at + LIFETIME)
    return settings.SHARPEND_URL + reverse("teams:signin", args=[token])


def find_link(token: str) -> SignInLink | None:
    """The link with this secret, used or not."""
    return SignInLink.objects.select_related("user").filter(token_hash=digest(token)).first()


def is_open(link: SignInLink, at: datetime) -> bool:
    """Neither used nor expired."""
    return link.used_at is None and at < link.expires_at


def use(link: SignInLink, at: datetime) -> bool:
    """Take the one use of `link`; False when it is used or expired. Of two at once, one gets True."""
    return bool(SignInLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=at).update(used_at=at))


def make_administrator(email: str) -> User:
    """The person with this e-mail as an active administrator, made when there is none."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        return User.objects.create_user(email, role=Role.ADMIN)
    user.role, user.is_active = Role.ADMIN, True
    user.save(update_fields=["role", "is_active"])
    return user


def first_link(at: datetime) -> str | None:
    """A link for the first administrator while no active administrator has ever signed in, else None."""
    administrators = User.objects.active().filter(role=Role.ADMIN)
    if administrators.filter(last_login__isnull=False).exists():
        return None
    return make_link(administrators.order_by("pk").first() or make_administrator(FIRST_ADMIN), at)
