"""Screen 1 of the first five minutes: who you are, and with it everything that a page needs to find you."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts import keys
from alerts import setup as alerts_setup
from alerts.models import Key, Source
from desk.setup_fields import Plain, zones
from oncall import setup as oncall_setup
from oncall.models import EscalationPolicy, Layer, Schedule
from oncall.wallclock import to_local
from paging import methods
from teams import setup
from teams.models import Membership, Organisation, Role, Service, Team, User
from teams.signin import FIRST_ADMIN

MONDAY_MORNING = 9
TO_ANSWER = 5 * 60
"""Seconds until the next round of the first policy."""
ROUNDS_AGAIN = 2
USUAL_WORDS = {"label": "severity", "map": {"critical": "critical", "warning": "major"}, "default": "standard"}
"""What most installations of Alertmanager say."""
SHOWN_FOR = timedelta(days=1)
"""How long the first keys can be shown to the person who made them."""


def is_first(user: User) -> bool:
    """Whether `user` is the administrator of an installation in which nobody has begun."""
    return user.role == Role.ADMIN and not Organisation.the().name and not Team.objects.exists()


class WhoForm(forms.Form):
    """Name, e-mail, organisation, team and zone: one form makes a person who can be paged."""

    name = Plain(label=gettext_lazy("Your name"), widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=gettext_lazy("Pages go there. You also sign in with it."),
    )
    organisation = Plain(
        label=gettext_lazy("Your organisation"), widget=forms.TextInput({"autocomplete": "organization"})
    )
    team = Plain(label=gettext_lazy("Your team"), help_text=gettext_lazy("The people with whom you share a pager."))
    timezone = forms.ChoiceField(
        label=gettext_lazy("Your time zone"),
        error_messages={"invalid_choice": gettext_lazy("Choose a time zone from the list.")},
        widget=forms.Select({"data-own-zone": ""}),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:  # noqa: ANN401
        self.user, self.stands_in = user, user.email == FIRST_ADMIN
        super().__init__(
            data,
            initial={"name": user.name, "email": "" if self.stands_in else user.email, "timezone": user.timezone},
        )
        self.fields["timezone"].choices = [(zone, zone) for zone in zones()]  # type: ignore[attr-defined]
        self.fields["email"].disabled = not self.stands_in
        first = next(
            (name for name in self.fields if not self.fields[name].disabled and not self.initial.get(name)), ""
        )
        if first:
            self.fields[first].widget.attrs["autofocus"] = True

    def clean_email(self) -> str:
        """A real address: the stand-in of the first start reaches nobody."""
        email = str(self.cleaned_data["email"]).lower()
        if self.stands_in and email == FIRST_ADMIN:
            raise forms.ValidationError(_("Type the address at which you read mail: %s reaches nobody.") % FIRST_ADMIN)
        return email

    def clean_organisation(self) -> str:
        """Not the demo's name: pages would say that everything is invented."""
        name = str(self.cleaned_data["organisation"])
        if Organisation(name=name).is_demo:
            raise forms.ValidationError(_("This is what the demo is called. Choose another name."))
        return name

    @transaction.atomic
    def save(self, *, at: datetime) -> bool:
        """All of it, or nothing; False when it was made already. Raises `Refused` when somebody has the e-mail."""
        setup.one_at_a_time(Organisation)
        user = User.objects.get(pk=self.user.pk)
        if not is_first(user):
            return False
        data = self.cleaned_data
        setup.save_person(user, name=data["name"], email=data["email"], timezone=data["timezone"], by=user)
        setup.save_organisation(name=data["organisation"], timezone=data["timezone"], by=user)
        methods.add_method(user, kind="email", address=data["email"])
        team = setup.save_team(Team(name=data["team"]), members={user.pk: Membership.Place.LEAD}, by=user)
        policy = _policy(user, team, _schedule(user, team, data["timezone"], at))
        service = setup.save_service(Service(name=_("My service"), team=team), playbooks=[], by=user, at=at)
        oncall_setup.cover(service, policy, by=user)
        _sources(user, service, at)
        return True


def _schedule(user: User, team: Team, zone: str, at: datetime) -> Schedule:
    """The person alone, week after week, from the Monday before."""
    local = to_local(at, zone)
    monday = (local - timedelta(days=local.weekday() + 7)).replace(
        hour=MONDAY_MORNING, minute=0, second=0, microsecond=0
    )
    rotation = oncall_setup.Rotation(name=_("weekly"), members=[user.pk], starts=monday, unit=Layer.Unit.WEEK)
    row = Schedule(name=_("%s primary") % team, team=team, timezone=zone)
    return oncall_setup.save_schedule(row, layers=[rotation], by=user, at=at)


def _policy(user: User, team: Team, schedule: Schedule) -> EscalationPolicy:
    """The pager is asked three times, then the person by name, again and again."""
    row = EscalationPolicy(name=team.name, team=team, repeat=ROUNDS_AGAIN, catch_all=[f"user:{user.email}"])
    step = oncall_setup.Asking(TO_ANSWER, [f"schedule:{schedule.slug}"])
    return oncall_setup.save_policy(row, steps=[step], by=user)


def _sources(user: User, service: Service, at: datetime) -> None:
    """One for Alertmanager and one for whatever posts JSON; what ends there is over at once."""
    for name, kind, rule in ((_("Alertmanager"), "alertmanager", USUAL_WORDS), (_("Scripts"), "generic", {})):
        row = Source(name=name, kind=kind, service=service, class_from=rule, resolve_hold=timedelta(0))
        source = alerts_setup.save_source(row, by=user, at=at)
        alerts_setup.given_key(source, _secret(user, source), by=user, at=at)


def _secret(user: User, source: Source) -> str:
    """The first key of a source: random to everybody but this installation, which can say it again for a day."""
    words = f"{user.pk}:{user.created_at.isoformat()}:{source.slug}"
    return salted_hmac("desk.first_form", words, algorithm="sha256").hexdigest()[:40]


def first_key(user: User, source: Source, at: datetime) -> str:
    """The first key of `source` for whoever made it, while it lives and is younger than a day; else the empty string."""
    if user.role != Role.ADMIN:
        return ""
    secret = _secret(user, source)
    young = Key.objects.filter(source=source, revoked_at=None, created_at__gt=at - SHOWN_FOR)
    return secret if young.filter(key_hash=keys.key_hash(secret)).exists() else ""
