"""Registers the oncall room."""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """The oncall room."""

    name = "oncall"
