"""Jobs that say that they ran: one is up, one is late, one was never heard, and nobody waits for the watchdog now."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts import beats, heartbeats
from alerts.beats import Pulse, Word
from alerts.heartbeat_keys import make_key
from alerts.heartbeat_models import Heartbeat, Ping
from alerts.watchdogs import WATCHDOG
from provisioning.demo.house import ZONE, House

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HEARD = 14
"""Pings of each that was heard."""
FAILED = 5
"""Which of a job's runs failed, counted from the last."""
SAID = b"Dumping 412 tables.\nUploaded 318 GB in 36 min.\n"
WRONG = b"Dumping 412 tables.\nThe connection was lost at table 97.\n"


def write(house: House) -> None:
    """All four."""
    services = house.services
    backup = Heartbeat(slug="backup", name="Backup of the databases", service=services["databases"], grace=2 * HOUR)
    file = Heartbeat(slug="partners-file", name="The partner's file is loaded", service=services["reporting"])
    file.grace = 12 * HOUR
    lives = Heartbeat(slug="prometheus-lives", name="Prometheus lives", service=services["clusters"], match=WATCHDOG)
    lives.source, lives.period, lives.grace = house.sources["prometheus"], 5 * MINUTE, 5 * MINUTE
    _heard(house, backup, house.at - 3 * HOUR)
    _heard(house, file, house.at - DAY - 50 * MINUTE)
    _heard(house, lives, house.at - 2 * HOUR)
    heartbeats.store(lives, beats.pause(lives.pulse))
    stock = Heartbeat(slug="stock-count", name="Stock is counted", service=services["nightly-loads"])
    stock.cron, stock.timezone = "0 6 * * 1", ZONE
    stock.save()
    make_key(stock, at=house.at - DAY)


def _heard(house: House, heartbeat: Heartbeat, last: datetime) -> None:
    """Heard again and again until `last`; where it stands is what the rules make of that."""
    heartbeat.save()
    rng, job = house.rng(heartbeat.slug), not heartbeat.match
    if job:
        make_key(heartbeat, at=house.born)
        heartbeat.keys.update(last_used_at=last)
    runs = []
    for turn in reversed(range(HEARD)):
        run = Ping(heartbeat=heartbeat, at=last - turn * heartbeat.period, word=Word.SUCCESS, sender="203.0.113.20")
        if job:
            run.took, run.content = timedelta(seconds=rng.randrange(1900, 2500)), SAID
        if job and turn == FAILED:
            run.took, run.content, run.word, run.exit_code = timedelta(seconds=412), WRONG, Word.FAIL, 1
        run.size = len(run.content)
        runs.append(run)
    Ping.objects.bulk_create(runs)
    pulse = beats.hear(Pulse(), Word.SUCCESS, heartbeat.rhythm, last)
    heartbeats.store(heartbeat, beats.look(pulse, heartbeat.rhythm, house.at))
