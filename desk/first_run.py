"""What is missing until an alert wakes the right person: steps that tick themselves by facts, never by clicks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from string import Template

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from alerts import keys
from alerts.models import Body, Key, Source
from desk.forecast import would_page
from desk.guard import person, who
from desk.snippets import KEY, Snippet, snippets
from foundation.health import dispatcher_silent_since
from oncall import rosters
from oncall.models import Coverage, Schedule
from paging.channels.base import available
from paging.models import ContactMethod, Delivery, Page
from teams.models import Role, User
from teams.permissions import MANAGING

SHOWN = 20
"""Schedules that are looked at for a holder: a first run has one."""


@dataclass(frozen=True)
class Step:
    """One thing that must be true. `next` is set on the first that is not; `post` is a one-button form."""

    title: str
    done: bool
    text: str = ""
    fact: str = ""
    url: str = ""
    act: str = ""
    post: str = ""
    essential: bool = True
    mine: bool = False
    next: bool = False
    snippets: list[Snippet] = field(default_factory=list)


@require_safe
def first_run(request: HttpRequest) -> HttpResponse:
    """The steps for the person who looks, the first undone one with its act."""
    at = timezone.now()
    steps = mark_next(checklist(person(request), at, in_full=True))
    context = {
        "at": at,
        "steps": steps,
        "all_done": all(step.done for step in steps),
        "health": _health(at),
        "may_manage": who(request).role in MANAGING,
    }
    return render(request, "desk/first_run.html", context)


def checklist(user: User, at: datetime, *, in_full: bool = False) -> list[Step]:
    """The steps by facts, in a constant number of queries; `in_full` also says the facts of what is done."""
    return [
        _service(user),
        _pager(at),
        _method(user),
        _rang(user),
        _source(user, at, in_full=in_full),
        _second_person(),
    ]


def mark_next(steps: list[Step]) -> list[Step]:
    """The same steps with the first undone one marked."""
    first = next((number for number, step in enumerate(steps) if not step.done), None)
    return [Step(**{**step.__dict__, "next": number == first}) for number, step in enumerate(steps)]


def missing(user: User, at: datetime, *, manages: bool) -> list[Step]:
    """The essentials that are not true yet and that this person can do something about."""
    steps = checklist(user, at)
    return [step for step in steps if step.essential and not step.done and (manages or step.mine)]


def _service(user: User) -> Step:
    covered = Coverage.objects.filter(service__archived_at=None, policy__archived_at=None).select_related(
        "service", "policy"
    )
    found = covered.first()
    words = {"service": found.service, "policy": found.policy} if found else {}
    return Step(
        _("A service, and the policy that pages for it"),
        found is not None,
        _("Write your teams, services and policies into a file and apply it: ./run manage apply org.yaml"),
        _("%(service)s pages by %(policy)s.") % words if found else "",
        act=_("Show me how"),  # where the file to paste stands; on that page itself the file is the act
        snippets=[] if found else [Snippet("org.yaml", example(user))],
    )


def _pager(at: datetime) -> Step:
    schedules = list(Schedule.objects.filter(archived_at=None)[:SHOWN])
    duties = rosters.on_call_now(schedules, at) if schedules else []
    held = next(((schedule, duty.person) for schedule, duty in duties if duty.person), None)
    words = {"person": held[1], "schedule": held[0]} if held else {}
    return Step(
        _("Somebody has the pager"),
        held is not None,
        _("No schedule has anybody now. Schedules and their layers come from the same file."),
        _("%(person)s has the pager of %(schedule)s.") % words if held else "",
        url=reverse("desk:oncall"),
        act=_("See who is on call"),
    )


def _method(user: User) -> Step:
    usable = ContactMethod.objects.filter(user=user, verified_at__isnull=False, disabled_at=None, kind__in=available())
    words = [str(method.get_kind_display()) for method in usable]
    return Step(
        _("A way to wake you"),
        bool(words),
        _("A page to you goes nowhere yet, and the next person is asked at once."),
        _("You can be reached by %s.") % ", ".join(dict.fromkeys(words)) if words else "",
        url=reverse("desk:settings_methods"),
        act=_("Add a way"),
        mine=True,
    )


def _rang(user: User) -> Step:
    tests = Page.objects.filter(person=user, reason=Page.Reason.TEST, seen_at__isnull=False).order_by("-pk")
    rang = tests.values_list("seen_at", flat=True).first()
    return Step(
        _("It rang"),
        rang is not None,
        _("A real page to yourself by your own rules, marked as a test. Say that it rang when it did."),
        _("Your last test rang %s.") % _shown(rang) if rang else "",
        post=reverse("desk:page_me"),
        act=_("Page me"),
        essential=False,
        mine=True,
    )


def example(user: User) -> str:
    """A whole organisation of one person, ready to apply: pages reach the person who looks, by mail."""
    words = {"EMAIL": user.email, "NAME": json.dumps(user.short_name), "ROLE": user.role, "ZONE": user.timezone}
    return Template(ORGANISATION).substitute(words, KEY=_key_for(user))


def _key_for(user: User) -> str:
    """The key in the example: never one that stands in a public text, and the same whenever this person looks."""
    return salted_hmac("desk.first_run", str(user.pk), algorithm="sha256").hexdigest()[:40]


def _key_to_show(user: User, at: datetime) -> str:
    """The example's key once it was applied, so that what is pasted works; else only the place where one goes."""
    found = keys.find(_key_for(user), at=at) if user.role == Role.ADMIN else None
    return _key_for(user) if found and not found.key.revoked_at and not found.source.archived_at else KEY


def _source(user: User, at: datetime, *, in_full: bool) -> Step:
    key = Key.objects.filter(revoked_at=None, source__archived_at=None).select_related("source__service").first()
    first = (
        Body.objects.filter(accepted__gt=0).order_by("pk").defer("content").select_related("source__service").first()
    )
    text = _("Let something send alerts here. Make a key on the source's page and paste one of these.")
    fact = ""
    if first is not None:
        fact = _("First alert received %s.") % _shown(first.received_at)
        if in_full:
            fact = f"{fact} {would_page(first.source.service, at).sentence}"
    source: Source | None = key.source if key else Source.objects.filter(archived_at=None).first()
    if source is None:
        text = _("There is no source yet: sources come from the same file, or from an administrator.")
    return Step(
        _("Alerts come in"),
        first is not None,
        text,
        fact,
        url=reverse("desk:source", args=[source.slug]) if source else reverse("desk:sources"),
        act=_("Open the source") if source else _("See the sources"),
        snippets=_pasted(user, at) if in_full and first is None else [],
    )


def _pasted(user: User, at: datetime) -> list[Snippet]:
    key = _key_to_show(user, at)
    return snippets("alertmanager", key) + (snippets("generic")[:1] if key == KEY else [])


def _second_person() -> Step:
    others = User.objects.active().count() - 1
    return Step(
        _("Somebody who is asked when you do not answer"),
        others > 0,
        _("Invite a second person, and name them in the policy."),
        ngettext("%d other person is here.", "%d other people are here.", others) % others if others > 0 else "",
        url=reverse("teams:people"),
        act=_("Invite somebody"),
        essential=False,
    )


def _health(at: datetime) -> list[dict[str, object]]:
    silent = dispatcher_silent_since(at)
    said = _("No dispatcher has been heard for 15 s: start it with ./run up or manage.py dispatch. Alerts are stored.")
    mails, mail_said = _mail()
    return [
        {"name": _("Dispatcher"), "ok": silent is None, "sentence": said if silent else _("Looks for due pages now.")},
        {"name": _("Mail"), "ok": mails, "sentence": mail_said},
    ]


def _mail() -> tuple[bool, str]:
    """Whether mail is known to leave, by the last one that a server took; files reach nobody's mailbox."""
    if settings.EMAIL_BACKEND.endswith("MailFiles"):
        return False, _("Is written into %s and reaches no mailbox: set EMAIL_URL.") % mail_way()
    taken = Delivery.objects.filter(kind="email", state__in=["sent", "delivered", "read"]).order_by("-pk")
    last = taken.values_list("sent_at", flat=True).first()
    words = {"way": mail_way(), "at": _shown(last) if last else ""}
    if last is None:
        return False, _("Goes by %(way)s, which has taken no page yet: press “Page me”.") % words
    return True, _("Goes by %(way)s, which took the last page %(at)s.") % words


def mail_way() -> str:
    """Where mail goes, without secrets."""
    if settings.EMAIL_BACKEND.endswith("MailFiles"):
        return str(settings.EMAIL_FILE_PATH)
    scheme = "smtps" if settings.EMAIL_USE_SSL else "smtp+tls" if settings.EMAIL_USE_TLS else "smtp"
    return f"{scheme}://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


def _shown(at: datetime) -> str:
    return date_format(timezone.localtime(at), "D j M H:i:s")


ORGANISATION = """\
organisation: {name: Acme, timezone: $ZONE}
users:
  - email: $EMAIL
    name: $NAME
    role: $ROLE
    methods: {mail: {kind: email, address: $EMAIL, verified: true}}
teams:
  - {slug: ops, name: Operations, members: {$EMAIL: lead}}
schedules:
  - slug: ops-primary
    team: ops
    timezone: $ZONE
    layers:
      - {name: weekly, members: [$EMAIL], rotate: {every: 1, unit: week}, starts: "2026-01-05T09:00"}
policies:
  - {slug: ops, repeat: 2, steps: [{wait: 5m, notify: ["schedule:ops-primary"]}], catch_all: ["user:$EMAIL"]}
services:
  - {slug: my-service, name: My service, team: ops, policy: ops}
sources:
  - {slug: alertmanager, kind: alertmanager, key: "$KEY", service: my-service, resolve_hold: 0m}
"""
