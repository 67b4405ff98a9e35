"""Durations and the sweep, by hand: section 2 of the incident rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.metrics import (
    Availability,
    Impact,
    Pause,
    Spread,
    Stamps,
    Window,
    availability,
    caught_early,
    paused,
    percentile,
    team_time_to_resolve,
    time_to_acknowledge,
    time_to_detect,
    time_to_mitigate,
    time_to_react,
    time_to_resolve,
)


def at(minute: float) -> datetime:
    """So many minutes after the beginning of a day."""
    return datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=minute)


def minutes(span: timedelta | None) -> float | None:
    return span.total_seconds() / 60 if span is not None else None


WHOLE = Stamps(
    impact_started_at=at(0),
    detected_at=at(4),
    first_page_at=at(5),
    acked_at=at(8),
    reacted_at=at(7),
    mitigated_at=at(30),
    resolved_at=at(50),
)


def test_every_duration_by_hand() -> None:
    found = [
        time_to_detect(WHOLE),
        time_to_acknowledge(WHOLE),
        time_to_react(WHOLE),
        time_to_mitigate(WHOLE),
        time_to_resolve(WHOLE),
        team_time_to_resolve(WHOLE),
    ]
    assert [minutes(span) for span in found] == [4, 3, 3, 30, 50, 46]


def test_caught_early_is_zero_and_counted() -> None:
    early = Stamps(detected_at=at(0), impact_started_at=at(6))
    assert (minutes(time_to_detect(early)), caught_early(early), caught_early(WHOLE)) == (0, True, False)


def test_what_was_not_measured_is_none() -> None:
    bare = Stamps(detected_at=at(0), resolved_at=at(9))
    durations = (time_to_detect, time_to_acknowledge, time_to_react, time_to_mitigate, time_to_resolve)
    assert [measure(bare) for measure in durations] == [None] * 5
    assert minutes(team_time_to_resolve(bare)) == 9


def test_acknowledged_before_any_page_left_has_no_time_to_acknowledge() -> None:
    assert time_to_acknowledge(Stamps(at(0), first_page_at=at(5), acked_at=at(4))) is None
    assert minutes(time_to_acknowledge(Stamps(at(0), first_page_at=at(5), acked_at=at(5)))) == 0


def test_a_reopened_incident_counts_its_open_stretches() -> None:
    # open 0-50 (felt until 30), over until 80; open 80-100 (felt until 90)
    again = Stamps(
        detected_at=at(4),
        impact_started_at=at(0),
        mitigated_at=at(90),
        resolved_at=at(100),
        pauses=(Pause(at(30), at(50), at(80)),),
    )
    assert minutes(time_to_mitigate(again)) == 30 + 10
    assert minutes(time_to_resolve(again)) == 50 + 20
    assert minutes(team_time_to_resolve(again)) == 46 + 20
    assert [minutes(paused(again, until=at(minute))) for minute in (50, 60, 80, 100)] == [0, 10, 30, 30]


def test_percentiles_are_those_of_sql() -> None:
    values = (60.0, 120.0, 180.0, 600.0)
    assert [percentile(values, share) for share in (0, 0.5, 0.9, 1)] == [60, 150, pytest.approx(474), 600]
    assert percentile((), 0.5) is None


def test_a_spread_says_when_it_is_too_small() -> None:
    four, five = (Spread.of(timedelta(minutes=one) for one in range(number)) for number in (4, 5))
    assert (four.few, five.few, five.p50, five.longest, five.mean) == (True, False, 120, 240, 120)
    assert (Spread().p50, Spread().longest, Spread().mean) == (None, None, None)


DAY = Window(at(0), at(1440))


def sweep(*impacts: Impact, window: Window = DAY, maintenance: tuple[Window, ...] = ()) -> Availability:
    return availability(impacts, window, maintenance)


def test_nothing_happened() -> None:
    assert sweep() == Availability(86400)
    assert sweep().ratio == 1


def test_overlaps_never_add_up() -> None:
    # outage 60-90, partial 0.4 over 80-120, degraded 100-140: 30 + 30 * 0.4 lost, 60 down, 20 only degraded
    found = sweep(
        Impact(at(60), at(90), "outage"), Impact(at(80), at(120), "partial", 0.4), Impact(at(100), at(140), "degraded")
    )
    assert [found.lost / 60, found.down / 60, found.degraded / 60] == pytest.approx([42, 60, 20])
    assert found.ratio == pytest.approx(1 - 42 / 1440)


def test_impact_is_clipped_to_the_window() -> None:
    found = sweep(Impact(at(-60), at(10), "outage"), Impact(at(1430), None, "outage"), Impact(at(1440), None, "outage"))
    assert found.lost / 60 == 20


def test_maintenance_is_taken_out_of_both_parts() -> None:
    found = sweep(Impact(at(0), at(60), "outage"), maintenance=(Window(at(30), at(90)), Window(at(80), at(100))))
    assert (found.window / 60, found.lost / 60) == (1440 - 70, 30)


def test_only_maintenance_is_not_measured() -> None:
    assert sweep(window=Window(at(0), at(0))).ratio is None
    assert sweep(maintenance=(DAY,)).ratio is None


def test_estimated_only_where_the_estimate_decided() -> None:
    guess = Impact(at(0), at(10), "partial", 0.5, estimated=True)
    assert sweep(guess).estimated
    assert not sweep(guess, Impact(at(0), at(10), "outage")).estimated


spans = st.tuples(st.integers(-100, 1600), st.integers(0, 300))
kinds = st.sampled_from(["outage", "partial", "degraded"])


@given(
    st.lists(st.tuples(spans, kinds, st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=8), st.lists(spans, max_size=3)
)
def test_the_sweep_equals_counting_every_minute(
    drawn: list[tuple[tuple[int, int], str, float]], agreed: list[tuple[int, int]]
) -> None:
    impacts = [Impact(at(start), at(start + length), kind, share) for (start, length), kind, share in drawn]
    maintenance = [Window(at(start), at(start + length)) for start, length in agreed]
    found = availability(impacts, DAY, maintenance)
    lost = down = degraded = total = 0.0
    for minute in range(1440):
        if any(one.start <= at(minute) < one.end for one in maintenance):
            continue
        total += 1
        now = [one for one in impacts if one.start <= at(minute) < (one.end or DAY.end)]
        worst = max((one.weight for one in now), default=0.0)
        lost, down = lost + worst, down + (worst > 0)
        degraded += worst == 0 and any(one.kind == "degraded" for one in now)
    assert (found.window / 60, found.down / 60, found.degraded / 60) == (total, down, degraded)
    assert found.lost / 60 == pytest.approx(lost)
