"""The pages that the field leads to, by name and by what people call them; only those that the person may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from desk.palette_rows import Row, Word
from desk.setup_policy import POLICY
from desk.setup_schedule import SCHEDULE
from desk.setup_service import SERVICE
from desk.setup_source import SOURCE
from desk.setup_teams import AREA, TEAM
from teams.permissions import (
    MANAGING,
    Standing,
    may_admin,
    may_declare,
    may_edit_team_config,
    may_invite,
    may_run_pay,
    may_see_history,
    may_write,
)

May = Callable[[Standing], bool]


def _anybody(_who: Standing) -> bool:
    return True


def _sets_up(who: Standing) -> bool:
    return who.role in MANAGING


def _makes_for_all(who: Standing) -> bool:
    return may_edit_team_config(who, None)


def _makes(who: Standing) -> bool:
    """For a team of theirs at least."""
    return any(may_edit_team_config(who, team) for team in (None, *who.own_teams))


@dataclass(frozen=True)
class Place:
    """A page: the name of its address (and a query), its own name, what else people call it, and who may open it."""

    name: str
    title: Word
    icon: str
    also: Word
    may: May = _anybody
    query: str = ""

    def row(self) -> Row:
        """As a line of the field."""
        return Row(self.icon, self.title, reverse(self.name) + self.query)


MAIN = (
    Place("desk:home", _("Now"), "house", _("home start overview dashboard needs me")),
    Place("desk:incidents", _("Incidents"), "list", _("open incidents list acknowledge several")),
    Place(
        "desk:oncall", _("On-call"), "calendar-days", _("on call pager schedules rota roster policies escalation gaps")
    ),
    Place("desk:postmortems", _("Postmortems"), "book-open", _("learning post-mortem retrospective reports")),
    Place("desk:remediation", _("Remediation"), "wrench", _("items actions follow-up to do promises learning")),
    Place("desk:review", _("Review"), "activity", _("week weekly figures metrics numbers statistics")),
    Place("desk:services", _("Services"), "server", _("what we run owners playbooks")),
)
OTHERS = (
    Place("desk:silences", _("Silences and maintenance"), "bell-off", _("quiet mute planned work window snooze")),
    Place("desk:setup_routes", _("Routes"), "list", _("routing rules matchers which service alerts go"), _sets_up),
    Place("desk:noise", _("Noise"), "activity", _("tune delete alert rules flapping weekly pages too many")),
    Place(
        "desk:declare", _("Declare an incident"), "siren", _("new outage open incident report emergency"), may_declare
    ),
    Place("desk:incidents", _("Resolved incidents"), "circle-check", _("past over old"), query="?state=resolved"),
    Place("desk:incidents", _("Closed incidents"), "archive", _("past over old"), query="?state=closed"),
    Place("desk:blocked", _("What cannot go on"), "ban", _("blocked remediation waiting answer unblock")),
    Place("desk:sources", _("Sources"), "plug", _("integrations alertmanager webhook keys alerts intake prometheus")),
    Place(
        "desk:heartbeats", _("Heartbeats"), "activity", _("cron jobs backup ping healthchecks dead man switch watchdog")
    ),
    Place(
        "desk:dry_run",
        _("Who would be paged?"),
        "phone",
        _("dry run simulate test alert route escalation what if"),
    ),
    Place(
        "desk:wall",
        _("Who has the pager, on a screen"),
        "calendar-days",
        _("wall screen tv kiosk dashboard now on call"),
    ),
    Place(
        "desk:readiness",
        _("Who can be woken?"),
        "bell-ring",
        _("readiness ready reachable contact methods verified weekly test"),
    ),
    Place(
        "desk:health",
        _("On-call health"),
        "activity",
        _("fairness load interruptions sleep nights flags burnout rest wellbeing"),
    ),
    Place(
        "desk:training",
        _("Training and agreements"),
        "book-open",
        _("who is trained agreed single person risk records shadow skills"),
    ),
    Place(
        "desk:pay",
        _("Pay for being on call"),
        "file-text",
        _("money salary standby call-out compensation payroll allowance time off"),
    ),
    Place("desk:pay_rates", _("What being on call pays"), "settings", _("rate card rates hourly money"), may_run_pay),
    Place(
        "desk:pager_health",
        _("Is the pager itself well?"),
        "activity",
        _("health dispatcher worker heartbeat metrics queue"),
    ),
    Place(
        "desk:settings_methods",
        _("My phone & alarms"),
        "smartphone",
        _("notifications contact methods e-mail mail sms call sound alarm rules verify"),
    ),
    Place("desk:settings_profile", _("Settings"), "settings", _("my profile name time zone account preferences")),
    Place("account_change_password", _("Change the password"), "key-round", _("account sign in secret")),
    Place("teams:people", _("People"), "users", _("users members colleagues everybody roles accounts")),
    Place("teams:invite", _("Invite a person"), "user-plus", _("add user new colleague account"), may_invite),
    Place("desk:away", _("Away"), "moon", _("holiday vacation absence leave sick not on call"), may_write),
    Place(
        "desk:settings_calendar",
        _("Shifts in your calendar"),
        "calendar-days",
        _("ical ics feed subscribe google outlook apple on-call shifts"),
    ),
    Place("teams:tokens", _("API tokens"), "key-round", _("rest keys scripts access")),
    Place("teams:history", _("History of settings"), "clock", _("audit log who changed what"), may_see_history),
    Place("desk:settings_mail", _("Mail"), "mail", _("smtp e-mail server settings"), may_admin),
    Place("desk:setup", _("Set up"), "wrench", _("configuration settings teams schedules policies services"), _sets_up),
    Place("desk:setup_organisation", _("The organisation"), "globe", _("company name time zone set up"), may_admin),
    Place("desk:first_run", _("Help: the first page"), "circle-help", _("help start guide how to begin checklist")),
    Place("desk:style", _("Style page"), "layers", _("design components colours tokens"), may_admin),
)
_ADD = _("add new create set up")
FRESH = (
    Place("desk:setup_new_team", TEAM.fresh, "plus", _ADD, _makes_for_all),
    Place("desk:setup_new_area", AREA.fresh, "plus", _ADD, _makes_for_all),
    Place("desk:setup_new_schedule", SCHEDULE.fresh, "plus", _ADD, _makes),
    Place("desk:setup_new_policy", POLICY.fresh, "plus", _ADD, _makes),
    Place("desk:setup_new_service", SERVICE.fresh, "plus", _ADD, _makes),
    Place("desk:setup_new_source", SOURCE.fresh, "plus", _ADD, _makes),
)


def main_pages() -> list[Row]:
    """The pages of the main menu."""
    return [place.row() for place in MAIN]


def places(words: list[str], who: Standing) -> list[Row]:
    """Pages whose name or other names begin with each of the words; those found by their own name first."""
    asked = [word.casefold() for word in words]
    known = [place for place in (*MAIN, *OTHERS, *FRESH) if place.may(who)]
    named = [place for place in known if _has(str(place.title), asked)]
    return [place.row() for place in named + [one for one in known if one not in named and _fits(one, asked)]]


def _fits(place: Place, asked: list[str]) -> bool:
    return _has(f"{place.title} {place.also}", asked)


def _has(names: str, asked: list[str]) -> bool:
    known = names.casefold().replace("-", " ").split() + names.casefold().split()
    return bool(asked) and all(any(name.startswith(word) for name in known) for word in asked)
