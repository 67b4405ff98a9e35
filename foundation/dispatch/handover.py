"""Handing due work to Celery without ever waiting for the broker."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from foundation.dispatch.registry import Key, Work

logger = logging.getLogger(__name__)
Item = tuple[Work, Key]


class Breaker:
    """Opens after three failures in a row; lets one try through each `pause` seconds."""

    def __init__(self, failures: int = 3, pause: float = 10.0) -> None:
        self.failures, self.pause = failures, pause
        self._count = 0
        self._opened_at = 0.0

    def allows(self) -> bool:
        """Whether a call may be tried now."""
        if self._count < self.failures:
            return True
        if time.monotonic() - self._opened_at >= self.pause:
            self._opened_at = time.monotonic()
            return True
        return False

    def record(self, ok: bool) -> None:
        """Note how a call went."""
        self._count = 0 if ok else self._count + 1
        if self._count == self.failures:
            self._opened_at = time.monotonic()
            logger.warning("the broker does not answer: doing the work here")


class Publisher:
    """A thread that publishes to Celery; the loop that feeds it never waits for a broker that hangs."""

    def __init__(
        self, publish: Callable[[Work, Key], None], give_back: Callable[[Work, Key], None], backlog: int = 2000
    ) -> None:
        self._publish, self._give_back = publish, give_back
        self._queue: queue.Queue[Item | None] = queue.Queue(maxsize=backlog)
        self.breaker = Breaker()
        self._thread = threading.Thread(target=self._loop, name="publisher", daemon=True)
        self._thread.start()

    def offer(self, work: Work, key: Key) -> bool:
        """Take the item for publishing; False when the broker is known to be gone or the backlog is full."""
        if not self.breaker.allows():
            return False
        try:
            self._queue.put_nowait((work, key))
        except queue.Full:
            return False
        return True

    def stop(self) -> None:
        """End the thread after what is queued."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def _loop(self) -> None:
        while (item := self._queue.get()) is not None:
            work, key = item
            try:
                self._publish(work, key)
            except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work goes on here
                logger.info("publish failed: %s", type(error).__name__)
                self.breaker.record(ok=False)
                self._give_back(work, key)
            else:
                self.breaker.record(ok=True)


def publish_to_celery(work: Work, key: Key) -> None:
    """Send the one task to the work's queue."""
    from foundation.dispatch.tasks import do

    do.apply_async(args=(work.name, key), queue=work.queue, expires=60, retry=False, ignore_result=True)
