"""How fast alerts are taken in: one per POST, a hundred, ten thousand."""

from __future__ import annotations

from functools import partial
from statistics import median

from bench import calibrate, load
from bench.figures import Result, Scale, spread
from bench.house import DISPATCH, WEB, WORKER, House, peak, proportional, resident
from bench.places import GROUP_ADDRESS, RATE_PLACE, address_of

CLIENTS = 8
ENOUGH_OF_PGBENCH = 0.30
SLOWEST = 0.050  # seconds, 99 of 100
HUNDREDS_RATE = 3000  # alerts per second
MASS_SECONDS = 5.0
HALF_SECONDS = 2.0
MASS_MEGABYTES = 200


def singles(house: House, scale: Scale) -> Result:
    """One new alert per POST, each opening an incident, against pgbench with the same SQL on the same server."""
    result = Result()
    calibrations, rates, slow = [], [], []
    with house.scratch() as scratch:
        house.inside("world", "1", database=scratch)
        one = house.inside("sql_of_one_post", database=scratch)
        script = calibrate.script_of(one["statements"], keep=one["key_hash"])
        with house.still(DISPATCH, WORKER):
            for _run in range(scale.runs):
                calibrations.append(calibrate.tps(scratch, script, clients=CLIENTS, seconds=scale.calibration))
                seen = house.post(house.singles(scale.posts), clients=CLIENTS)
                rates.append(seen.rate)
                slow.append(seen.percentile(0.99))
    ratios = [rate / tps for rate, tps in zip(rates, calibrations, strict=True)]
    alone = f"one new alert per POST, {CLIENTS} clients, dispatcher and worker stopped"
    result.add("pgbench, the SQL of one such POST", spread(calibrations, ".0f", "tps"))
    result.add(alone, spread(rates, ".0f", "POSTs/s"))
    reached = median(ratios) >= ENOUGH_OF_PGBENCH
    result.add("the same against pgbench", spread(ratios, ".2f"), f">= {ENOUGH_OF_PGBENCH:.2f}", reached)
    result.add("the same, p99", spread([1000 * one for one in slow], ".0f", "ms"), "<= 50 ms", median(slow) <= SLOWEST)
    return result


def singles_beside_paging(house: House, scale: Scale) -> Result:
    """The same while the dispatcher and the worker page for what comes in."""
    result = Result()
    seen = []
    for _run in range(scale.runs):
        seen.append(house.post(house.singles(scale.posts), clients=CLIENTS))
        house.inside("quiet")
    rates, slow = [one.rate for one in seen], [1000 * one.percentile(0.99) for one in seen]
    result.add("one new alert per POST with everything running", spread(rates, ".0f", "POSTs/s"))
    result.add("the same, p99", spread(slow, ".0f", "ms"))
    return result


def hundreds(house: House, scale: Scale) -> Result:
    """A hundred alerts per POST: as one group of an Alertmanager, and each as an incident of its own."""
    result = Result()
    grouped, apart = [], []
    for _run in range(scale.runs):
        numbers = house.take(100 * scale.hundreds)[::100]
        sent = load.bodies(GROUP_ADDRESS, partial(load.group, alerts=100), numbers)
        grouped.append(100 * house.post(sent, clients=CLIENTS).rate)
    for _run in range(scale.runs):
        numbers = house.take(100 * max(1, scale.hundreds // 5))[::100]
        sent = load.bodies(address_of(RATE_PLACE), partial(load.generic, alerts=100), numbers)
        with house.still(DISPATCH, WORKER):
            apart.append(100 * house.post(sent, clients=CLIENTS).rate)
    good = median(grouped) >= HUNDREDS_RATE
    result.add("100 new alerts per POST, a group each", spread(grouped, ".0f", "alerts/s"), ">= 3000 alerts/s", good)
    result.add("100 new alerts per POST, an incident for each alert", spread(apart, ".0f", "alerts/s"))
    return result


def mass(house: House, scale: Scale) -> Result:
    """Ten thousand alerts in one POST: how long, and how much more memory the web processes take at the worst."""
    result = Result()
    web = house.system.children(WEB)
    shared = sum(proportional(pid) for pid in web)
    took, more, size = [], [], 0
    for _run in range(scale.runs):
        body = load.group(house.take(scale.mass).start, scale.mass)
        size = len(body)
        before = {pid: resident(pid) for pid in web}
        took.append(house.post([load.request_of(GROUP_ADDRESS, body)]).seconds)
        more.append(sum(peak(pid) - before[pid] for pid in web) / 1e6)
    halves = [
        house.post([load.request_of(GROUP_ADDRESS, load.group(house.take(half).start, half))]).seconds
        for half in [scale.mass // 2] * scale.runs
    ]
    fast = median(halves) < HALF_SECONDS
    result.add(f"{scale.mass // 2} new alerts in one POST", spread(halves, ".2f", "s"), "< 2 s", fast)
    name = f"{scale.mass} new alerts in one POST ({size / 1e6:.1f} MB)"
    result.add(name, spread(took, ".2f", "s"), "<= 5 s", median(took) <= MASS_SECONDS)
    # A worker keeps what it once took, so only the first POST to each tells: the worst counts, not the median.
    memory = f"{max(more):.0f} MB more than {shared / 1e6:.0f} MB PSS"
    result.add("the same, web processes in the worst run", memory, "< 200 MB more", max(more) < MASS_MEGABYTES)
    apart = load.generic(house.take(scale.mass).start, scale.mass)
    with house.still(DISPATCH, WORKER):
        seconds = house.post([load.request_of(address_of(RATE_PLACE), apart)]).seconds
    result.add("the same, an incident for each alert, once", f"{seconds:.2f} s")
    return result
