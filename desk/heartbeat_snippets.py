"""How a heartbeat is pinged, ready to paste: from a shell, cron, systemd, Kubernetes, or by an Alertmanager."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from alerts.heartbeat_models import Heartbeat
from desk.snippets import Snippet

KEY = "KEY"
"""Stands where the key goes when nobody can show it any more."""


def address_of(key: str = KEY) -> str:
    """Where it is pinged."""
    return f"{settings.SHARPEND_URL}/ping/{key}"


def snippets(heartbeat: Heartbeat, key: str = KEY) -> list[Snippet]:
    """Blocks for this heartbeat: those of its source when an alert is its ping, else those of its own address."""
    if heartbeat.match:
        return [Snippet(_("Prometheus: a rule that always fires"), _RULE), Snippet(_("Alertmanager: a route"), _ROUTE)]
    url, line = address_of(key), heartbeat.cron or "0 2 * * *"
    found = [
        Snippet(_("Shell: when it is done"), f"curl -fsS -m 10 --retry 5 -o /dev/null {url}"),
        Snippet(_("cron: when it begins, and how it ended"), _CRON.format(url=url, line=line)),
        Snippet(_("systemd: around a unit"), _SYSTEMD.format(url=url)),
        Snippet(_("Kubernetes: a CronJob"), _KUBERNETES.format(url=url, line=line)),
    ]
    if heartbeat.source and heartbeat.source.kind == "opsgenie":
        there = f"{settings.SHARPEND_URL}/v2/heartbeats/{heartbeat.slug}/ping"
        found.append(
            Snippet(_("As Opsgenie: with the source's key"), f"curl -H 'Authorization: GenieKey {KEY}' {there}")
        )
    return found


_CRON = """\
{line} u={url}; curl -fsS -m 10 -o /dev/null $u/start; backup.sh; curl -fsS -m 10 --retry 5 -o /dev/null $u/$?"""
_SYSTEMD = """\
[Service]
ExecStartPre=-curl -fsS -m 10 -o /dev/null {url}/start
ExecStart=/usr/local/bin/backup.sh
ExecStopPost=-/bin/sh -c 'curl -fsS -m 10 --retry 5 -o /dev/null {url}/$([ "$SERVICE_RESULT" = success ] || echo fail)'"""
_KUBERNETES = """\
apiVersion: batch/v1
kind: CronJob
metadata: {{name: backup}}
spec:
  schedule: "{line}"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: backup
              image: curlimages/curl
              command: ["sh", "-c"]
              args: ["backup.sh; curl -fsS -m 10 --retry 5 {url}/$?"]"""
_RULE = """\
groups:
  - name: meta
    rules:
      - alert: Watchdog
        expr: vector(1)
        annotations: {summary: "This alert always fires: it says that alerts come through."}"""
_ROUTE = """\
routes:
  - matchers: [alertname="Watchdog"]
    receiver: sharp-end
    group_wait: 0s
    group_interval: 1m
    repeat_interval: 1m"""
