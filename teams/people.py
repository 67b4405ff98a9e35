"""The writers of people: invite, switch off and on, change a role."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from teams import here
from teams.audit import acting
from teams.models import ApiToken, Membership, Organisation, Role, SignInLink, Team, User


class Refused(Exception):
    """A rule about people refuses this; the message is the sentence to show."""

    status_code = 422
    code = "refused"


def invite(email: str, *, name: str, role: str, teams: Collection[Team], by: User) -> User:
    """A new person without a password, in these teams; `teams.account.send_invitation` mails the link afterwards.

    Raises `Refused` when somebody has this e-mail already.
    """
    place = Membership.Place.OBSERVER if role == Role.OBSERVER else Membership.Place.RESPONDER
    try:
        with transaction.atomic(), acting(by, "people"):
            user = User.objects.create_user(email, name=name, role=role, timezone=Organisation.the().timezone)
            Membership.objects.bulk_create(Membership(team=team, user=user, place=place) for team in teams)
    except IntegrityError:
        raise Refused(_("Somebody has this e-mail already.")) from None
    return user


@transaction.atomic
def deactivate(user: User, *, by: User | None, at: datetime, via: str = "people") -> None:
    """Switch `user` off: sessions end, tokens and sign-in links die. The person stays named where they acted.

    Raises `Refused` for oneself and for the last administrator. Switched off already: nothing happens.
    """
    if by is not None and by.pk == user.pk:
        raise Refused(_("You cannot switch yourself off. Ask another administrator."))
    user, is_last = _locked(user)
    if not user.is_active:
        return
    _keep_an_administrator(is_last)
    with acting(by, via):
        user.is_active, user.left_at = False, at
        user.save(update_fields=["is_active", "left_at"])
    end_sessions(user, at)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=at)
    SignInLink.objects.filter(user=user, used_at=None).delete()


@transaction.atomic
def reactivate(user: User, *, by: User | None, at: datetime, via: str = "people") -> None:
    """Switch `user` on again, from `at` on. Tokens stay revoked; sign in anew. Twice is once."""
    with acting(by, via):
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.is_active:
            return
        here.remember(user, at=at)
        user.is_active, user.left_at = True, None
        user.save(update_fields=["is_active", "left_at", *here.KEPT])


@transaction.atomic
def set_days(user: User, *, first: date | None, last: date | None, by: User, at: datetime, via: str = "people") -> None:
    """The first and the last day on which `user` can have a pager, on their own clock; None: always here, or staying.

    Who had one until `at` stays who had it, also where the days lie before. Raises `Refused` when the last is before the first.
    """
    if first and last and last < first:
        raise Refused(_("The last day cannot be before the first one."))
    with acting(by, via):
        user = User.objects.select_for_update().get(pk=user.pk)
        here.remember(user, at=at)
        user.first_day, user.last_day = first, last
        user.save(update_fields=["first_day", "last_day", *here.KEPT])


@transaction.atomic
def change_role(user: User, role: str, *, by: User | None, via: str = "people") -> None:
    """Give `user` another role everywhere. Raises `Refused` when no administrator would be left."""
    user, is_last = _locked(user)
    if role != Role.ADMIN:
        _keep_an_administrator(is_last)
    with acting(by, via):
        user.role = role
        user.save(update_fields=["role"])


def _locked(user: User) -> tuple[User, bool]:
    """The row of `user` under its lock, and whether it is the last active administrator.

    All administrators are locked, in one order: two who demote each other wait in line instead of for each other.
    """
    rows = User.objects.select_for_update().filter(Q(role=Role.ADMIN) | Q(pk=user.pk)).order_by("pk")
    people = {row.pk: row for row in rows}
    administrators = [row.pk for row in people.values() if row.role == Role.ADMIN and row.is_active]
    return people[user.pk], administrators == [user.pk]


def _keep_an_administrator(is_last: bool) -> None:
    if is_last:
        raise Refused(_("This is the last administrator. Make somebody else one first."))


def end_sessions(user: User, at: datetime) -> None:
    """Delete every session of `user` that is alive at `at`: else it would live again with the person.

    Sessions do not know their person, so all are read: this is rare, and there is one per browser.
    """
    alive = Session.objects.filter(expire_date__gt=at).iterator()
    mine = [session.pk for session in alive if session.get_decoded().get("_auth_user_id") == str(user.pk)]
    Session.objects.filter(pk__in=mine).delete()
