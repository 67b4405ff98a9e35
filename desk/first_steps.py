"""What must be true until an alert wakes the right person: steps that tick themselves by facts, never by clicks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.models import Body, Key, Source
from desk.policies import Names
from oncall import rosters
from oncall.models import Coverage, EscalationPolicy, Schedule
from paging.forecast import would_page
from paging.methods import that_ring
from paging.models import ContactMethod, Page
from teams.models import Organisation, Role, Team, User
from teams.permissions import MANAGING

SHOWN = 20
"""Schedules that are looked at for a holder: a first run has one."""

WHOLE = frozenset({Role.ADMIN, Role.DIRECTOR})


@dataclass(frozen=True)
class Step:
    """One thing that must be true. `next` is set on the one to do now; `post` is a one-button form.

    `essential` ones also stand on Now until they are true; `later` ones are passed over while others are undone.
    """

    name: str
    title: str
    done: bool
    text: str = ""
    fact: str = ""
    url: str = ""
    act: str = ""
    post: str = ""
    essential: bool = True
    mine: bool = False
    later: bool = False
    next: bool = False


def checklist(user: User, at: datetime, *, in_full: bool = False) -> list[Step]:
    """The steps by facts, in a constant number of queries; `in_full` also says the facts of what is done."""
    steps = [
        _organisation(user),
        _people(user),
        _team(user),
        _pager(user, at),
        _policy(user),
        _service(user),
        _method(user),
        _source(user, at, in_full=in_full),
        _rang(user),
    ]
    return [step if step.mine or user.role in MANAGING else replace(step, url="") for step in steps]


def mark_next(steps: list[Step]) -> list[Step]:
    """The same steps with the first undone one marked; one that may wait comes after all others."""
    undone = [step for step in steps if not step.done]
    first = next((step for step in undone if not step.later), undone[0] if undone else None)
    return [replace(step, next=step is first) for step in steps]


def missing(user: User, at: datetime, *, manages: bool) -> list[Step]:
    """The essentials that are not true yet and that this person can do something about.

    One that stands on another undone one leads to the list of steps: there is no schedule without a team.
    """
    if not _lacks(user, at, manages=manages):
        return []
    found, waits = [], False
    for step in checklist(user, at):
        if step.essential and not step.done and (manages or step.mine):
            ready = step.mine or not waits
            found.append(step if ready else replace(step, url=reverse("desk:first_run"), act=_("See the steps")))
        waits = waits or not (step.done or step.later or step.mine)
    return found


def _lacks(user: User, at: datetime, *, manages: bool) -> bool:
    """Whether any essential is missing: nearly always none is, and then nothing else is asked."""
    if not _method(user).done:
        return True
    ours = (_service(user), _source(user, at, in_full=False), _pager(user, at)) if manages else ()
    return not all(step.done for step in ours)


def _form(name: str) -> str:
    """The address of a form that comes back here."""
    return f"{reverse(f'desk:setup_{name}')}?next={reverse('desk:first_run')}"


def _organisation(user: User) -> Step:
    the = Organisation.the()
    return Step(
        "organisation",
        _("Your organisation"),
        bool(the.name),
        _("A name, and the time zone in which most of you work."),
        _("%(name)s, %(zone)s.") % {"name": the.name, "zone": the.timezone},
        url=_form("organisation") if user.role == Role.ADMIN else "",
        act=_("Name it"),
        essential=False,
    )


def _people(user: User) -> Step:
    others = User.objects.active().count() - 1
    return Step(
        "people",
        _("Somebody who is asked when you do not answer"),
        others > 0,
        _("Invite a second person; then put them into the schedule or the policy. This can wait."),
        ngettext("%d other person is here.", "%d other people are here.", others) % others if others > 0 else "",
        url=f"{reverse('teams:invite')}?next={reverse('desk:first_run')}",
        act=_("Invite somebody"),
        essential=False,
        later=True,
    )


def _team(user: User) -> Step:
    found = Team.objects.filter(archived_at=None, memberships__isnull=False).first()
    return Step(
        "team",
        _("A team"),
        found is not None,
        _("People who own services together. You lead it until you say otherwise."),
        _("%s.") % found if found else "",
        url=_form("new_team") if user.role in WHOLE else "",
        act=_("Make a team"),
        essential=False,
    )


def _pager(user: User, at: datetime) -> Step:
    schedules = list(Schedule.objects.filter(archived_at=None)[:SHOWN])
    duties = rosters.on_call_now(schedules, at) if schedules else []
    held = next(((schedule, duty.person) for schedule, duty in duties if duty.person), None)
    words = {"person": held[1], "schedule": held[0]} if held else {}
    text = _("No schedule has anybody now.") if schedules else _("A schedule says who has the pager when.")
    return Step(
        "schedule",
        _("Somebody has the pager"),
        held is not None,
        text,
        _("%(person)s has the pager of %(schedule)s.") % words if held else "",
        url=reverse("desk:oncall") if schedules else _form("new_schedule"),
        act=_("See who is on call") if schedules else _("Make a schedule"),
    )


def _policy(user: User) -> Step:
    found = EscalationPolicy.objects.filter(archived_at=None).prefetch_related("steps").first()
    first = list(found.steps.all())[:1] if found else []
    who = Names.of(first[0].notify).all(first[0].notify) if first else ""
    return Step(
        "policy",
        _("An escalation policy"),
        found is not None,
        _("Who is asked first, how long they have, and who is paged when nobody answers."),
        _("%(policy)s first asks %(who)s.") % {"policy": found, "who": who} if who else str(found or ""),
        url=_form("new_policy"),
        act=_("Make a policy"),
        essential=False,
    )


def _service(user: User) -> Step:
    covered = Coverage.objects.filter(service__archived_at=None, policy__archived_at=None)
    found = covered.select_related("service", "policy").first()
    words = {"service": found.service, "policy": found.policy} if found else {}
    return Step(
        "service",
        _("A service, and the policy that pages for it"),
        found is not None,
        _("Something that people rely on: alerts are about it, incidents happen to it."),
        _("Alerts about %(service)s go by the policy %(policy)s.") % words if found else "",
        url=_form("new_service"),
        act=_("Make a service"),
    )


def _method(user: User) -> Step:
    words = [str(method.get_kind_display()) for method in that_ring().filter(user=user)]
    here = not words and ContactMethod.objects.filter(user=user, kind="email", disabled_at=None).exists()
    return Step(
        "method",
        _("A way to wake you"),
        bool(words),
        _("A page to you goes nowhere yet, and the next person is asked at once."),
        _("You can be reached by %s.") % ", ".join(dict.fromkeys(words)) if words else "",
        url=reverse("desk:first_wake" if here and user.role == Role.ADMIN else "desk:settings_methods"),
        act=_("Try it") if here else _("Add a way"),
        mine=True,
    )


def _rang(user: User) -> Step:
    tests = Page.objects.filter(person=user, reason=Page.Reason.TEST, seen_at__isnull=False).order_by("-pk")
    rang = tests.values_list("seen_at", flat=True).first()
    return Step(
        "rang",
        _("A test page, and it rang"),
        rang is not None,
        _("A real page to yourself by your own rules, marked as a test. Say that it rang when it did."),
        _("It rang on %s.") % shown(rang) if rang else "",
        post=reverse("desk:page_me"),
        act=_("Page me"),
        essential=False,
        mine=True,
    )


def _source(user: User, at: datetime, *, in_full: bool) -> Step:
    key = Key.objects.filter(revoked_at=None, source__archived_at=None).select_related("source__service").first()
    first = (
        Body.objects.filter(accepted__gt=0).order_by("pk").defer("content").select_related("source__service").first()
    )
    text = _("Nothing has come in yet. Fire a test alert, or paste a block into what shall send.")
    fact = ""
    if first is not None:
        fact = _("The first one came on %s.") % shown(first.received_at)
        if in_full:
            fact = f"{fact} {_('One that came now would page %s.') % would_page(first.source.service, at).asked}"
    source: Source | None = key.source if key else Source.objects.filter(archived_at=None).first()
    if source is None:
        text = _("A source is a sender with a key: Alertmanager, or anything that can post JSON.")
    return Step(
        "source",
        _("Alerts come in"),
        first is not None,
        text,
        fact,
        url=reverse("desk:first_try") if source else _form("new_source"),
        act=_("Break something") if source else _("Make a source"),
    )


def clock(at: datetime | None) -> str:
    """An instant of this day in the viewer's zone: "12:03:07"; "" when there is none."""
    return date_format(timezone.localtime(at), "H:i:s") if at else ""


def shown(at: datetime) -> str:
    """An instant in the viewer's zone, to the minute."""
    return date_format(timezone.localtime(at), "D j M H:i")
