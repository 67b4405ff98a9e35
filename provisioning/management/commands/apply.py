"""`manage.py apply org.yaml`: makes the organisation what its file says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone

from provisioning.applying import apply, look
from provisioning.checking import Refused
from provisioning.planning import Plan

SHOWN = 50
"""Problems printed at most: the first ones explain the others."""


class Command(BaseCommand):
    """Applies the organisation's file."""

    help = "Create and update what an organisation's file names. Everything is applied, or nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The file and the two ways to go about it."""
        parser.add_argument("file", help="path of the YAML file; - reads standard input")
        parser.add_argument("--plan", action="store_true", help="print what would change, and change nothing")
        parser.add_argument("--prune", action="store_true", help="archive what the file's sections do not name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the changes in words. Raises `CommandError` with file, line and reason; nothing is changed then."""
        name, plan_only, prune = str(options["file"]), bool(options["plan"]), bool(options["prune"])
        content = _read(name)
        try:
            plan = look(content, prune=prune) if plan_only else apply(content, at=timezone.now(), prune=prune)
        except Refused as refusal:
            raise CommandError(_sentences(refusal, "stdin" if name == "-" else name)) from None
        except Error as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(f"The database refused, and nothing was changed: {reason}") from error
        self._tell(plan, plan_only=plan_only)

    def _tell(self, plan: Plan, *, plan_only: bool) -> None:
        for change in plan.changes:
            self.stdout.write(str(change))
        for note in plan.notes:
            self.stdout.write(f"Note: {note}")
        count = len(plan.changes)
        changes = f"{count} change{'' if count == 1 else 's'}"
        if not count:
            self.stdout.write("Nothing to change.")
        elif plan_only:
            self.stdout.write(f"{changes} planned. Nothing was changed.")
        else:
            self.stdout.write(f"{changes} applied.")


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None


def _sentences(refusal: Refused, name: str) -> str:
    lines = [f"{name}:{problem.line}: {problem.sentence}" for problem in refusal.problems[:SHOWN]]
    more = len(refusal.problems) - SHOWN
    return "\n".join([*lines, *([f"... and {more} more."] if more > 0 else []), "Nothing was changed."])
