"""Registers the postmortems room."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """Learning, on time."""

    name = "postmortems"
