"""What learning asks of one person now: postmortems, items, answers to give, and the next word to customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from desk.guard import not_hidden
from desk.learning import Face, faces_by_incident
from desk.postmortems import theirs
from incidents.models import OPEN, RoleTenure
from postmortems import item_rules, lifecycle
from postmortems.models import Clock, Postmortem, Remediation, UnblockRequest
from status.models import PublicUpdate
from status.states import standing_updates
from teams.models import User
from teams.permissions import Standing

AHEAD = timedelta(days=7)
"""How long before its day an item is named."""
WORD_AHEAD = timedelta(minutes=30)
SHOWN = 20
COUNTED = 3
"""For so many postmortems the open checks are counted: a page costs the same, however much is owed."""


@dataclass(frozen=True)
class Duty:
    """One sentence and its buttons. `due` is when it runs out."""

    text: str
    url: str
    act: str
    due: datetime | None = None
    urgent: bool = False
    detail: str = ""
    also_url: str = ""
    also_act: str = ""


def duties_of(user: User, standing: Standing, at: datetime) -> list[Duty]:
    """Everything; the number of queries does not depend on how much is owed."""
    return [
        *_postmortems(user, at),
        *_items(user, at),
        *_answers(user, at),
        *_extensions(user, standing, at),
        *_next_words(user, at),
    ]


def _postmortems(user: User, at: datetime) -> Iterator[Duty]:
    """Those that this person owns, and public ones of incidents in which this person speaks for us."""
    speaks = RoleTenure.objects.filter(person=user, role=RoleTenure.Role.POINT_OF_CONTACT, end=None)
    owed = Clock.objects.filter(ended_at=None, state__in=["running", "missed"])
    mine = Q(owner=user) | Q(incident__in=speaks.values("incident"))
    rows = list(theirs(user).filter(mine, pk__in=owed.values("postmortem")).order_by("-incident")[:SHOWN])
    faces = faces_by_incident(rows, at)
    counted = 0
    for pm in rows:
        found = faces[pm.incident_id]
        if found.internal and found.internal.tone != "done" and not pm.is_filed and pm.owner_id == user.pk:
            counted += 1
            yield _internal(pm, found.internal, at, counts=counted <= COUNTED)
        if found.public and found.public.tone != "done" and pm.published_at is None:
            yield _public(pm, found.public, at)


def _internal(pm: Postmortem, face: Face, at: datetime, *, counts: bool) -> Duty:
    open_checks = sum(not check.ok for check in lifecycle.checks_of(pm)) if counts else None
    told = {"number": pm.incident.number, "title": pm.incident.title}
    return Duty(
        _("Postmortem %(number)s %(title)s") % told,
        pm.path,
        _("Open"),
        due=face.due_at,
        urgent=face.due_at <= at,
        detail=_checks_word(open_checks),
        also_url=reverse("desk:postmortem_form", args=[pm.incident.number, "hand-over"]),
        also_act=_("Hand over"),
    )


def _checks_word(count: int | None) -> str:
    if count is None:
        return ""
    return _("%d of 6 checks open") % count if count else _("All checks are met: file it")


def _public(pm: Postmortem, face: Face, at: datetime) -> Duty:
    told = {"number": pm.incident.number, "title": pm.incident.title}
    return Duty(
        _("Public postmortem %(number)s %(title)s") % told,
        f"{pm.path}public/",
        _("Write it"),
        due=face.due_at,
        urgent=face.due_at <= at,
        detail=_("Signed, not published yet") if pm.public_signed_at else _("Promised to customers"),
    )


def _items(user: User, at: datetime) -> Iterator[Duty]:
    """This person's items: those proposed to them, those due within a week, those that are overdue."""
    today, state = localdate(at), Remediation.State
    doing = Q(state__in=[state.ACCEPTED, state.IN_PROGRESS], due__lte=today + AHEAD)
    rows = Remediation.objects.filter(doing | Q(state=state.PROPOSED), owner=user)
    rows = rows.filter(not_hidden(user, "postmortem__incident")).select_related("postmortem")
    for item in rows.order_by("due", "pk")[:SHOWN]:
        if item.state == state.PROPOSED:
            yield Duty(item.title, item.path, _("Decide"), due=_end_of(item.due), detail=_("Proposed to you"))
            continue
        stands = item_rules.asks_what_blocks(item.state, item.due, today)
        detail = _("What stands in its way?") if stands else f"{item.priority} · {item.postmortem.incident}"
        late = bool(item.due and item.due < today)
        yield Duty(item.title, item.path, _("Open"), due=_end_of(item.due), urgent=late, detail=detail)


def _end_of(day: date | None) -> datetime | None:
    """The end of that day."""
    return datetime.combine(day, time(23, 59), tzinfo=UTC) if day else None


def _answers(user: User, at: datetime) -> Iterator[Duty]:
    """Questions to this person as a manager that have no answer yet."""
    waiting = UnblockRequest.objects.filter(manager=user, answered_at=None, ended_at=None)
    waiting = waiting.filter(not_hidden(user, "item__postmortem__incident")).select_related("item", "by")
    for asked in waiting.order_by("due_at")[:SHOWN]:
        who = asked.by.short_name if asked.by else _("Somebody")
        yield Duty(
            _("%(who)s cannot go on: %(title)s") % {"who": who, "title": asked.item.title},
            f"{reverse('desk:blocked')}#item-{asked.item_id}",
            _("Answer"),
            due=asked.due_at,
            urgent=asked.due_at <= at,
            detail=f"{asked.get_code_display()}: {asked.text}"[:200],
        )


def _extensions(user: User, standing: Standing, at: datetime) -> Iterator[Duty]:
    """More time that the owner of a postmortem asked the managers of the team for."""
    if not standing.manages:
        return
    asked = Clock.objects.filter(state=Clock.State.RUNNING, extension_asked_at__isnull=False, due_at__gt=at)
    teams = asked.filter(extended_by=None, postmortem__incident__service__team__in=standing.manages)
    for clock in teams.select_related("postmortem__incident", "postmortem__owner").order_by("due_at")[:SHOWN]:
        pm = clock.postmortem
        who = pm.owner.short_name if pm.owner else _("Somebody")
        yield Duty(
            _("%(who)s asks for more time for the postmortem of %(number)s")
            % {"who": who, "number": pm.incident.number},
            f"{reverse('desk:postmortem_form', args=[pm.incident.number, 'extend'])}?kind={clock.kind}",
            _("Answer"),
            due=clock.due_at,
            detail=clock.extension_reason[:200],
        )


def _next_words(user: User, at: datetime) -> Iterator[Duty]:
    """Promises of the next word to customers that run out: for who speaks for us, else for who has the incident."""
    contacts = RoleTenure.objects.filter(role=RoleTenure.Role.POINT_OF_CONTACT, end=None)
    mine = Q(public__incident__in=contacts.filter(person=user).values("incident"))
    held = Q(public__incident__held_by=user) & ~Q(public__incident__in=contacts.values("incident"))
    latest = standing_updates().filter(mine | held, public__incident__state__in=[str(state) for state in OPEN])
    for update in latest.select_related("public__incident").order_by("public_id", "-at", "-pk").distinct("public_id"):
        promised, incident = update.next_by, update.public.incident
        if promised is None or update.status == PublicUpdate.Status.RESOLVED or promised > at + WORD_AHEAD:
            continue
        yield Duty(
            _("Next word to customers promised on %s") % incident,
            f"{incident.path}#ask-update",
            _("Write it"),
            due=promised,
            urgent=promised <= at,
            detail=update.public.title,
        )
