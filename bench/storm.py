"""Pages while alerts pour in, while the broker is dead, and in a storm that reaches everybody at once."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import load
from bench.figures import Result, Scale, spread
from bench.house import House
from bench.paging import THROTTLE, single_pages
from bench.places import CRITICAL_PLACES, GROUP_ADDRESS, PAGE_PLACES, address_of, mail_of
from tests.fakes.smtp import MailServer

RUNS = 3
PER_SECOND, IN_ONE = 1000, 100
UNDER_LOAD, WITHOUT_BROKER, FIRST_PAGE = 1.0, 3.0, 10.0  # seconds
MINUTE = 60.0
MOST_MAILS = 7
"""The first page, and a bundle each 10 s after it: the gap that the rules give to mail. Voice and text have a minute."""
PATIENCE = 240.0  # seconds beyond it until the last person must have been paged


def storm(house: House, mails: MailServer, scale: Scale) -> Result:
    """Single pages beside a stream of alerts and without a broker; then everybody's alerts at once."""
    result = Result()
    time.sleep(THROTTLE)  # whoever was paged just now would be told in one bundle
    with _pouring(house) as reached:
        taken = _slowest(house, mails, scale)
    seen = f"{median(reached()):.0f} alerts/s reached"
    name = f"webhook answered to mail handed over beside {PER_SECOND} alerts/s, {IN_ONE} in each POST ({seen}): p99"
    result.add(name, spread(taken, ".0f", "ms"), "<= 1000 ms", median(taken) <= 1000 * UNDER_LOAD)
    house.inside("quiet")
    time.sleep(THROTTLE)
    with _broker_dead(house):
        taken = _slowest(house, mails, scale)
    name = "webhook answered to mail handed over, broker dead: p99"
    result.add(name, spread(taken, ".0f", "ms"), "<= 3000 ms", median(taken) <= 1000 * WITHOUT_BROKER)
    house.inside("quiet")
    time.sleep(THROTTLE)
    _everybody(house, mails, scale, result)
    house.inside("quiet")
    return result


def _slowest(house: House, mails: MailServer, scale: Scale) -> list[float]:
    """99 of 100 single pages took so many milliseconds at the most: one value for each run."""
    found = []
    for run in range(min(RUNS, scale.runs)):
        if run:
            time.sleep(THROTTLE)
        trips = single_pages(house, mails, list(PAGE_PLACES)[: scale.pages // 2], scale.spacing / 2)
        found.append(1000 * load.percentile(sorted(trip.seconds for trip in trips), 0.99))
    return found


@contextlib.contextmanager
def _pouring(house: House) -> Iterator[Callable[[], list[float]]]:
    """Alerts at a pace for the length of the block; what it yields tells how many were taken in each second."""
    over, rates = threading.Event(), list[float]()

    def pour() -> None:
        while not over.is_set():
            numbers = house.take(PER_SECOND)[::IN_ONE]
            sent = load.bodies(GROUP_ADDRESS, lambda start: load.group(start, IN_ONE), numbers)
            begun = time.monotonic()
            for number, request in enumerate(sent):
                over.wait(max(0.0, begun + number * IN_ONE / PER_SECOND - time.monotonic()))
                house.post([request])
            over.wait(max(0.0, begun + 1 - time.monotonic()))
            rates.append(PER_SECOND / max(1.0, time.monotonic() - begun))

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    try:
        yield lambda: rates[:-1] or rates
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def _broker_dead(house: House) -> Iterator[None]:
    """Its socket is out of the way and its connections are ended: nobody reaches it for the length of the block."""
    import redis

    socket = Path(urlsplit(house.environment["REDIS_URL"]).path)
    aside = socket.with_suffix(".aside")
    socket.rename(aside)
    try:
        with contextlib.closing(redis.Redis(unix_socket_path=str(aside))) as there:
            there.client_kill_filter(_type="normal", skipme=True)
            there.client_kill_filter(_type="pubsub", skipme=True)
        yield
    finally:
        os.rename(aside, socket)


def _everybody(house: House, mails: MailServer, scale: Scale, result: Result) -> None:
    """So many alerts for a hundred services, an incident for each: whom the first page reaches when."""
    each = max(2, scale.mass // len(PAGE_PLACES))
    requests, places = [], list(PAGE_PLACES)
    random.Random(1).shuffle(places)
    for place in places:
        requests.append(load.request_of(address_of(place), load.generic(house.take(each).start, each)))
    before, begun = len(mails.received), time.time()
    seen = house.post(requests)
    people = {mail_of(place) for place in places}
    arrived = _arrivals(mails, before, people, begun + MINUTE)
    answered = {mail_of(place): begun + after for place, after in zip(places, seen.answered, strict=True)}
    firsts = {person: times[0] - answered[person] for person, times in arrived.items()}
    critical = {mail_of(place) for place in CRITICAL_PLACES}
    slow = [max(firsts[one] for one in group) for group in (critical, people - critical)]
    half = [median(firsts[one] for one in group) for group in (critical, people - critical)]
    most = max(Counter(len([at for at in times if at <= times[0] + MINUTE]) for times in arrived.values()))
    name = (
        f"{each * len(places)} alerts for {len(places)} services, taken in {seen.seconds:.1f} s: last first page after"
    )
    result.add(name, f"{max(slow):.1f} s", "<= 10 s", max(slow) <= FIRST_PAGE)
    shown = f"critical {half[0]:.1f} s, slowest {slow[0]:.1f} s; standard {half[1]:.1f} s, slowest {slow[1]:.1f} s"
    result.add("the same, critical before standard (median)", shown, "critical first", half[0] <= half[1])
    name = "the same, mails to one person within a minute"
    result.add(name, str(most), f"<= {MOST_MAILS}: a bundle each 10 s", most <= MOST_MAILS)


def _arrivals(mails: MailServer, before: int, people: set[str], until: float) -> dict[str, list[float]]:
    """When each person's messages came, until then, or until everybody has one. Raises RuntimeError after `PATIENCE`."""
    while True:
        time.sleep(0.5)
        found: dict[str, list[float]] = defaultdict(list)
        for mail in mails.received[before:]:
            found[mail.recipient].append(mail.at)
        if people <= set(found) and time.time() >= until:
            return {person: found[person] for person in people}
        if time.time() > until + PATIENCE:
            raise RuntimeError(f"{len(people - set(found))} of {len(people)} people were never paged")
