"""Things done at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connection, connections


def together(*works: Callable[[], object]) -> list[object]:
    """Run all at once; what each returned or raised, in their order."""
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(number: int, work: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            results[number] = work()
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def raised(results: list[object]) -> list[BaseException]:
    """What was raised among the results."""
    return [result for result in results if isinstance(result, BaseException)]
