"""What to paste into senders that are not Alertmanager, so that their words are the ones that the kind's preset knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Paste = tuple[str | Promise, Callable[[str], str]]


def paste(kind: str, url: str) -> list[tuple[str, str]]:
    """Blocks for a sender of `kind` that posts to `url`: what each is, and its text."""
    return [(str(label), made(url)) for label, made in PASTES.get(kind, ADDRESS)]


def _plain(url: str) -> str:
    return url


def _body(fields: Mapping[str, object]) -> Callable[[str], str]:
    text = json.dumps(fields, indent=2)
    return lambda _url: text


def _grafana(url: str) -> str:
    return (
        "apiVersion: 1\ncontactPoints:\n  - orgId: 1\n    name: sharp-end\n    receivers:\n"
        f'      - uid: sharp-end\n        type: webhook\n        settings:\n          url: "{url}"\n'
        "          httpMethod: POST\n          maxAlerts: 0\n"
    )


def _zabbix(url: str) -> str:
    return (
        "var request = new HttpRequest();\n"
        "request.addHeader('Content-Type: application/json');\n"
        f"var answer = request.post('{url}', value);\n"
        "if (request.getStatus() !== 202) { throw 'Sharp End answered ' + request.getStatus() + ': ' + answer; }\n"
        "return 'OK';\n"
    )


def _checkmk(url: str) -> str:
    return (
        "#!/usr/bin/env python3\n# Sharp End\n"
        "import json, os, urllib.request\n"
        'said = {name: value for name, value in os.environ.items() if name.startswith("NOTIFY_")}\n'
        f'asked = urllib.request.Request("{url}", json.dumps(said).encode(), {{"Content-Type": "application/json"}})\n'
        "urllib.request.urlopen(asked, timeout=10)\n"
    )


def _nagios(url: str) -> str:
    fields = ("notificationtype=$NOTIFICATIONTYPE$", "hostname=$HOSTNAME$")
    service = (*fields, "servicedesc=$SERVICEDESC$", "state=$SERVICESTATE$", "output=$SERVICEOUTPUT$")
    host = (*fields, "state=$HOSTSTATE$", "output=$HOSTOUTPUT$")
    return "\n".join(_nagios_command(name, url, said) for name, said in (("service", service), ("host", host)))


def _nagios_command(name: str, url: str, fields: tuple[str, ...]) -> str:
    said = " ".join(f"--data-urlencode '{field}'" for field in fields)
    return (
        f"define command {{\n  command_name  notify-{name}-by-sharp-end\n"
        f"  command_line  /usr/bin/curl -fsS --retry 3 {said} '{url}'\n}}"
    )


def _icinga(url: str) -> str:
    return (
        'object NotificationCommand "sharp-end-service" {\n'
        '  command = [ "/usr/bin/curl", "-fsS", "--retry", "3",\n'
        '    "--data-urlencode", "notification_type=$notification.type$",\n'
        '    "--data-urlencode", "host_name=$host.name$", "--data-urlencode", "service_name=$service.name$",\n'
        '    "--data-urlencode", "state=$service.state$", "--data-urlencode", "output=$service.output$",\n'
        f'    "{url}" ]\n}}\n'
        'object NotificationCommand "sharp-end-host" {\n'
        '  command = [ "/usr/bin/curl", "-fsS", "--retry", "3",\n'
        '    "--data-urlencode", "notification_type=$notification.type$",\n'
        '    "--data-urlencode", "host_name=$host.name$",\n'
        '    "--data-urlencode", "state=$host.state$", "--data-urlencode", "output=$host.output$",\n'
        f'    "{url}" ]\n}}\n'
    )


def _sns(url: str) -> str:
    return f"aws sns subscribe --protocol https --topic-arn TOPIC-ARN \\\n  --notification-endpoint '{url}'"


ADDRESS: list[Paste] = [(gettext_lazy("The address of the webhook"), _plain)]
DATADOG = {
    "alert_id": "$ALERT_ID",
    "alert_cycle_key": "$ALERT_CYCLE_KEY",
    "alert_title": "$ALERT_TITLE",
    "alert_transition": "$ALERT_TRANSITION",
    "alert_priority": "$ALERT_PRIORITY",
    "alert_type": "$ALERT_TYPE",
    "alert_scope": "$ALERT_SCOPE",
    "alert_metric": "$ALERT_METRIC",
    "title": "$EVENT_TITLE",
    "body": "$EVENT_MSG",
    "hostname": "$HOSTNAME",
    "tags": "$TAGS",
    "link": "$LINK",
    "snapshot": "$SNAPSHOT",
}
ZABBIX = {
    "event_id": "{EVENT.ID}",
    "event_name": "{EVENT.NAME}",
    "event_value": "{EVENT.VALUE}",
    "event_update_status": "{EVENT.UPDATE.STATUS}",
    "event_severity": "{EVENT.SEVERITY}",
    "event_opdata": "{EVENT.OPDATA}",
    "event_tags": "{EVENT.TAGSJSON}",
    "host_name": "{HOST.NAME}",
    "trigger_id": "{TRIGGER.ID}",
    "trigger_description": "{TRIGGER.DESCRIPTION}",
    "zabbix_url": "{$ZABBIX.URL}",
}
KIBANA = {
    "rule_id": "{{rule.id}}",
    "rule_name": "{{rule.name}}",
    "alert_id": "{{alert.id}}",
    "action_group": "{{alert.actionGroup}}",
    "reason": "{{context.reason}}",
    "message": "{{context.message}}",
    "url": "{{context.alertDetailsUrl}}",
    "tags": "{{rule.tags}}",
}
LIBRENMS = {
    "title": "{{ $title }}",
    "state": "{{ $state }}",
    "alert_id": "{{ $alert_id }}",
    "rule": "{{ $name }}",
    "severity": "{{ $severity }}",
    "hostname": "{{ $hostname }}",
    "sysName": "{{ $sysName }}",
    "msg": "{{ $msg }}",
}
UPTIMEROBOT = {
    "monitorID": "*monitorID*",
    "monitorFriendlyName": "*monitorFriendlyName*",
    "monitorURL": "*monitorURL*",
    "alertType": "*alertType*",
    "alertDetails": "*alertDetails*",
}
PASTES: Mapping[str, list[Paste]] = {
    "grafana": [*ADDRESS, (gettext_lazy("Grafana: a contact point, as a file"), _grafana)],
    "datadog": [*ADDRESS, (gettext_lazy("Datadog: the webhook's payload"), _body(DATADOG))],
    "zabbix": [
        (gettext_lazy("Zabbix: the script of a webhook media type"), _zabbix),
        (gettext_lazy("Zabbix: its parameters, by name"), _body(ZABBIX)),
    ],
    "kibana": [*ADDRESS, (gettext_lazy("Kibana: the action's body, also for “recovered”"), _body(KIBANA))],
    "librenms": [*ADDRESS, (gettext_lazy("LibreNMS: the body of the API transport"), _body(LIBRENMS))],
    "uptimerobot": [*ADDRESS, (gettext_lazy("UptimeRobot: the POST value, sent as JSON"), _body(UPTIMEROBOT))],
    "checkmk": [(gettext_lazy("Checkmk: a notification script"), _checkmk)],
    "nagios": [(gettext_lazy("Nagios: two commands"), _nagios)],
    "icinga": [(gettext_lazy("Icinga: two notification commands"), _icinga)],
    "sns": [(gettext_lazy("AWS: subscribe the topic"), _sns)],
}
