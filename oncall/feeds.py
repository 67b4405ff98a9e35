"""Calendar feeds: who may read which shifts under a secret address, and those shifts.

An address is signed, not stored: a copy of the database opens no feed. It works until it is revoked or its owner leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from oncall.models import Absence, Cover, Feed, LayerMember, Override, Schedule
from oncall.slots import slots
from oncall.stored import load
from teams.models import Team, User

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
"""What a feed shows, around the beginning of the day (on-call rules, "Calendar feeds")."""
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
"""The last change of a schedule that never says when."""
MARGIN = timedelta(days=400)
"""Exceptions so far outside decide nothing of a shift that touches the window."""


class FeedUnknown(Exception):
    """This is no address of ours."""


class FeedRevoked(Exception):
    """The address was good once."""


@dataclass(frozen=True)
class FeedShift:
    """`person` has the pager of `schedule` in [start, end), as last changed at `changed`; `uid` is that of the slot."""

    uid: str
    person: User
    schedule: Schedule
    start: datetime
    end: datetime
    changed: datetime


@transaction.atomic
def open_feed(owner: User, *, schedule: Schedule | None = None, team: Team | None = None, at: datetime) -> Feed:
    """The owner's feed of a schedule, a team, or their own shifts; one that lives is given again."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    there = Feed.objects.filter(owner=owner, schedule=schedule, team=team, revoked_at=None).first()
    return there or Feed.objects.create(owner=owner, schedule=schedule, team=team, created_at=at)


def revoke_feed(feed: Feed, *, at: datetime) -> None:
    """The address does not work any more; twice is once. A new feed has another address."""
    Feed.objects.filter(pk=feed.pk, revoked_at=None).update(revoked_at=at)


def address_of(feed: Feed) -> str:
    """The full address, which is the secret."""
    return f"{settings.SHARPEND_URL}/ical/{_signer().sign(str(feed.pk))}.ics"


def feed_of(token: str) -> Feed:
    """The feed that an address opens. Raises FeedUnknown, or FeedRevoked when it was revoked or its owner left."""
    try:
        number = int(_signer().unsign(token))
    except (BadSignature, ValueError) as error:
        raise FeedUnknown from error
    feed = Feed.objects.select_related("owner", "schedule", "team").filter(pk=number).first()
    if feed is None or feed.revoked_at or not feed.owner.is_active:
        raise FeedRevoked
    return feed


def name_of(feed: Feed) -> str:
    """What a calendar program calls it."""
    if feed.schedule or feed.team:
        return _("On call: %s") % (feed.schedule or feed.team)
    return _("%s on call") % feed.owner


def shifts_of(feed: Feed, at: datetime) -> list[FeedShift]:
    """The shifts that touch the window around the day of `at`, whole, in order of their start. Three statements."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = day - BACK, day + AHEAD
    schedules = {schedule.pk: schedule for schedule in _schedules(feed).annotate(changed=_changed())}
    loaded = load(schedules.values(), start - MARGIN, end + MARGIN)
    own = None if feed.schedule or feed.team else feed.owner_id
    found = [
        FeedShift(_uid(pk, slot.layer, slot.start), person, schedules[pk], slot.start, slot.end, schedules[pk].changed)
        for pk, stored in loaded.items()
        for slot in slots(stored.roster, start, end)
        if own in {None, slot.person} and (person := stored.person(slot.person))
    ]
    return sorted(found, key=lambda one: (one.start, one.schedule.slug))


def _schedules(feed: Feed) -> QuerySet[Schedule]:
    live = Schedule.objects.filter(archived_at=None).select_related("team")
    if feed.schedule_id:
        return live.filter(pk=feed.schedule_id)
    if feed.team_id:
        return live.filter(team=feed.team_id)
    mine = Q(layers__turns__user=feed.owner) | Q(overrides__person=feed.owner) | Q(covers__person=feed.owner)
    mine |= Q(calendars__entries__person=feed.owner)
    return live.filter(pk__in=Schedule.objects.filter(mine).values("pk"))


def _changed() -> Greatest:
    """When anything that decides who has the pager of a schedule last changed."""
    stamps = [
        Subquery(rows.filter(schedule=OuterRef("pk")).order_by().values("schedule").annotate(at=Max(name)).values("at"))
        for rows in (Override.objects.all(), Cover.objects.all())
        for name in ("created_at", "removed_at")
    ]
    turns = LayerMember.objects.filter(layer__schedule=OuterRef(OuterRef("pk")))
    away = Absence.objects.filter(person__in=turns.values("user")).order_by()
    for name in ("created_at", "removed_at"):
        stamps.append(Subquery(away.order_by(F(name).desc(nulls_last=True)).values(name)[:1]))
    theirs = User.objects.filter(pk__in=turns.values("user")).order_by()
    for name in ("here_since", "left_at"):
        stamps.append(Subquery(theirs.order_by(F(name).desc(nulls_last=True)).values(name)[:1]))
    return Greatest(F("layers_changed_at"), Value(SINCE), *stamps)


def _uid(schedule: int, layer: object, start: datetime) -> str:
    """Of the slot, not of the person: a shift that somebody takes over moves in the calendar instead of doubling."""
    return f"{schedule}-{layer or 0}-{start:%Y%m%dT%H%M%SZ}"


def _signer() -> Signer:
    return Signer(salt="oncall.feed", sep=".")
