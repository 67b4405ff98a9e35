"""How long it takes from the answer to the mail, and how many statements and tasks lie on the way."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from statistics import median

from bench import load
from bench.figures import Result, Scale, spread
from bench.house import House
from bench.places import PAGE_PLACES, WARM_PLACES, address_of, mail_of
from tests.fakes.smtp import MailServer

MIDDLE, SLOWEST = 0.030, 0.250  # seconds
MOST_STATEMENTS, MOST_TASKS = 20, 2
LOST = 20.0  # seconds without a mail
THROTTLE = 10.5  # seconds between two mails to the same person


@dataclass(frozen=True)
class Trip:
    """Where one page was when, in seconds since the epoch."""

    person: str
    answered: float
    mailed: float

    @property
    def seconds(self) -> float:
        """From the webhook's answer to the mail handed over."""
        return self.mailed - self.answered


def latency(house: House, mails: MailServer, scale: Scale) -> Result:
    """Single pages to different people, one after the other, on an idle system: webhook answered -> mail handed over."""
    result = Result()
    trips = single_pages(house, mails, list(WARM_PLACES), scale.spacing)
    middle, slow = [], []
    for run in range(scale.runs):
        begun = time.monotonic()
        trips = single_pages(house, mails, list(PAGE_PLACES)[: scale.pages], scale.spacing)
        took = sorted(trip.seconds for trip in trips)
        middle.append(load.percentile(took, 0.50))
        slow.append(load.percentile(took, 0.99))
        if run + 1 < scale.runs:
            time.sleep(max(0.0, THROTTLE - (time.monotonic() - begun)))
    name = f"webhook answered to mail handed over, {scale.pages} single pages, idle"
    in_ms = [spread([1000 * one for one in values], ".0f", "ms") for values in (middle, slow)]
    result.add(f"{name}: p50", in_ms[0], "<= 30 ms", median(middle) <= MIDDLE)
    result.add("the same: p99", in_ms[1], "<= 250 ms", median(slow) <= SLOWEST)
    result.details.append(_stages(house, trips))
    return result


def single_pages(house: House, mails: MailServer, places: list[int], spacing: float) -> list[Trip]:
    """Page the people of these places one after the other. Raises RuntimeError when a mail is missing."""
    wanted = {mail_of(place) for place in places}
    before, answered = len(mails.received), {}
    for place in places:
        begun = time.monotonic()
        house.post([load.request_of(address_of(place), load.generic(house.take(1).start))])
        answered[mail_of(place)] = time.time()
        time.sleep(max(0.0, spacing - (time.monotonic() - begun)))
    until = time.monotonic() + LOST
    while True:
        came: dict[str, Trip] = {}
        for mail in mails.received[before:]:
            if mail.recipient in wanted:
                came.setdefault(mail.recipient, Trip(mail.recipient, answered[mail.recipient], mail.at))
        if len(came) == len(wanted):
            return list(came.values())
        if time.monotonic() > until:
            raise RuntimeError(f"{len(came)} of {len(places)} mails came\n{house.system.log[-3000:]}")
        time.sleep(0.05)


def _stages(house: House, trips: list[Trip]) -> str:
    """Where the time of the last run went, by the stamps that its pages left: medians."""
    stamps = house.inside("stages")
    legs = [
        (
            stamps[trip.person][0] - trip.answered,
            stamps[trip.person][1] - stamps[trip.person][0],
            trip.mailed - stamps[trip.person][1],
        )
        for trip in trips
    ]
    names = ("answered to the look at the incident", "look to the attempt to send", "attempt to the mail")
    shown = [f"{name} {1000 * median(leg):.1f} ms" for name, leg in zip(names, zip(*legs, strict=True), strict=True)]
    return f"the way of a page: {', '.join(shown)}"


def statements(house: House, scale: Scale) -> Result:
    """SQL statements and tasks from a POST to the first mail, counted in a process of ours."""
    result = Result()
    with house.scratch() as scratch:
        house.inside("world", "2", database=scratch)
        path = house.inside("statements", database=scratch)
    count, tasks = len(path["statements"]), path["tasks"]
    parts = Counter(part for part, _sql in path["statements"])
    shares = ", ".join(f"{part} {number}" for part, number in parts.items())
    measured = f"{count} ({shares}), and {path['frames']} BEGIN, COMMIT and savepoints"
    result.add("SQL statements from POST to first mail", measured, "<= 20", count <= MOST_STATEMENTS)
    result.add("tasks from POST to first mail", f"{len(tasks)} ({', '.join(tasks)})", "<= 2", len(tasks) <= MOST_TASKS)
    result.details += [f"{number}. {part}: {sql}" for number, (part, sql) in enumerate(path["statements"], 1)]
    return result
