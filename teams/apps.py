"""Registers the teams room."""

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """The teams room."""

    name = "teams"
