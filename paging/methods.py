"""The writers of how a person is reached: methods, their verification, personal rules, and a test of one method."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from incidents.models import NotAllowed
from paging.alone import not_enough, refuse_alone
from paging.channels.known import available
from paging.models import ContactMethod, Delivery, Page, PersonalRule
from paging.outbox import SENDING
from teams.models import User

LEFT = ("sent", "delivered", "read")
"""States of a delivery that a provider took."""
MOST_METHODS = 20
MOST_RULES = 20
LONGEST_WAIT = timedelta(hours=1)
NAMES = {"email": "mail", "voice": "phone"}
"""What a method of a kind is called among a person's methods, when the kind's own name is not used."""


@transaction.atomic
def add_method(user: User, *, kind: str, address: str) -> ContactMethod:
    """A new way to reach `user`, not verified yet; the same address given twice is one method.

    Raises NotAllowed when this installation cannot send to that kind, or the person has too many.
    """
    if kind not in available():
        raise NotAllowed(_("This installation cannot send by %s yet.") % kind)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    known = list(ContactMethod.objects.filter(user=user))
    for method in known:
        if method.kind == kind and method.address.lower() == address.lower():
            return method
    if len(known) >= MOST_METHODS:
        raise NotAllowed(_("%d ways are enough: remove one first.") % MOST_METHODS)
    return ContactMethod.objects.create(
        user=user, slug=_free({m.slug for m in known}, kind), kind=kind, address=address
    )


def _free(taken: set[str], kind: str) -> str:
    """mail, mail-2, mail-3 ..."""
    name = NAMES.get(kind, kind)
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, MOST_METHODS + 2))
    return next(slug for slug in numbered if slug not in taken)


def verify(method: ContactMethod, *, at: datetime) -> None:
    """The person proved that they read what arrives there; a method that had been switched off works again."""
    ContactMethod.objects.filter(pk=method.pk).update(verified_at=at, disabled_at=None, disabled_because="")


@transaction.atomic
def remove(method: ContactMethod) -> None:
    """Forget a method and the rules that name it. Raises NotAllowed for one that comes from the organisation's file, and
    for the last one that is enough for critical pages."""
    if method.from_file:
        raise NotAllowed(_("This way comes from the organisation's file: change it there."))
    enough = not not_enough(method.user)
    method.delete()
    if enough:
        refuse_alone(method.user)


@transaction.atomic
def add_rule(user: User, *, severity: str, method: ContactMethod, after: timedelta) -> PersonalRule:
    """Ring `method` so long after a page of this class ("default": any other); the same rule twice is one.

    Raises NotAllowed for a method of somebody else, one that is not verified, one that is not enough alone, or too long a
    wait.
    """
    if method.user_id != user.pk or not method.usable:
        raise NotAllowed(_("Verify this way first: an alarm that cannot ring is none."))
    if not timedelta() <= after <= LONGEST_WAIT:
        raise NotAllowed(_("Choose a wait from 0 to 60 minutes."))
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    rules = PersonalRule.objects.filter(user=user, severity=severity)
    seconds = int(after.total_seconds())
    if same := rules.filter(method=method, after=seconds).first():
        return same
    last = rules.aggregate(last=Max("position"))["last"]
    if last is not None and last >= MOST_RULES:
        raise NotAllowed(_("%d rules are enough: remove one first.") % MOST_RULES)
    position = 0 if last is None else last + 1
    rule = PersonalRule.objects.create(user=user, severity=severity, position=position, method=method, after=seconds)
    refuse_alone(user)
    return rule


@transaction.atomic
def remove_rule(user: User, number: int) -> None:
    """Forget a rule of this person; one that is not there, or not theirs, changes nothing. Raises NotAllowed for the last
    one that is enough for critical pages."""
    enough = not not_enough(user)
    PersonalRule.objects.filter(user=user, pk=number).delete()
    if enough:
        refuse_alone(user)


def that_ring() -> QuerySet[ContactMethod]:
    """The ways that are verified, not switched off, and of a kind that this installation can send."""
    return ContactMethod.objects.filter(verified_at__isnull=False, disabled_at=None, kind__in=available())


def ringing() -> Exists:
    """For a query of people: whether they have any way that rings here."""
    return Exists(that_ring().filter(user=OuterRef("pk")))


def rings(user: User) -> bool:
    """Whether this person has any way that rings here."""
    return User.objects.filter(ringing(), pk=user.pk).exists()


@transaction.atomic
def ring(method: ContactMethod, *, at: datetime, because: str = "") -> Page:
    """A test page to its person on this one method, which they asked for unless `because` says otherwise. Raises NotAllowed
    when it cannot ring."""
    if not method.usable or method.kind not in available():
        raise NotAllowed(_("This way cannot ring: verify it first."))
    return _test(method, at, because)


@transaction.atomic
def ring_unproven(method: ContactMethod, *, at: datetime) -> Page:
    """A test page on a method that is not verified: whoever says that it arrived has proved the address (`proved`).

    For those who may vouch for an address; everybody else types a code. Raises NotAllowed when it cannot ring.
    """
    if method.disabled_at or method.kind not in available():
        raise NotAllowed(_("This way cannot ring."))
    return _test(method, at)


def proved(page: Page, *, at: datetime) -> None:
    """The person of this test page read it: the ways on which it left are verified."""
    proved_by(Delivery.objects.filter(page=page, method__user=page.person_id), at=at)


def proved_by(deliveries: QuerySet[Delivery], *, at: datetime) -> None:
    """These arrived: the ways on which a test among them left are verified."""
    tests = deliveries.filter(page__reason=Page.Reason.TEST, state__in=LEFT)
    unproven = ContactMethod.objects.filter(verified_at=None, disabled_at=None)
    unproven.filter(pk__in=tests.values("method")).update(verified_at=at)


def _test(method: ContactMethod, at: datetime, because: str = "") -> Page:
    page = Page.objects.create(
        person_id=method.user_id,
        reason=Page.Reason.TEST,
        because=because or _("you asked for a test of this way"),
        severity="critical",
        created_at=at,
    )
    Delivery.objects.create(page=page, method=method, kind=method.kind, due_at=at)
    wake(SENDING)
    return page
