"""Registers the postmortems room."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    """Learning, on time."""

    name = "postmortems"

    def ready(self) -> None:
        """Who gets the pager hears what cannot go on."""
        from paging import handovers
        from postmortems.stuck import stuck_lines

        if stuck_lines not in handovers.BESIDE:
            handovers.BESIDE.append(stuck_lines)
