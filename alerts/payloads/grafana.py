"""Grafana's webhooks: unified alerting speaks Alertmanager's format (version 1), legacy alerting has its own. Pure."""

from dataclasses import replace

from alerts.payloads.alert import IncomingAlert, Parsed, one_line
from alerts.payloads.alertmanager import Dialect, read_alertmanager
from alerts.payloads.mapping import read_mapped
from alerts.payloads.presets import preset
from alerts.payloads.reading import Reading

UNIFIED = Dialect("Grafana", ("1",))
# Alerts that Grafana makes itself when a rule cannot be asked: their name says nothing about the rule.
ABOUT_A_RULE = {"DatasourceNoData": "no data", "DatasourceError": "cannot be asked"}


def read_grafana(reading: Reading, source_name: str = "") -> Parsed:
    """Read one delivery of either sort. Raises Malformed as `read_alertmanager` does."""
    legacy = preset("grafana")
    if any(shape.fits(reading.value) for shape in legacy):
        return read_mapped(legacy, reading, source_name)
    parsed = read_alertmanager(reading, source_name, dialect=UNIFIED)
    return replace(parsed, alerts=tuple(map(_named, parsed.alerts)))


def _named(alert: IncomingAlert) -> IncomingAlert:
    """Called after the rule that it is about."""
    about, rule = ABOUT_A_RULE.get(alert.labels.get("alertname", "")), alert.labels.get("rulename", "")
    return replace(alert, title=one_line(f"{rule}: {about}")) if about and rule else alert
