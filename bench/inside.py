"""What is measured inside a process of ours: `python -m bench.inside PART` with the environment of a running system.

Each part prints one JSON value on stdout; the other figures come from outside, over HTTP and SMTP.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

DROP_TRIES = 10


def _create_database(name: str, template: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))


def _drop_database(name: str) -> None:
    """Without FORCE: that may not end an autovacuum of the superuser's, while a plain DROP sends it away by itself."""
    from django.db import OperationalError, connection

    for left in reversed(range(DROP_TRIES)):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        except OperationalError:
            if not left:
                raise
            time.sleep(0.5)
        else:
            return


def _known(first: str, stop: str) -> list[int]:
    """Which of these numbers are alerts now."""
    from alerts.models import Alert

    wanted = range(int(first), int(stop))
    keys = Alert.objects.filter(fingerprint__in=[f"b-{number}" for number in wanted])
    return [int(key.removeprefix("b-")) for key in keys.values_list("fingerprint", flat=True)]


def _quiet() -> None:
    from bench import crowd

    crowd.quiet()


def _world(places: str) -> None:
    from django.utils import timezone

    from bench import world

    world.build(int(places), timezone.now())


def _statements() -> Any:
    from bench import statements

    return statements.measure()


def _sql_of_one_post() -> Any:
    from bench import statements

    return statements.of_one_post()


def _stages() -> Any:
    from bench import crowd

    return crowd.stages()


def _fill(count: str) -> None:
    from bench import crowd

    crowd.fill(int(count))


def _look() -> Any:
    from bench import crowd

    return crowd.look()


def _shifts() -> Any:
    from bench import shifts

    return shifts.shifts()


def _tour(runs: str) -> Any:
    from bench import tour

    return tour.tour(int(runs))


PARTS: dict[str, Callable[..., Any]] = {
    "create_database": _create_database,
    "drop_database": _drop_database,
    "quiet": _quiet,
    "known": _known,
    "world": _world,
    "stages": _stages,
    "fill": _fill,
    "look": _look,
    "shifts": _shifts,
    "tour": _tour,
    "statements": _statements,
    "sql_of_one_post": _sql_of_one_post,
}


def main(words: list[str]) -> None:
    """Run the part that is named first; the rest are its arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    json.dump(PARTS[words[0]](*words[1:]), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
