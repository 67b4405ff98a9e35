"""Registers the paging room."""

from django.apps import AppConfig


class PagingConfig(AppConfig):
    """The paging room."""

    name = "paging"
