"""Blocks that are ready to paste, with the real address and, right after it was made, the real key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from alerts.habits import OPSGENIE, PAGERDUTY
from alerts.kinds import FALLBACK, reader_of
from desk.sender_snippets import paste

KEY = "KEY"
"""Stands where the key goes when nobody can show it any more."""


@dataclass(frozen=True)
class Snippet:
    """What to paste, and where."""

    label: str
    text: str


def address_of(kind: str) -> str:
    """Where a source of `kind` posts; its key goes behind it."""
    return f"{settings.SHARPEND_URL}/api/in/{kind}/"


def snippets(kind: str, key: str = KEY) -> list[Snippet]:
    """Blocks for a source of `kind`."""
    url = address_of(kind) + key
    if reader_of(kind) == "alertmanager":
        return [Snippet(_("Alertmanager: a receiver"), _alertmanager(url)), Snippet(_("Shell: try it"), _alert(url))]
    if kind in OWN:
        return OWN[kind](key)
    body = {"title": "A test from the shell", "status": "firing", "dedup_key": "shell"}
    done = body | {"status": "resolved"}
    pasted = [] if kind == FALLBACK else [Snippet(*one) for one in paste(kind, url)]
    return [*pasted, Snippet(_("Shell: open"), _curl(url, body)), Snippet(_("Shell: resolve"), _curl(url, done))]


def _alertmanager(url: str) -> str:
    return (
        "receivers:\n"
        "  - name: sharp-end\n"
        "    webhook_configs:\n"
        f'      - url: "{url}"\n'
        "        send_resolved: true\n"
        "        max_alerts: 0\n"
        "route:\n"
        "  receiver: sharp-end\n"
        "  group_by: [alertname]\n"
    )


def _alert(url: str) -> str:
    labels = {"alertname": "ShellTest", "severity": "critical"}
    alert = {"status": "firing", "labels": labels, "annotations": {"summary": "A test from the shell"}}
    return _curl(url, {"version": "4", "groupLabels": {"alertname": "ShellTest"}, "alerts": [alert]})


def _curl(url: str, body: Mapping[str, object]) -> str:
    return f"curl -H 'Content-Type: application/json' \\\n  -d '{json.dumps(body)}' \\\n  '{url}'"


def _pagerduty(key: str) -> list[Snippet]:
    url = f"{settings.SHARPEND_URL}/v2/enqueue"
    payload = {"summary": "A test from the shell", "source": "shell", "severity": "critical"}
    event = {"routing_key": key, "event_action": "trigger", "dedup_key": "shell", "payload": payload}
    done = {"routing_key": key, "event_action": "resolve", "dedup_key": "shell"}
    receiver = (
        f'receivers:\n  - name: sharp-end\n    pagerduty_configs:\n      - url: "{url}"\n        routing_key: "{key}"\n'
    )
    return [
        Snippet(
            _("Any sender with a PagerDuty integration: its address, and the key as routing key"), f"{url}\n{key}\n"
        ),
        Snippet(_("Alertmanager: a receiver"), receiver),
        Snippet(_("Shell: open"), _curl(url, event)),
        Snippet(_("Shell: resolve"), _curl(url, done)),
    ]


def _opsgenie(key: str) -> list[Snippet]:
    root = f"{settings.SHARPEND_URL}/"
    receiver = (
        f'receivers:\n  - name: sharp-end\n    opsgenie_configs:\n      - api_url: "{root}"\n        api_key: "{key}"\n'
    )
    alerts = f"{root}v2/alerts"
    header = f"-H 'Authorization: GenieKey {key}' "
    made = _curl(alerts, {"message": "A test from the shell", "alias": "shell", "priority": "P1"})
    done = _curl(f"{alerts}/shell/close?identifierType=alias", {})
    return [
        Snippet(_("Any sender with an Opsgenie integration: its address, and the key as API key"), f"{root}\n{key}\n"),
        Snippet(_("Alertmanager: a receiver"), receiver),
        Snippet(_("Shell: open"), made.replace("curl ", f"curl {header}", 1)),
        Snippet(_("Shell: close"), done.replace("curl ", f"curl {header}", 1)),
    ]


def _email(key: str) -> list[Snippet]:
    """Its address; a made-up domain until the operator names one."""
    address = f"{key}@{settings.MAIL_IN_DOMAIN or 'alerts.example.com'}"
    missing = _("Mail to (no mail server or provider is set up for it yet: the operator's handbook says how)")
    heard = settings.MAIL_IN_DOMAIN and (settings.MAIL_IN or settings.MAIL_PROVIDERS)
    return [Snippet(_("Mail to") if heard else missing, address + "\n")]


OWN: Mapping[str, Callable[[str], list[Snippet]]] = {PAGERDUTY: _pagerduty, OPSGENIE: _opsgenie, "email": _email}
"""Kinds whose senders are told no address but their own protocol's."""
