"""People, teams, areas and the services that they own."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar
from zoneinfo import available_timezones

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.models import Configured


def check_timezone(name: str) -> None:
    """Raise `ValidationError` when `name` is not an IANA zone such as Europe/London."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone such as Europe/London."), params={"name": name})


class Severity(models.TextChoices):
    """The one scale for incidents, logged errors and bugs; the API calls it `class`."""

    CRITICAL = "critical", _("critical")
    MAJOR = "major", _("major")
    STANDARD = "standard", _("standard")


class Role(models.TextChoices):
    """What a person may do everywhere (section 9 of the incident rules); roles in one incident are tenures."""

    ADMIN = "admin", _("administrator")
    DIRECTOR = "director", _("director")
    MANAGER = "manager", _("manager")
    RESPONDER = "responder", _("responder")
    OBSERVER = "observer", _("observer")


DEMO = "Sharp End Demo"
"""The name by which the demo's organisation is known."""


@pghistory.track()
class Organisation(models.Model):
    """The one organisation of this installation (row 1)."""

    name = models.CharField(max_length=200, default="")
    timezone = models.CharField(max_length=64, default="UTC", validators=[check_timezone])

    def __str__(self) -> str:
        return self.name

    @property
    def is_demo(self) -> bool:
        """Whether people and alerts here are invented."""
        return self.name == DEMO

    @classmethod
    def the(cls) -> Organisation:
        """The organisation; an empty one, not saved, before anything is set up."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this e-mail."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new person; without a password they sign in by a link or set one by invitation."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def active(self) -> models.QuerySet[User]:
        """People who may sign in and be paged."""
        return self.filter(is_active=True)


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """A person; the e-mail is the name that everything else uses."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_timezone])
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.RESPONDER)
    is_active = models.BooleanField(_("active"), default=True)
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.UniqueConstraint(models.functions.Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def short_name(self) -> str:
        """What colleagues call them: "Ana has it"."""
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]


@pghistory.track()
class Area(Configured):
    """A part of the organisation that one lead answers for."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    lead = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="areas_led")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Team(Configured):
    """People who own services together."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="teams")
    manager = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="teams_managed")
    director = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="teams_directed")
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(
        User, through="Membership", related_name="teams"
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Membership(models.Model):
    """A person's place in a team."""

    class Place(models.TextChoices):
        LEAD = "lead", _("lead")
        RESPONDER = "responder", _("responder")
        OBSERVER = "observer", _("observer")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    place = models.CharField(max_length=20, choices=Place.choices, default=Place.RESPONDER)

    class Meta:
        ordering = ["user__email"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class ServiceQuerySet(models.QuerySet["Service"]):
    """Services in use."""

    def live(self) -> ServiceQuerySet:
        """Not archived."""
        return self.filter(archived_at=None)


@pghistory.track()
class Service(Configured):
    """Something customers or colleagues rely on, with one owning team."""

    class Demand(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        VERY_HIGH = "very_high", _("very high")

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services")
    target = models.DecimalField(_("availability target in %"), max_digits=6, decimal_places=3, null=True, blank=True)
    exposure_per_hour = models.DecimalField(
        _("money at risk per hour"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    demand = models.CharField(max_length=20, choices=Demand.choices, default=Demand.MEDIUM)
    customer_facing = models.BooleanField(_("customers notice when it fails"), default=True)
    default_class = models.CharField(max_length=20, choices=Severity.choices, default="", blank=True)

    objects: ClassVar[models.Manager[Service]] = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Playbook(Configured):
    """First steps for a kind of alert of a service."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="playbooks")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=200)
    match = models.JSONField(default=dict, blank=True, help_text=_("label matchers as in routes"))
    body = models.TextField(blank=True, help_text=_("Markdown"))

    class Meta:
        ordering = ["service", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["service", "title"], name="playbook_title_once")]

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """A word to a person that is information and never a page; written by any room, sent by paging."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True, help_text=_("address inside the application"))
    thread = models.CharField(
        max_length=100, blank=True, help_text=_("mails of one thread stand together, e.g. INC-12")
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="notice_due", condition=Q(state__in=["queued", "sending"]))]

    def __str__(self) -> str:
        return self.subject


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
