"""Every page that is looked at: its name, its address, and who looks."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR, MANAGER, ENGINEER, STRANGER = "administrator", "manager", "engineer", "stranger"


@dataclass(frozen=True)
class Shot:
    """One page. `path` may hold names in braces, see `FINDS`; a page whose names are not found is left out.

    `moment` is what happens to it before it is looked at (`shots.moments`); `fill` goes into its fields, by name, before
    `press`, a button, is pressed without the browser's own checks. `printed` pages are also judged as they are on paper.
    """

    group: str
    name: str
    path: str
    who: str = ENGINEER
    status: int = 200
    moment: str = ""
    fill: tuple[tuple[str, str], ...] = ()
    press: str = ""
    printed: bool = False

    @property
    def staged(self) -> bool:
        """Whether it is more than what its address answers."""
        return bool(self.moment or self.press)


@dataclass(frozen=True)
class Find:
    """What a name stands for: the first group of `pattern` in the page at `path` (its address last; it may hold names)."""

    path: str
    pattern: str


INCIDENT, SLUG = r"/incidents/(INC-\d+)/", r"([\w-]+)"
FINDS = {
    "open": Find("/incidents/?state=open&class=critical", INCIDENT),
    "held": Find("/incidents/?state=open&class=major", INCIDENT),
    "over": Find("/incidents/?state=resolved", INCIDENT),
    "closed": Find("/incidents/?state=closed", INCIDENT),
    "schedule": Find("/oncall/", rf"/oncall/(?!readiness/|dry-run/|wall/|health/|training/|pay/){SLUG}/"),
    "month": Find("/oncall/pay/", r"/oncall/pay/(\d{4}-\d\d)/"),
    "service": Find("/services/", rf"/services/(?!sources/|pager/|heartbeats/){SLUG}/"),
    "source": Find("/services/sources/", rf"/services/sources/{SLUG}/"),
    "heard": Find("/services/sources/", r"/services/sources/(prometheus|am)/"),
    "trial": Find("/services/sources/", r"/services/sources/(warehouse-grafana)/"),
    "delivery": Find("/services/sources/{heard}/", r"/deliveries/(\d+)/"),
    "silence": Find("/incidents/silences/", r"/incidents/silences/(\d+)/"),
    "heartbeat": Find("/services/heartbeats/", rf"/services/heartbeats/{SLUG}/"),
    "job": Find("/services/heartbeats/", r"/services/heartbeats/(backup)/"),
    "watchdog": Find("/services/heartbeats/", r"/services/heartbeats/(prometheus-lives)/"),
    "route": Find("/setup/routes/", r"/setup/routes/(\d+)/"),
    "mapped": Find("/services/sources/", r"/services/sources/(partners)/"),
    "postmortem": Find("/postmortems/", r"/postmortems/(INC-\d+)/"),
    "filed": Find("/postmortems/?state=reviewed", r"/postmortems/(INC-\d+)/"),
    "item": Find("/remediation/", r"/remediation/(\d+)/"),
    "week": Find("/ops/review/", r"/ops/review/(\d{4}-W\d\d)/"),
    "team": Find("/setup/", rf"/setup/team/{SLUG}/"),
    "area": Find("/setup/", rf"/setup/area/{SLUG}/"),
    "policy": Find("/setup/", rf"/setup/policy/{SLUG}/"),
    "made": Find("/setup/", rf"/setup/source/{SLUG}/"),
    "person": Find("/settings/people/", r"/settings/people/(\d+)/deactivate/"),
    "token": Find("/settings/tokens/", r"/settings/tokens/(\d+)/revoke/"),
    "told": Find("/status/incidents/", r'href="[^"]*/?(incidents/[\w-]+)/?"'),
}


def _shots(group: str, who: str, pages: dict[str, str]) -> tuple[Shot, ...]:
    return tuple(Shot(group, name, path, who, printed=name in PRINTED) for name, path in pages.items())


NOT_PAGES = {
    "incidents/<str:number>/live/": "the part of an incident's page that changes",
    "declare/preview/": "a part of the page that declares",
    "now/banner/": "a part of every page",
    "settings/methods/push/": "for the script that asks a browser to wake somebody",
    "manifest.webmanifest": "for the browser itself",
    r"^ops/review/(?P<text>[^/]{1,40}?)/?\.(?P<form>json|csv)$": "a file",
    r"^oncall/pay/(?P<text>[^/]{1,20}?)/?\.csv$": "a file",
    "sw.js": "for the browser itself",
    r"^ping/(?P<key>[^/]+)/?$": "answers machines",
    r"^ping/(?P<key>[^/]+)/(?P<word>start|fail|log|[0-9]{1,3})/?$": "answers machines",
    "setup/routes/versions/<int:number>/": "only where a rule was changed: not in the demo",
    "setup/source/<slug:slug>/versions/<int:number>/": "only where a rule was changed: not in the demo",
}
"""Addresses that answer 200 and are nothing to look at -> why."""
SAMPLES = {"style"}
"""Pages that show every component, those that stick to a page included."""
PRINTED = {"schedule", "postmortem-filed", "postmortem", "review", "review-now", "incident-over", "incident-closed"}


SHOTS = (
    *_shots(
        "now",
        ENGINEER,
        {"now": "/", "first-run": "/start/", "more": "/more/", "find": "/find/", "find-acts": "/find/?q=ack"},
    ),
    *_shots("now", MANAGER, {"now-manager": "/"}),
    *_shots(
        "now",
        ADMINISTRATOR,
        {
            "now-administrator": "/",
            "first-run-administrator": "/start/",
            "first-wake": "/start/wake/",
            "first-try": "/start/try/",
        },
    ),
    *_shots(
        "incidents",
        ENGINEER,
        {
            "incidents": "/incidents/",
            "incidents-all": "/incidents/?state=all",
            "incidents-none": "/incidents/?q=nothing-like-this",
            "incident": "/incidents/{open}/",
            "incident-held": "/incidents/{held}/",
            "incident-over": "/incidents/{over}/",
            "incident-closed": "/incidents/{closed}/",
            "incident-times": "/incidents/{over}/times/",
            "incident-pages": "/incidents/{open}/pages/",
            "impact": "/incidents/{over}/impact/new/",
            "declare": "/declare/",
        },
    ),
    *_shots(
        "oncall",
        ENGINEER,
        {"oncall": "/oncall/", "schedule": "/oncall/{schedule}/", "why": "/oncall/{schedule}/why/"},
    ),
    *_shots(
        "oncall",
        MANAGER,
        {
            "override": "/oncall/{schedule}/override/",
            "year": "/oncall/{schedule}/year/",
            "swap": "/oncall/{schedule}/swap/",
            "calendars": "/oncall/{schedule}/calendars/",
            "readiness": "/oncall/readiness/",
            "wall": "/oncall/wall/",
            "health": "/oncall/health/",
            "training": "/oncall/training/",
        },
    ),
    *_shots(
        "oncall",
        ENGINEER,
        {
            "dry-run": "/oncall/dry-run/?service={service}&severity=critical&at=2027-01-04T03:00",
            "dry-run-alert": "/oncall/dry-run/?source={source}",
        },
    ),
    *_shots(
        "oncall",
        ADMINISTRATOR,
        {
            "pay": "/oncall/pay/",
            "pay-month": "/oncall/pay/{month}/",
            "pay-slip": "/oncall/pay/{month}/{person}/",
            "pay-rates": "/oncall/pay/rates/",
        },
    ),
    *_shots(
        "learning",
        MANAGER,
        {
            "postmortems": "/postmortems/",
            "postmortem": "/postmortems/{postmortem}/",
            "postmortem-filed": "/postmortems/{filed}/",
            "postmortem-public": "/postmortems/{postmortem}/public/",
            "postmortem-none": "/postmortems/{open}/",
            "postmortem-extend": "/postmortems/{postmortem}/extend/",
            "postmortem-hand-over": "/postmortems/{postmortem}/hand-over/",
            "postmortem-blocked": "/postmortems/{postmortem}/blocked/",
            "postmortem-owed": "/postmortems/{postmortem}/owed/",
            "remediation": "/remediation/",
            "item": "/remediation/{item}/",
            "blocked": "/manage/blocked/",
        },
    ),
    *_shots(
        "review",
        MANAGER,
        {
            "review": "/ops/review/{week}/",
            "review-rows": "/ops/review/{week}/rows/incidents/",
            "review-now": "/ops/review/",
        },
    ),
    *_shots(
        "services",
        ADMINISTRATOR,
        {
            "services": "/services/",
            "service": "/services/{service}/",
            "pager": "/services/pager/",
            "sources": "/services/sources/",
            "source": "/services/sources/{source}/",
            "source-heard": "/services/sources/{heard}/",
            "source-watching": "/services/sources/{trial}/",
            "source-check": "/services/sources/{heard}/check/",
            "source-mapping": "/services/sources/{mapped}/mapping/",
            "delivery": "/services/sources/{heard}/deliveries/{delivery}/",
            "heartbeats": "/services/heartbeats/",
            "heartbeat": "/services/heartbeats/{heartbeat}/",
            "heartbeat-up": "/services/heartbeats/{job}/",
            "watchdog": "/services/heartbeats/{watchdog}/",
            "silences": "/incidents/silences/",
            "silence": "/incidents/silences/{silence}/",
            "silence-new": "/incidents/silences/new/",
            "maintenance-new": "/incidents/silences/new/?kind=maintenance",
            "noise": "/ops/noise/{week}/",
            "noise-now": "/ops/noise/",
        },
    ),
    *_shots(
        "setup",
        ADMINISTRATOR,
        {
            "setup": "/setup/",
            "setup-organisation": "/setup/organisation/",
            "setup-team": "/setup/team/",
            "setup-team-there": "/setup/team/{team}/",
            "setup-area": "/setup/area/",
            "setup-area-there": "/setup/area/{area}/",
            "setup-schedule-new": "/setup/schedule/",
            "setup-schedule": "/setup/schedule/{schedule}/",
            "setup-policy": "/setup/policy/",
            "setup-policy-there": "/setup/policy/{policy}/",
            "setup-service-new": "/setup/service/",
            "setup-service": "/setup/service/{service}/",
            "setup-routes": "/setup/routes/",
            "setup-route": "/setup/routes/new/",
            "setup-route-there": "/setup/routes/{route}/",
            "setup-route-versions": "/setup/routes/versions/",
            "setup-source-versions": "/setup/source/{made}/versions/",
            "setup-heartbeat": "/setup/heartbeat/",
            "setup-heartbeat-there": "/setup/heartbeat/{heartbeat}/",
            "setup-source": "/setup/source/",
            "setup-source-there": "/setup/source/{made}/",
            "style": "/style/",
            "offline": "/offline/",
        },
    ),
    *_shots("settings", ENGINEER, {"profile": "/settings/", "methods": "/settings/methods/"}),
    *_shots(
        "settings",
        ADMINISTRATOR,
        {
            "people": "/settings/people/",
            "invite": "/settings/people/invite/",
            "switch-off": "/settings/people/{person}/deactivate/",
            "tokens": "/settings/tokens/",
            "history": "/settings/history/",
            "mail": "/settings/mail/",
            "calendar": "/settings/calendar/",
            "away": "/settings/away/",
            "away-calendars": "/settings/away/calendars/",
        },
    ),
    *_shots(
        "outside",
        STRANGER,
        {
            "sign-in": "/account/login/",
            "password-reset": "/account/password/reset/",
            "password-reset-sent": "/account/password/reset/done/",
            "password-reset-key": "/account/password/reset/key/1-wrong/",
            "password-reset-over": "/account/password/reset/key/done/",
            "sign-up-closed": "/account/signup/",
            "switched-off": "/account/inactive/",
            "sign-in-by-link": "{signin}",
            "page-by-link": "{link}",
            "status": "/status/",
            "status-incidents": "/status/incidents/",
            "status-incident": "/status/{told}/",
        },
    ),
    *_shots("settings", ENGINEER, {"sign-out": "/account/logout/", "password": "/account/password/set/"}),
    Shot("outside", "page-by-no-link", "/p/nothing/", STRANGER, 404),
    Shot("outside", "not-there", "/incidents/INC-99999999/", ENGINEER, 404),
    Shot("outside", "not-allowed", "/settings/history/", ENGINEER, 403),
)


@dataclass(frozen=True)
class Picture:
    """A picture for the documentation: which page, how wide and high, in which light."""

    shot: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"


DOCS = {
    "now": Picture("now"),
    "incident": Picture("incident-held"),
    "page-phone": Picture("page-by-link", 360, 640),
    "schedule": Picture("schedule"),
    "postmortem": Picture("postmortem-filed"),
    "review": Picture("review"),
    "status": Picture("status"),
    "night": Picture("incident", 360, 740, "dark"),
}
