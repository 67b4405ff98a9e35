"""`manage.py config`: every setting, its value and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import environment


class Command(BaseCommand):
    """Prints the settings."""

    help = "Print every setting with its source. Secrets are masked."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """One line for each setting: name, source, value."""
        rows = list(rows_of(settings.ENVIRONMENT))
        name_width, source_width = (max(len(row[column]) for row in rows) for column in (0, 1))
        for name, source, value in rows:
            self.stdout.write(f"{name:{name_width}}  {source:{source_width}}  {value}".rstrip())


def rows_of(values: dict[str, environment.Value]) -> Iterator[tuple[str, str, str]]:
    """(name, source, value as it may be shown) for each setting, as the process really uses it."""
    home = settings.SHARPEND_HOME
    running = environment.engines(home)
    sockets = _read(home / "run" / "sockets")
    derived = {"EMAIL_URL": f"file://{home / 'mail'}", "STATUS_ROOT": str(home / "status")}
    for name, value in values.items():
        made = _read(home / "secrets" / name)
        # `./run manage` hands both down in the environment: what matters is where they were made.
        if made and value.text in {"", made}:
            yield name, "first start", environment.MASK
        elif (name in running and value.text in {"", running[name]}) or (sockets and sockets in value.text):
            yield name, "embedded", environment.MASK if value.setting.secret else running.get(name, value.text)
        elif name == "SHARPEND_HOME":
            yield name, value.source, str(home)
        else:
            yield name, value.source, value.shown or derived.get(name, "")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
