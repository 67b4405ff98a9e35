"""The page of the first page: what is missing until an alert wakes the right person, and how well the machine is."""

from __future__ import annotations

import json
from datetime import datetime
from string import Template

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alerts import keys
from desk.answers import SeeOther
from desk.first_form import WhoForm, is_first
from desk.first_steps import checklist, mark_next, shown
from desk.guard import person, require, who
from desk.snippets import KEY, Snippet, snippets
from foundation.health import dispatcher_silent_since
from paging.models import Delivery
from teams.models import Organisation, Role, User
from teams.people import Refused
from teams.permissions import MANAGING


@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Whoever begins here is asked who they are; POST makes it all. Afterwards: what is missing to be woken, step by step."""
    user = person(request)
    if request.method == "POST":
        return _begin(request, user)
    return _ask(request, WhoForm(user=user), user) if is_first(user) else _steps(request, user)


def _begin(request: HttpRequest, user: User) -> HttpResponse:
    """Make everything that a first page needs; sent twice it is made once."""
    require(user.role == Role.ADMIN, _("An administrator begins."))
    if not is_first(user):
        return SeeOther(reverse("desk:first_wake" if Organisation.the().name else "desk:first_run"))
    form = WhoForm(request.POST, user=user)
    if not form.is_valid():
        return _ask(request, form, user, status=422)
    try:
        form.save(at=timezone.now())
    except Refused as refusal:
        form.add_error("email", str(refusal))
        return _ask(request, form, user, status=422)
    return SeeOther(reverse("desk:first_wake"))


def _ask(request: HttpRequest, form: WhoForm, user: User, status: int = 200) -> HttpResponse:
    """Screen 1."""
    context = {
        "at": timezone.now(),
        "form": form,
        "file": Snippet("org.yaml", example(user)),
        "health": _health(timezone.now()),
    }
    return render(request, "desk/first_who.html", context, status=status)


def _steps(request: HttpRequest, user: User) -> HttpResponse:
    """The steps for the person who looks, the first undone one with its act; beside it the same as a file."""
    at = timezone.now()
    steps = mark_next(checklist(user, at, in_full=True))
    manages = who(request).role in MANAGING
    heard = next(step.done for step in steps if step.name == "source")
    context = {
        "at": at,
        "steps": steps,
        "all_done": all(step.done for step in steps),
        "ready": all(step.done or step.later for step in steps),
        "health": _health(at),
        "may_manage": manages,
        "file": Snippet("org.yaml", example(user)) if manages and not all(step.done for step in steps) else None,
        "pasted": [] if heard else _pasted(user, at),
    }
    return render(request, "desk/first_run.html", context)


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


def _pasted(user: User, at: datetime) -> list[Snippet]:
    key = _key_to_show(user, at)
    return snippets("alertmanager", key) + (snippets("generic")[:1] if key == KEY else [])


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
    words = {"way": mail_way(), "at": shown(last) if last else ""}
    if last is None:
        return False, _("Goes by %(way)s, which has taken no page yet: press “Page me”.") % words
    return True, _("Goes by %(way)s, which took the last page %(at)s.") % words


def mail_way() -> str:
    """Where mail goes, without secrets."""
    if settings.EMAIL_BACKEND.endswith("MailFiles"):
        return str(settings.EMAIL_FILE_PATH)
    scheme = "smtps" if settings.EMAIL_USE_SSL else "smtp+tls" if settings.EMAIL_USE_TLS else "smtp"
    return f"{scheme}://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"


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
