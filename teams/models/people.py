"""People, what they may do, and the organisation that they are in."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from teams.regions import is_known


def check_timezone(name: str) -> None:
    """Raise `ValidationError` when `name` is not an IANA zone such as Europe/London."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone such as Europe/London."), params={"name": name})


def check_region(name: str) -> None:
    """Raise `ValidationError` when `name` is no region whose public holidays are known, such as GB-ENG."""
    if not is_known(name):
        raise ValidationError(_("%(name)s is not a region such as GB-ENG, US-CA or DE."), params={"name": name})


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


MACHINE = "pager@sharp-end.invalid"
"""Whom the pager pages to see that it can. Not a person: lists, sign-in and figures do not know it."""


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail, whatever its case; never the machine."""

    def get_queryset(self) -> models.QuerySet[User]:
        """People."""
        return super().get_queryset().exclude(email=MACHINE)

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


@pghistory.track(exclude=["password", "last_login", "away_before", "here_since"])
class User(AbstractBaseUser):
    """A person; the e-mail is the name that everything else uses."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_timezone])
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.RESPONDER)
    region = models.CharField(
        _("public holidays of"),
        max_length=10,
        blank=True,
        validators=[check_region],
        help_text=_("a country, or a part of one: GB-ENG; empty: none are known"),
    )
    first_day = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("no pager before it, on their own clock; empty: always here")
    )
    last_day = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("no pager after it, on their own clock; empty: stays")
    )
    is_active = models.BooleanField(_("active"), default=True)
    left_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when they were switched off: what they had before stays theirs")
    )
    away_before = models.JSONField(
        default=list, blank=True, editable=False, help_text=_("spans of the past in which they were not here")
    )
    here_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("from when on their days and account are what they are")
    )
    from_file = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(models.functions.Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(first_day=None)
                | models.Q(last_day=None)
                | models.Q(last_day__gte=models.F("first_day")),
                name="user_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def short_name(self) -> str:
        """What colleagues call them: "Ana has it"."""
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]
