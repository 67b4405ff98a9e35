"""Registers the ground floor, and collects every room's due work once all models are there."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from foundation.lean import load_rest_framework

load_rest_framework()  # before any room imports it


class FoundationConfig(AppConfig):
    """What every room stands on."""

    name = "foundation"

    def ready(self) -> None:
        """Import each room's `due.py` and `gauges.py`, which register its due work and its figures for `/metrics`."""
        autodiscover_modules("due", "gauges")
