"""Registers the teams room."""

from django.apps import AppConfig


class TeamsConfig(AppConfig):
    """The teams room."""

    name = "teams"

    def ready(self) -> None:
        """Let the API's description know our tokens."""
        from teams import schema  # noqa: F401
