"""Registers the review room."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """What managers see: the week, with the rows behind each figure."""

    name = "review"
