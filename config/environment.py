"""Every setting that an operator may give, in one table, read from the environment (stdlib only: the supervisor uses it too).

A secret may come from a file named by `NAME_FILE`; both given is an error, so that nobody wonders which one won.
An unknown `SHARPEND_*` name is an error that names the nearest known one: a typo must not silently change nothing.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


class BadSetting(Exception):
    """A setting cannot be used; the message is the sentence to show the operator."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name, default, meaning, whether it must never be printed, and whether this version reads it.

    What is for `later` has its name already, so that a file of settings need not change; it does nothing yet.
    """

    name: str
    default: str = ""
    about: str = ""
    secret: bool = False
    later: bool = False


SETTINGS = (
    Setting("SHARPEND_URL", "http://127.0.0.1:8000", "Public origin; hosts, cookies and links follow from it."),
    Setting("SHARPEND_HOME", "./var", "Where state lives: database, mail files, secrets made at first start."),
    Setting("SHARPEND_PG_BIN", "", "Folder that holds PostgreSQL's programs (15 or newer)."),
    Setting("SHARPEND_VALKEY_BIN", "", "Path of a valkey-server or redis-server program."),
    Setting("SECRET_KEY", "", "Signs sessions and page links; made at first start.", secret=True),
    Setting(
        "DATABASE_URL", "", "postgres://user:password@host:port/name; empty: the embedded PostgreSQL.", secret=True
    ),
    Setting("REDIS_URL", "", "redis://host:port/0 or unix:///path; empty: the embedded Valkey.", secret=True),
    Setting(
        "EMAIL_URL", "", "smtp://user:password@host:port or file:///folder; empty: files under home/mail.", secret=True
    ),
    Setting("EMAIL_FROM", "Sharp End <sharp-end@localhost>", "Sender of every mail."),
    Setting("TWILIO_ACCOUNT_SID", "", "Twilio account.", secret=True),
    Setting("TWILIO_AUTH_TOKEN", "", "Twilio token.", secret=True),
    Setting("TWILIO_FROM", "", "Number that calls and texts come from, such as +15551234567."),
    Setting("TWILIO_BASE_URL", "https://api.twilio.com", "Twilio's address, or a stand-in's."),
    Setting("SLACK_BOT_TOKEN", "", "Slack bot token.", secret=True),
    Setting("SLACK_APP_TOKEN", "", "Slack app token for Socket Mode.", secret=True),
    Setting("SLACK_SIGNING_SECRET", "", "Slack signing secret.", secret=True),
    Setting("SLACK_BASE_URL", "https://slack.com/api/", "Slack's address, or a stand-in's."),
    Setting(
        "SLACK_INCIDENT_CHANNELS", "", "critical, major or standard: from that class up an incident gets a channel."
    ),
    Setting("NTFY_URL", "", "ntfy server of the bare topics among people's methods."),
    Setting("NTFY_TOKEN", "", "Access token of that ntfy server.", secret=True),
    Setting("VAPID_PRIVATE_KEY", "", "Key for Web Push; made at first start.", secret=True),
    Setting("HEARTBEAT_URL", "", "Called each minute when a synthetic page went the whole way.", secret=True),
    Setting(
        "WEEKLY_TEST_PAGES", "on", "on: each person is tested once a week in their own working hours; off: nobody."
    ),
    Setting(
        "WORKING_HOURS", "8-18", "Hours of people's own clocks that count as work, Monday to Friday, in on-call health."
    ),
    Setting("SLEEPING_HOURS", "22-8", "Hours of people's own clocks that count as sleep there and in the review."),
    Setting("REST_HOURS", "11", "Hours of rest owed after the last act of a night; a custom, not legal advice."),
    Setting(
        "MAIL_IN", "", "Where alerts by mail are taken: smtp://127.0.0.1:2525 or lmtp://127.0.0.1:2424; empty: nowhere."
    ),
    Setting("MAIL_IN_DOMAIN", "", "Domain of the addresses that alerts are mailed to, such as alerts.example.com."),
    Setting(
        "MAIL_PROVIDERS",
        "",
        "Who posts alerts by mail, blanks between: mailgun=signing-key, postmark=user:password.",
        secret=True,
    ),
    Setting("BODIES_KEPT", "14", "Days for which what senders posted is kept word for word, and up to a month more."),
    Setting("ALERTS_KEPT", "400", "Days for which alerts that are over are kept; incidents stay for ever."),
    Setting("LAST_RESORT_EMAIL", "", "Told when PostgreSQL is gone for more than 60 s."),
    Setting("LAST_RESORT_WEBHOOK", "", "Told when PostgreSQL is gone for more than 60 s.", secret=True),
    Setting("STATUS_ROOT", "", "Folder of the public status page; empty: home/status."),
    Setting("STATUS_MIRROR_COMMAND", "", "Command that copies the status page to a second home.", later=True),
    Setting("TELEGRAM_TOKEN", "", "Telegram bot token.", secret=True),
    Setting("TELEGRAM_WEBHOOK_SECRET", "", "Telegram calls us, and says this; empty: we ask it.", secret=True),
    Setting("TELEGRAM_BASE_URL", "https://api.telegram.org", "Telegram's address, or a stand-in's."),
    Setting("MATTERMOST_URL", "", "Mattermost server, such as https://chat.example.com, or a stand-in."),
    Setting("MATTERMOST_TOKEN", "", "Token of its bot.", secret=True),
    Setting("MATRIX_URL", "", "Matrix homeserver, such as https://matrix.example.com, or a stand-in."),
    Setting("MATRIX_TOKEN", "", "Access token of our account there.", secret=True),
    Setting("TEAM_NOTICES", "", "team=address of Apprise, blanks between; * is every team. Never pages.", secret=True),
    Setting("TRUSTED_PROXIES", "", "Addresses or networks whose X-Forwarded-For and -Proto are believed."),
    Setting("EGRESS_ALLOW", "", "Addresses or networks that addresses typed by users may reach."),
    Setting("OIDC_ISSUER", "", "OpenID Connect issuer.", later=True),
    Setting("OIDC_CLIENT_ID", "", "OpenID Connect client.", later=True),
    Setting("OIDC_CLIENT_SECRET", "", "OpenID Connect secret.", secret=True, later=True),
    Setting("METRICS_TOKEN", "", "Bearer token for /metrics; empty: loopback only.", secret=True),
)
KNOWN = {setting.name: setting for setting in SETTINGS}
TEAM_PLACES = {
    *("apprise", "apprises", "discord", "gchat", "gotify", "gotifys", "json", "jsons", "mailto", "mailtos"),
    *("matrix", "matrixs", "mmost", "mmosts", "msteams", "ntfy", "ntfys", "pover", "rocket", "rockets"),
    *("slack", "tgram", "twist", "webex", "workflows", "wxteams", "xml", "xmls", "zulip"),
}
"""Kinds of addresses that team notices go to: services that speak HTTP or mail; nothing that acts on this machine."""
NETWORK_LISTS = ("TRUSTED_PROXIES", "EGRESS_ALLOW")
MASK = "********"
DAY = 24
MOST_DAYS = 3650


@dataclass(frozen=True)
class Value:
    """What a setting came to, and where from: `environment`, `file`, `first start` or `default`."""

    setting: Setting
    text: str
    source: str

    @property
    def shown(self) -> str:
        """The value as it may be printed."""
        return MASK if self.setting.secret and self.text else self.text


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Raise `BadSetting` for a `SHARPEND_*` name that nobody reads."""
    known = {*KNOWN, *(f"{name}_FILE" for name in KNOWN)}
    for name in sorted(environ):
        if name.startswith("SHARPEND_") and name not in known:
            near = difflib.get_close_matches(name, [k for k in known if k.startswith("SHARPEND_")], n=1, cutoff=0.0)
            raise BadSetting(f"{name} is not a setting. Did you mean {near[0]}?")


def read(environ: Mapping[str, str] | None = None) -> dict[str, Value]:
    """Every setting with its value and source. Raises `BadSetting` with a clear sentence."""
    env = os.environ if environ is None else environ
    refuse_unknown(env)
    return {setting.name: _read_one(setting, env) for setting in SETTINGS}


def _read_one(setting: Setting, env: Mapping[str, str]) -> Value:
    text, path = env.get(setting.name), env.get(f"{setting.name}_FILE")
    if text and path:
        raise BadSetting(f"{setting.name} and {setting.name}_FILE are both set. Keep one of them.")
    if path:
        try:
            return Value(setting, Path(path).read_text(encoding="utf-8").strip(), "file")
        except OSError as error:
            raise BadSetting(f"{setting.name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
    if text:
        return Value(setting, text, "environment")
    return Value(setting, setting.default, "default")


def engines(home: Path) -> dict[str, str]:
    """Addresses of the engines that `up` started under `home`, or nothing when it never ran."""
    try:
        found = json.loads((home / "run" / "engines.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def database(url: str) -> dict[str, str]:
    """Split a `postgres://` address; the host may be a socket folder given as `?host=/folder`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadSetting("DATABASE_URL must look like postgres://user:password@host:5432/name.")
    query = parse_qs(parts.query)
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [str(parts.port or "")])[0],
        "SSLMODE": query.get("sslmode", ["prefer"])[0],
    }


def broker(url: str) -> str:
    """`REDIS_URL` as kombu wants it: sockets are `redis+socket:///path`."""
    return f"redis+socket://{url.removeprefix('unix://')}" if url.startswith("unix://") else url


def switch(name: str, text: str) -> bool:
    """`on` or `off`. Raises `BadSetting` for anything else."""
    if text.lower() not in {"on", "off"}:
        raise BadSetting(f"{name} is on or off, not {text}.")
    return text.lower() == "on"


def oncall_hours(env: Mapping[str, str]) -> tuple[tuple[tuple[int, int], tuple[int, int]], int]:
    """The hours of work and of sleep, and how many of rest are owed. Raises `BadSetting` for what are none."""
    rest = env["REST_HOURS"]
    if not (rest.isdecimal() and 1 <= int(rest) <= DAY):
        raise BadSetting(f"REST_HOURS is a whole number from 1 to {DAY}, not {rest}.")
    return (_span("WORKING_HOURS", env["WORKING_HOURS"]), _span("SLEEPING_HOURS", env["SLEEPING_HOURS"])), int(rest)


def _span(name: str, text: str) -> tuple[int, int]:
    """Two hours of the clock such as 22-8."""
    start, _, end = text.partition("-")
    if not (start.isdecimal() and end.isdecimal() and start != end and max(int(start), int(end)) <= DAY):
        raise BadSetting(f"{name} is two different hours of the day such as 8-18, not {text}.")
    return int(start), int(end)


@dataclass(frozen=True)
class MailPlace:
    """Where mail is taken, and in which protocol (`smtp` or `lmtp`)."""

    protocol: str
    host: str
    port: int


def mail_place(name: str, text: str) -> MailPlace | None:
    """`smtp://127.0.0.1:2525` or `lmtp://...`; None for "". Raises `BadSetting`."""
    if not text:
        return None
    parts = urlsplit(text)
    with contextlib.suppress(ValueError):
        if parts.scheme in ("smtp", "lmtp") and parts.hostname and parts.port and not parts.path.strip("/"):
            return MailPlace(parts.scheme, parts.hostname, parts.port)
    raise BadSetting(f"{name} looks like smtp://127.0.0.1:2525 or lmtp://127.0.0.1:2424.")


def days(name: str, text: str) -> int:
    """A whole number of days, 1 to 3650. Raises `BadSetting`."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= MOST_DAYS:
        raise BadSetting(f"{name} is a whole number of days from 1 to {MOST_DAYS}, not {text[:20]}.")
    return int(text)


def one_of(name: str, text: str, allowed: Collection[str]) -> str:
    """One of these words, or nothing. Raises `BadSetting` for anything else."""
    if text and text.lower() not in allowed:
        raise BadSetting(f"{name} is one of {', '.join(allowed)}, or empty; not {text}.")
    return text.lower()


def networks(name: str, text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Comma-separated addresses or networks. Raises `BadSetting` for anything else."""
    try:
        return [ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise BadSetting(f"{name}: {error}.") from error


def team_notices(text: str) -> dict[str, list[str]]:
    """Team's slug (or `*`) -> addresses of Apprise. Raises `BadSetting`; its words hold no address, for they hold secrets."""
    found: dict[str, list[str]] = {}
    for number, part in enumerate(text.split(), 1):
        team, _sign, url = part.partition("=")
        kind = url.partition("://")[0].lower()
        if not team or "://" not in url:
            raise BadSetting(f"TEAM_NOTICES: entry {number} must look like team=slack://... or *=slack://...")
        if kind not in TEAM_PLACES:
            near = difflib.get_close_matches(kind, sorted(TEAM_PLACES), n=1, cutoff=0.0)
            raise BadSetting(f"TEAM_NOTICES: entry {number} has a kind that is not taken. Did you mean {near[0]}://?")
        found.setdefault(team, []).append(url)
    return found


def roles_asked_for(value: Callable[[str], str]) -> list[str]:
    """Roles that only some installations have: the connections to chats, and the server for alerts by mail."""
    return [*chat_roles(value), *(["mailin"] if value("MAIL_IN") else [])]


def chat_roles(value: Callable[[str], str]) -> list[str]:
    """Chats that a process of ours asks, by the name of its command, as the settings are that `value` gives by name."""
    asked = {
        "slack": value("SLACK_APP_TOKEN") and value("SLACK_BOT_TOKEN"),
        "telegram": value("TELEGRAM_TOKEN") and not value("TELEGRAM_WEBHOOK_SECRET"),
        "matrix": value("MATRIX_URL") and value("MATRIX_TOKEN"),
    }
    return [name for name, is_asked in asked.items() if is_asked]
