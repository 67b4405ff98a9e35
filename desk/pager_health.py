"""Is the pager itself well? What it measures of itself, for everybody: whoever depends on it may look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from config.environment import chat_roles
from foundation.dispatch import registry
from foundation.health import CLOCK_SKEW, SILENT, clock_skew
from foundation.models import Process
from foundation.ui.times import duration
from paging import heartbeat, indicators
from paging.models import ContactMethod

WORKER_SILENT = timedelta(minutes=3)
"""Workers speak when they have worked, and there is work each minute."""
CHAT_SILENT = timedelta(minutes=2)
"""Those who ask a chat have an answer at least each half minute."""
LIMITS = {
    "dispatch": SILENT,
    "worker": WORKER_SILENT,
    **dict.fromkeys(("slack", "telegram", "matrix", "mailin"), CHAT_SILENT),
}
ROLES: dict[str, str | Promise] = {
    "dispatch": gettext_lazy("dispatcher"),
    "worker": gettext_lazy("worker"),
    "slack": gettext_lazy("connection to Slack"),
    "telegram": gettext_lazy("connection to Telegram"),
    "matrix": gettext_lazy("connection to Matrix"),
    "mailin": gettext_lazy("server for alerts by mail"),
}
SHOWN = 50
WORKS: dict[str, str | Promise] = {
    "paging": gettext_lazy("Incidents to look at"),
    "sending": gettext_lazy("Pages to hand over"),
    "clocks": gettext_lazy("Clocks of postmortems"),
}


@dataclass(frozen=True)
class Check:
    """Something that must be so. `ok` is None where it is not known: unknown is never shown as well."""

    ok: bool | None
    text: str


@dataclass(frozen=True)
class Running:
    """A process and whether it has been heard lately."""

    process: Process
    silent: bool

    @property
    def role(self) -> str:
        """What it is, in words."""
        return str(ROLES[self.process.role])


@dataclass(frozen=True)
class MediumRow:
    """A medium: (last day, last seven days) of what was sent, failed, and is unknown."""

    name: str
    sent: tuple[int, int]
    failed: tuple[int, int]
    unknown: tuple[int, int]


@require_safe
def pager_health(request: HttpRequest) -> HttpResponse:
    """Processes, what is late, clocks, and how well it did over a day and a week."""
    at = timezone.now()
    running = _running(at)
    checks = [*_processes(running), *_chats(running), *_mail_in(running), *_late(at), _clocks(), *_synthetic(at)]
    context = {
        "at": at,
        "checks": checks,
        "well": verdict(checks),
        "running": running,
        "spans": list(zip((_("Last 24 hours"), _("Last 7 days")), indicators.windows(at), strict=True)),
        "media": _media(at),
        "has_heartbeat": bool(settings.HEARTBEAT_URL),
    }
    return render(request, "desk/pager_health.html", context)


def verdict(checks: list[Check]) -> bool | None:
    """False when anything is wrong, None when anything is unknown, True only when all is known to be well."""
    if any(check.ok is False for check in checks):
        return False
    return True if checks and all(check.ok for check in checks) else None


def _running(at: datetime) -> list[Running]:
    found = Process.objects.filter(role__in=list(LIMITS)).order_by("role", "-beat_at", "name")[:SHOWN]
    return [Running(one, at - one.beat_at > LIMITS[one.role]) for one in found]


def _processes(running: list[Running]) -> list[Check]:
    heard = {role: [one for one in running if one.process.role == role] for role in ("dispatch", "worker")}
    alive = {role: [one for one in found if not one.silent] for role, found in heard.items()}
    checks = [
        Check(True, _("A dispatcher is heard."))
        if alive["dispatch"]
        else Check(
            False, _("No dispatcher is heard: nobody is paged. Start “./run up”, or “manage.py dispatch” on any host.")
        )
    ]
    if alive["worker"]:
        checks.append(Check(True, _("A worker is heard.")))
    elif heard["worker"] and alive["dispatch"]:
        checks.append(
            Check(False, _("No worker is heard: pages still leave, through the dispatcher, two seconds later."))
        )
    elif heard["worker"]:
        checks.append(Check(False, _("No worker is heard either: “./run up” starts both.")))
    else:
        checks.append(Check(None, _("No worker has been heard in the last day.")))
    return checks


def _chats(running: list[Running]) -> list[Check]:
    """Chats that are asked by a process of ours: without it, presses on their buttons do nothing."""
    alive = {one.process.role for one in running if not one.silent}
    well = _("The %(role)s is heard.")
    away = _("The %(role)s is not heard: presses there do nothing until “manage.py %(name)s” runs and gets an answer.")
    return [
        Check(name in alive, (well if name in alive else away) % {"role": ROLES[name], "name": name})
        for name in chat_roles(lambda name: str(getattr(settings, name)))
    ]


def _mail_in(running: list[Running]) -> list[Check]:
    """Alerts by mail wait at the mail server of the house while nobody takes them."""
    if not settings.MAIL_IN:
        return []
    if any(one.process.role == "mailin" and not one.silent for one in running):
        return [Check(True, _("Alerts by mail are taken in."))]
    return [
        Check(False, _("Nobody takes alerts by mail: “manage.py mailin” is not heard. They wait where they were sent."))
    ]


def _late(at: datetime) -> list[Check]:
    late = registry.oldest_due(at)
    checks = []
    for work in registry.every_work():
        if work.oldest is None:
            continue
        seconds, name = late[work.name], WORKS.get(work.name, work.name)
        words = _("%(what)s: the oldest is %(late)s late.") if seconds >= 1 else _("%(what)s: nothing is late.")
        is_well = seconds <= work.late_after.total_seconds()
        checks.append(Check(is_well, words % {"what": name, "late": duration(seconds)}))
    return checks


def _clocks() -> Check:
    skew = clock_skew()
    words = _("The clocks of application and database differ by %.1f s.") % abs(skew.total_seconds())
    return Check(abs(skew) <= CLOCK_SKEW, words)


def _synthetic(at: datetime) -> list[Check]:
    """The last synthetic page, where one is asked for."""
    if not settings.HEARTBEAT_URL:
        return []
    came = heartbeat.last(at)
    if came is None:
        return [Check(None, _("No synthetic page came all the way in the last hour."))]
    words = _("The last synthetic page came all the way %s ago.") % duration(at - came)
    return [Check(at - came <= WORKER_SILENT, words)]


def _media(at: datetime) -> list[MediumRow]:
    labels = dict(ContactMethod.Kind.choices)
    return [
        MediumRow(
            str(labels.get(one.kind, one.kind)),
            one.of(*indicators.SENT),
            one.of(*indicators.FAILED),
            one.of(*indicators.UNKNOWN),
        )
        for one in indicators.media(at)
    ]
