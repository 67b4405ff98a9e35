"""Registers the status room."""

from django.apps import AppConfig


class StatusConfig(AppConfig):
    """The status room."""

    name = "status"
