"""Every page that is looked at: its name, its address, and who looks."""

from __future__ import annotations

from dataclasses import dataclass

ADMINISTRATOR, MANAGER, ENGINEER, STRANGER = "administrator", "manager", "engineer", "stranger"


@dataclass(frozen=True)
class Shot:
    """One page. `path` may hold names in braces, see `FINDS`; a page whose names are not found is left out."""

    group: str
    name: str
    path: str
    who: str = ENGINEER
    status: int = 200


@dataclass(frozen=True)
class Find:
    """What a name stands for: the first group of `pattern` in the page at `path` (its address last)."""

    path: str
    pattern: str


INCIDENT, SLUG = r"/incidents/(INC-\d+)/", r"([\w-]+)"
FINDS = {
    "open": Find("/incidents/?state=open&class=critical", INCIDENT),
    "held": Find("/incidents/?state=open&class=major", INCIDENT),
    "over": Find("/incidents/?state=resolved", INCIDENT),
    "closed": Find("/incidents/?state=closed", INCIDENT),
    "schedule": Find("/oncall/", rf"/oncall/{SLUG}/"),
    "service": Find("/services/", rf"/services/(?!sources/){SLUG}/"),
    "source": Find("/services/sources/", rf"/services/sources/{SLUG}/"),
    "postmortem": Find("/postmortems/", r"/postmortems/(INC-\d+)/"),
    "filed": Find("/postmortems/?state=reviewed", r"/postmortems/(INC-\d+)/"),
    "item": Find("/remediation/", r"/remediation/(\d+)/"),
    "week": Find("/ops/review/", r"/ops/review/(\d{4}-W\d\d)/"),
    "told": Find("/status/incidents/", r'href="[^"]*/?(incidents/[\w-]+)/?"'),
}


def _shots(group: str, who: str, pages: dict[str, str]) -> tuple[Shot, ...]:
    return tuple(Shot(group, name, path, who) for name, path in pages.items())


SHOTS = (
    *_shots("now", ENGINEER, {"now": "/", "first-run": "/start/", "more": "/more/"}),
    *_shots("now", MANAGER, {"now-manager": "/"}),
    *_shots("now", ADMINISTRATOR, {"now-administrator": "/", "first-run-administrator": "/start/"}),
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
            "declare": "/declare/",
        },
    ),
    *_shots(
        "oncall",
        ENGINEER,
        {"oncall": "/oncall/", "schedule": "/oncall/{schedule}/", "why": "/oncall/{schedule}/why/"},
    ),
    *_shots("oncall", MANAGER, {"override": "/oncall/{schedule}/override/"}),
    *_shots(
        "learning",
        MANAGER,
        {
            "postmortems": "/postmortems/",
            "postmortem": "/postmortems/{postmortem}/",
            "postmortem-filed": "/postmortems/{filed}/",
            "postmortem-public": "/postmortems/{postmortem}/public/",
            "postmortem-extend": "/postmortems/{postmortem}/extend/",
            "remediation": "/remediation/",
            "item": "/remediation/{item}/",
            "blocked": "/manage/blocked/",
        },
    ),
    *_shots(
        "review",
        MANAGER,
        {"review": "/ops/review/{week}/", "review-rows": "/ops/review/{week}/rows/incidents/"},
    ),
    *_shots(
        "services",
        ADMINISTRATOR,
        {
            "services": "/services/",
            "service": "/services/{service}/",
            "sources": "/services/sources/",
            "source": "/services/sources/{source}/",
        },
    ),
    *_shots(
        "setup",
        ADMINISTRATOR,
        {
            "setup": "/setup/",
            "setup-organisation": "/setup/organisation/",
            "setup-team": "/setup/team/",
            "setup-schedule": "/setup/schedule/{schedule}/",
            "setup-policy": "/setup/policy/",
            "setup-service": "/setup/service/{service}/",
            "setup-source": "/setup/source/",
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
            "tokens": "/settings/tokens/",
            "history": "/settings/history/",
            "mail": "/settings/mail/",
        },
    ),
    *_shots(
        "outside",
        STRANGER,
        {
            "sign-in": "/account/login/",
            "password-reset": "/account/password/reset/",
            "page-by-link": "{link}",
            "status": "/status/",
            "status-incidents": "/status/incidents/",
            "status-incident": "/status/{told}/",
        },
    ),
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
