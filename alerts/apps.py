"""Registers the alerts room."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """The alerts room."""

    name = "alerts"
