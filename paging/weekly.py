"""Once a week "can I wake you?": a test on one way of each person, in their own working hours (paging rules, "Self-watch").

Each way in turn, in the order of the person's own rules. Who neither answers nor is seen to be reached hears it by mail, and
so does their lead; nothing is escalated. Each person has one row with one due time, so two dispatchers test once, and a test
that an outage swallowed is not made up for: it is planned anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from foundation.dispatch.registry import Key
from incidents.models import OPEN, Incident
from paging import answers, methods, notices, waking_hours
from paging.models import ContactMethod, Delivery
from paging.outbox import ways_of
from paging.wake_tests import WakeTest
from teams.leads import lead_for
from teams.models import Membership, Role, Severity, Team, User

PLANNED_EVERY = timedelta(hours=1)
FIRST_AFTER = timedelta(days=1)
"""Whoever has just verified a way knows that it works: the first test is not on the same day."""
ANSWER_WITHIN = timedelta(hours=4)
TOO_LATE = timedelta(hours=1)
"""A test that is this late was held up by an outage: it is planned anew, so that not everybody rings at once."""
AT_ONCE = 1000
ARRIVED = (Delivery.State.DELIVERED, Delivery.State.READ)
State = WakeTest.State


def plan(at: datetime) -> int:
    """Make the rows of those who have none: active people who respond, with a way that is verified. Returns how many."""
    if not settings.WEEKLY_TEST_PAGES:
        return 0
    ways = ContactMethod.objects.filter(user=OuterRef("pk"), verified_at__isnull=False, disabled_at=None)
    people = User.objects.active().exclude(role=Role.OBSERVER).filter(Exists(ways), wake_test=None)
    rows = [
        WakeTest(person_id=pk, due_at=waking_hours.next_slot(pk, zone, at + FIRST_AFTER))
        for pk, zone in people.values_list("pk", "timezone")[:AT_ONCE]
    ]
    return len(WakeTest.objects.bulk_create(rows, ignore_conflicts=True))


def due(at: datetime, limit: int) -> list[Key]:
    """Tests to be sent, and answers that are due; nothing where tests are switched off."""
    if not settings.WEEKLY_TEST_PAGES:
        return []
    return list(WakeTest.objects.filter(due_at__lte=at).order_by("due_at").values_list("pk", flat=True)[:limit])


@transaction.atomic
def run(key: Key, at: datetime) -> bool:
    """Send one test, or judge its answer; False when it is not due or another dispatcher is at it."""
    rows = WakeTest.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("person")
    row = rows.filter(pk=key, due_at__lte=at).first()
    if row is None:
        return False
    if row.state == State.ASKING:
        _judge(row, at)
    else:
        _send(row, at)
    row.save()
    return True


def _send(row: WakeTest, at: datetime) -> None:
    """Ring the way whose turn it is, or say when to try again."""
    person, zone = row.person, row.person.timezone
    method = _turn(row)
    if method is None:
        row.due_at = waking_hours.next_week(person.pk, zone, at)
    elif row.due_at < at - TOO_LATE or not waking_hours.in_hours(at, zone) or _busy(person):
        row.due_at = waking_hours.again(person.pk, zone, at)
    else:
        row.page = methods.ring(method, at=at, because=_("the weekly test of this way"))
        row.method, row.asked_at, row.state, row.due_at = method, at, State.ASKING, at + ANSWER_WITHIN


def _turn(row: WakeTest) -> ContactMethod | None:
    """The way after the one that rang last, in the order of the person's rules; None when nothing may ring."""
    person = row.person
    if not person.is_active or person.role == Role.OBSERVER:
        return None
    order = [ring.method_id for ring in ways_of([person.pk], Severity.CRITICAL)[person.pk]]
    if not order:
        return None
    turn = (order.index(row.method_id) + 1) % len(order) if row.method_id in order else 0
    return ContactMethod.objects.select_related("user").get(pk=order[turn])


def _busy(person: User) -> bool:
    """Whether the person is in an incident: they have one that is open, or are being paged for one."""
    held = Incident.objects.filter(held_by=person, state__in=[str(state) for state in OPEN])
    return held.exists() or bool(answers.live_pages(person))


def _judge(row: WakeTest, at: datetime) -> None:
    """The time to answer is over: was the test answered, or did its medium say that it arrived?"""
    row.state, row.due_at = State.PLANNED, waking_hours.next_week(row.person_id, row.person.timezone, at)
    if row.method is None or row.page is None or not row.person.is_active:
        return  # taken away meanwhile: nothing is known of it
    page = row.page
    if page.seen_at or page.acked_at or page.deliveries.filter(state__in=ARRIVED).exists():
        if row.silent_method_id == row.method_id:
            row.silent_method = row.silent_since = None
        return
    row.silent_method, row.silent_since = row.method, row.asked_at
    _tell(row, at)


def _tell(row: WakeTest, at: datetime) -> None:
    """The person and their lead hear it, by mail. Nothing else happens."""
    person, method = row.person, row.method
    assert method is not None  # noqa: S101 - the caller looked
    failed = row.page and row.page.deliveries.exclude(error="").values_list("error", flat=True).first()
    why = _("It could not be sent: %s") % failed if failed else _("Nothing says that it arrived.")
    body = _("%s\nTest it now, mend it, or take it away. If it did ring, open the test and say so.") % why
    subject = _("The weekly test of %s had no answer") % method
    notices.tell(person, subject=subject, at=at, body=body, path="/settings/methods/")
    if lead := _lead_of(person):
        words = {"person": person, "kind": method.get_kind_display()}
        subject = _("%(person)s did not answer the weekly test by %(kind)s") % words
        body = _("They have heard it too. Until it is mended, do not rely on this way to wake them.")
        notices.tell(lead, subject=subject, at=at, body=body, path="/oncall/readiness/")


def _lead_of(person: User) -> User | None:
    """Who answers for the first of the person's teams; whoever leads it answers to its manager."""
    membership = Membership.objects.filter(user=person).select_related("team__area__lead", "team__manager").first()
    team: Team | None = membership.team if membership else None
    lead = lead_for(team)
    if lead == person:
        lead = team.manager if team else None
    return lead if lead and lead != person and lead.is_active else None
