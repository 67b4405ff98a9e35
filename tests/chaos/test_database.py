"""The database is cut off in the worst moment, and clocks disagree."""

from __future__ import annotations

import time

import pytest

from tests.chaos.lab import AFTER_KILL, BUNDLE, Lab
from tests.chaos.relay import CLOSED, PASS

pytestmark = pytest.mark.chaos
HOUR = 3600.0


def test_connections_are_cut_after_commit(lab: Lab) -> None:
    shots = []
    for cuts in (1, 1, 2, 3, 4):
        lab.database.cuts = cuts
        shots.append(lab.fire())
        time.sleep(0.2)
    lab.system.until(lambda: not lab.database.cuts, 20, "the last cut")
    there = lambda: all(lab.to(shot.incident) for shot in shots)  # noqa: E731
    lab.moves_until(there, 120, step=4, what="every page")
    (twice,) = lab.sql("SELECT count(*) - count(DISTINCT title) FROM incidents_incident WHERE title LIKE 'Chaos %%'")
    assert twice == (0,), "an alert that is sent again is no new incident"
    lab.judge("Connection cut after COMMIT, eleven times", shots, bound=AFTER_KILL + BUNDLE, crashes=2, clock="a lease")


@pytest.mark.long
def test_the_database_goes_away_and_comes_back(lab: Lab) -> None:
    shots = [lab.fire()]
    lab.database.set(CLOSED)
    time.sleep(2)
    lab.database.set(PASS)
    back = lab.now()
    shots += [lab.fire() for _one in range(3)]
    lab.judge("PostgreSQL gone for two seconds", shots, since=back, bound=AFTER_KILL, crashes=1, clock="")


@pytest.mark.parametrize(("hours", "word"), [pytest.param(1, "ahead", marks=pytest.mark.long), (-3, "back")])
def test_clocks_are_moved(lab: Lab, hours: int, word: str) -> None:
    before = [lab.fire(place) for place in (5, 6)]
    lab.arrived(before, 30)
    lab.move(hours * HOUR)
    try:
        assert "clocks" in str(lab.system.get("/healthz/paging").json()["trouble"])
        shots = [lab.fire(place) for place in (5, 6, 7)]
        fault = f"Clock of the application moved {word} against the database's"
        lab.judge(fault, shots, clock=f"{hours} h", bound=13)
    finally:
        lab.move(-hours * HOUR)
