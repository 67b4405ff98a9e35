"""What rotations asked of their people in the last 90 days, in a constant number of statements.

Everything is collected here, also of single persons: who may read that is asked where it is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from incidents.models import TimelineEntry
from oncall import health, rosters
from oncall.health import ALL_DAY, WINDOW, Figures, Flag, Rotation, Span
from oncall.interruptions import Call, Hours, Interruption, interruptions
from oncall.models import DutyRole, LayerMember, Schedule
from oncall.skills import trained_for
from oncall.stored import gone
from paging.models import Page
from paging.verdicts import Verdict
from review.collect import CHAIN, rotations_of
from teams.models import User

AHEAD = timedelta(days=28)
"""How far ahead a roster is read to see whether it is around the clock."""
LATELY = timedelta(days=2)
COLUMNS = (
    *("pk", "person", "created_at", "person__timezone", "person__region", "incident"),
    *("escalation", "round", "step", "because", "acked_at", "incident__mitigated_at", "incident__resolved_at"),
)


@dataclass(frozen=True)
class Own:
    """The figures of one person in one rotation; `share` and `rang` are theirs of all of it, `weeks` of any pager."""

    person: User
    hours: float
    share: float
    interruptions: int
    rang: float
    weeks: float
    shifts: Sequence[Figures]
    rest_until: datetime | None

    @property
    def percents(self) -> tuple[int, int, int]:
        """Their shares of the hours, of the interruptions, and of the weeks, in percent."""
        return round(100 * self.share), round(100 * self.rang), round(100 * self.weeks)

    @property
    def newest(self) -> list[Figures]:
        """The latest shift first."""
        return list(reversed(self.shifts))

    @property
    def last(self) -> Figures | None:
        """Their latest shift, which may still run."""
        return self.shifts[-1] if self.shifts else None


@dataclass(frozen=True)
class Health:
    """One rotation: its flags, what rang, and each person's own figures by name."""

    schedule: Schedule
    rotation: Rotation
    flags: Sequence[Flag]
    people: Sequence[Own]

    @property
    def pages(self) -> int:
        """Of all shifts."""
        return sum(one.pages for one in self.rotation.figures)

    @property
    def interruptions(self) -> int:
        """Of all shifts."""
        return sum(one.interruptions for one in self.rotation.figures)

    @property
    def off_hours(self) -> int:
        """Interruptions outside working hours."""
        return sum(one.off_hours for one in self.rotation.figures)

    @property
    def of_sleep(self) -> int:
        """Interruptions of sleep."""
        return sum(one.of_sleep for one in self.rotation.figures)

    @property
    def judged(self) -> int:
        """How often somebody said whether it was worth it."""
        return sum(one.judged for one in self.rotation.figures)

    @property
    def actionable(self) -> float | None:
        """The share that was worth waking somebody; None: nobody said."""
        return sum(one.worth for one in self.rotation.figures) / self.judged if self.judged else None


@dataclass(frozen=True)
class _Heard:
    """What rang, by rotation and by person, and what everybody did."""

    calls: Mapping[str, list[Call]]
    joined: Mapping[int, list[Interruption]]
    engaged: Mapping[int, list[Span]]
    verdicts: Mapping[int, dict[int, bool]]
    acted: Mapping[int, datetime]


def health_of(schedules: Iterable[Schedule], at: datetime) -> list[Health]:
    """Of each schedule, in their order, over the 90 days before `at`; give them with their team.

    About twelve statements, however many schedules and people there are. The weeks count every pager that somebody
    has first or second, also of schedules that are not asked about.
    """
    schedules = list(schedules)
    start = at - WINDOW
    everywhere = list(Schedule.objects.live())
    first = rosters.shifts_of({*everywhere, *schedules}, start, at + AHEAD)
    second = rosters.shifts_of(everywhere, start, at, role=DutyRole.SECONDARY)
    heard = _heard(everywhere, start, at)
    members = _members(schedules, at)
    trained = trained_for(schedules, at)
    weeks = _weeks([*first.values(), *second.values()], start, at)
    return [_one(one, first[one], members[one.pk], heard, weeks, trained[one.pk], at) for one in schedules]


def _heard(schedules: Iterable[Schedule], start: datetime, at: datetime) -> _Heard:
    """Pages about incidents; tests to oneself and drills are none."""
    sent = {"created_at__gte": start - CHAIN, "created_at__lt": at}
    pages = Page.objects.exclude(reason=Page.Reason.TEST).filter(incident__drill=False, **sent)
    rotation = rotations_of(pages, {one.slug: one.name or one.slug for one in schedules})
    calls: dict[str, list[Call]] = defaultdict(list)
    engaged: dict[int, list[Span]] = defaultdict(list)
    for row in pages.order_by("created_at", "pk").values_list(*COLUMNS):
        pk, person, rang, zone, region, incident, run, round_, step, because, acked, mitigated, resolved = row
        slug = rotation(run, round_, step, because).partition("/")[0]
        calls[slug].append(Call(pk, person, rang, zone, slug, region, incident))
        if acked:
            engaged[person].append((acked, mitigated or resolved or at))
    joined: dict[int, list[Interruption]] = defaultdict(list)
    for one in interruptions((call for row in calls.values() for call in row), Hours(*settings.ONCALL_HOURS)):
        joined[one.person].append(one)
    return _Heard(calls, joined, engaged, _verdicts(pages), _acted(pages, at))


def _verdicts(pages: QuerySet[Page]) -> dict[int, dict[int, bool]]:
    """By person and incident."""
    found: dict[int, dict[int, bool]] = defaultdict(dict)
    said = Verdict.objects.filter(incident__in=pages.order_by().values("incident"))
    for person, incident, worth in said.values_list("person", "incident", "worth"):
        found[person][incident] = worth
    return found


def _acted(pages: QuerySet[Page], at: datetime) -> dict[int, datetime]:
    """When each person last did something to an incident that rang lately."""
    lately = pages.filter(created_at__gte=at - LATELY).order_by().values("incident")
    acts = TimelineEntry.objects.filter(incident__in=lately, by__isnull=False, at__lte=at).order_by()
    return dict(acts.values_list("by").annotate(last=Max("at")))


def _members(schedules: Sequence[Schedule], at: datetime) -> dict[int, dict[int, User]]:
    """Who takes turns as the first in each schedule, by id; those who left, and layers that are over, are none."""
    found: dict[int, dict[int, User]] = {one.pk: {} for one in schedules}
    runs = Q(layer__ends=None) | Q(layer__ends__gt=at.replace(tzinfo=None))  # a wall clock; hours do not matter here
    turns = LayerMember.objects.filter(runs, layer__schedule__in=found, layer__role=DutyRole.PRIMARY)
    for turn in turns.select_related("user", "layer"):
        left = gone(turn.user)
        if left is None or left > at:
            found[turn.layer.schedule_id][turn.user_id] = turn.user
    return found


def _weeks(rows: Iterable[Sequence[rosters.Shift]], start: datetime, at: datetime) -> dict[int, float]:
    """Each person's share of the time with any pager; two at once are one."""
    theirs: dict[int, list[Span]] = defaultdict(list)
    for shifts in rows:
        for shift in shifts:
            if shift.person and shift.start < at:
                theirs[shift.person.pk].append((shift.start, shift.end))
    return {person: health.covered(spans, start, at) / (at - start) for person, spans in theirs.items()}


def _one(
    schedule: Schedule,
    shifts: Sequence[rosters.Shift],
    members: Mapping[int, User],
    heard: _Heard,
    weeks: Mapping[int, float],
    trained: set[int],
    at: datetime,
) -> Health:
    hours = Hours(*settings.ONCALL_HOURS)
    held = _held(shifts, at)
    people = {**members, **{shift.person.pk: shift.person for shift in shifts if shift.person and shift.start < at}}
    done: dict[int, list[Figures]] = defaultdict(list)
    for shift in held:
        joined, engaged = heard.joined.get(shift.person, ()), heard.engaged.get(shift.person, ())
        verdicts = heard.verdicts.get(shift.person, {})
        found = health.figures(shift, joined, engaged, verdicts, hours, rotation=schedule.slug)
        done[shift.person].append(found)
    time = {pk: sum((one.hours for one in done[pk]), 0.0) for pk in people}
    rang = {pk: float(sum(one.interruptions for one in done[pk])) for pk in people}
    rotation = Rotation(
        hours={pk: time[pk] for pk in members},
        rang={pk: rang[pk] for pk in members},
        weeks={pk: weeks.get(pk, 0.0) for pk in members},
        calls=[call for call in heard.calls.get(schedule.slug, ()) if call.at >= at - WINDOW],
        figures=[one for pk in people for one in done[pk]],
        all_day=_all_day(shifts, at),
        trained=len(trained),
    )
    parts = (health.shares(time), health.shares(rang), weeks)
    own = [_own(person, done[pk], heard.acted.get(pk), parts, at) for pk, person in people.items()]
    return Health(schedule, rotation, rotation.flags(), sorted(own, key=lambda one: str(one.person).casefold()))


def _own(
    person: User,
    shifts: Sequence[Figures],
    acted: datetime | None,
    parts: tuple[Mapping[int, float], ...],
    at: datetime,
) -> Own:
    share, rang, weeks = (part.get(person.pk, 0.0) for part in parts)
    rest = timedelta(hours=settings.REST_HOURS)
    hours = Hours(*settings.ONCALL_HOURS)
    until = health.rest_until(acted, person.timezone, rest, hours, region=person.region) if acted else None
    return Own(
        person,
        hours=sum(one.hours for one in shifts),
        share=share,
        interruptions=sum(one.interruptions for one in shifts),
        rang=rang,
        weeks=weeks,
        shifts=shifts,
        rest_until=until if until and until > at else None,
    )


def _held(shifts: Sequence[rosters.Shift], at: datetime) -> list[health.Shift]:
    """Who had the pager before `at`: neighbours of one person, as two layers make them, are one shift."""
    found: list[health.Shift] = []
    for one in shifts:
        if one.person is None or one.start >= at:
            continue
        end = min(one.end, at)
        if found and (found[-1].person, found[-1].end) == (one.person.pk, one.start):
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(health.Shift(one.person.pk, one.start, end))
    return found


def _all_day(shifts: Sequence[rosters.Shift], at: datetime) -> bool:
    """Whether somebody has it around the clock in the weeks ahead."""
    ahead = [(one.start, one.end) for one in shifts if one.person and one.end > at]
    return health.covered(ahead, at, at + AHEAD) / AHEAD >= ALL_DAY
