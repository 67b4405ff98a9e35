"""The same figures counted once more, in SQL that shares no line with the application."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from review.collect import collect
from review.figures import Review, review_of
from review.values import Count, Share, Times, Uptime
from review.week import Week
from tests.review.fortnight import NOW, fortnight

WEEKS = [46, 47]
WITHIN = """
WITH w AS (SELECT
    (%(monday)s::timestamp AT TIME ZONE 'Europe/London') AS lo,
    (%(monday)s::timestamp + interval '7 days') AT TIME ZONE 'Europe/London' AS hi,
    %(now)s::timestamptz AS now),
counted AS (SELECT * FROM incidents_incident WHERE NOT drill AND state NOT IN ('cancelled', 'merged')),
pauses AS (SELECT t.incident_id, (t.data->'was'->>'resolved_at')::timestamptz AS over_at,
    (t.data->'was'->>'mitigated_at')::timestamptz AS quiet_at, t.at FROM incidents_timelineentry t WHERE t.kind = 'reopened'),
detected AS (SELECT c.* FROM counted c, w WHERE c.detected_at >= w.lo AND c.detected_at < w.hi),
resolved AS (SELECT c.* FROM counted c, w WHERE c.resolved_at >= w.lo AND c.resolved_at < w.hi)
"""
TIMES = {
    "time-to-acknowledge": "SELECT acked_at - first_page_at FROM detected WHERE acked_at >= first_page_at",
    "time-to-react": "SELECT reacted_at - detected_at FROM detected",
    "time-to-mitigate": """SELECT mitigated_at - impact_started_at
        - coalesce((SELECT sum(at - quiet_at) FROM pauses p WHERE p.incident_id = d.id), interval '0') FROM detected d""",
    "time-to-resolve": """SELECT resolved_at - impact_started_at
        - coalesce((SELECT sum(at - over_at) FROM pauses p WHERE p.incident_id = r.id), interval '0') FROM resolved r""",
    "team-time-to-resolve": """SELECT resolved_at - detected_at
        - coalesce((SELECT sum(at - over_at) FROM pauses p WHERE p.incident_id = r.id), interval '0') FROM resolved r""",
}
COUNTS = {
    "incidents": "SELECT count(*) FROM detected",
    **{
        f"incidents-{name}": f"SELECT count(*) FROM detected WHERE severity = '{name}'"
        for name in ("critical", "major", "standard")
    },
    "self-resolved": """SELECT count(*) FROM detected WHERE acked_at IS NULL AND resolved_at IS NOT NULL
        AND stamp_sources->>'resolved_at' <> 'human'""",
    "unacknowledged": "SELECT count(*) FROM detected WHERE acked_at IS NULL AND resolved_at IS NULL",
    "waivers": "SELECT count(*) FROM postmortems_clock, w WHERE state = 'waived' AND ended_at >= lo AND ended_at < hi",
    "remediation-open": """SELECT count(*) FROM postmortems_remediation r, w WHERE accepted_at < hi AND coalesce(done_at,
        (SELECT max(at) FROM postmortems_itemevent e WHERE e.item_id = r.id), 'infinity') >= hi""",
    "remediation-overdue": """SELECT count(*) FROM postmortems_remediation, w WHERE accepted_at < hi
        AND coalesce(done_at, 'infinity') >= hi AND due < (hi AT TIME ZONE 'Europe/London')::date - 1""",
    "remediation-blocked": """SELECT count(*) FROM postmortems_unblockrequest, w
        WHERE since < hi AND coalesce(ended_at, 'infinity') >= hi""",
    "remediation-unanswered": """SELECT count(*) FROM postmortems_unblockrequest, w
        WHERE since < hi AND coalesce(ended_at, 'infinity') >= hi AND coalesce(answered_at, 'infinity') >= hi""",
}
RUNG = """, rung AS (SELECT p.*, u.timezone, p.escalation_id IS NOT NULL AS rostered,
        p.created_at - lag(p.created_at) OVER (PARTITION BY p.person_id ORDER BY p.created_at) AS gap
    FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id JOIN teams_user u ON u.id = p.person_id
    WHERE p.reason <> 'test' AND NOT i.drill),
numbered AS (SELECT *, count(*) FILTER (WHERE gap IS NULL OR gap > interval '60 min')
        OVER (PARTITION BY person_id ORDER BY created_at) AS chain FROM rung),
joined AS (SELECT min(created_at) AS began, (array_agg(rostered ORDER BY created_at))[1] AS rostered,
        bool_or(extract(hour FROM created_at AT TIME ZONE timezone) NOT BETWEEN 8 AND 21) AS night
    FROM numbered GROUP BY person_id, chain)
"""
HEARD = {
    "pages": "SELECT count(*) FROM rung, w WHERE created_at >= lo AND created_at < hi",
    "interruptions": "SELECT count(*) FROM joined, w WHERE began >= lo AND began < hi",
    "sleep-interruptions": "SELECT count(*) FROM joined, w WHERE began >= lo AND began < hi AND night",
}
COUNTS |= {key: f"{RUNG}{text}" for key, text in HEARD.items()}
COUNTS |= {f"{key}-of-payments-primary": f"{RUNG}{text} AND rostered" for key, text in HEARD.items()}
# Every minute of the week, and the worst that was felt in it.
MINUTES = """, felt AS (SELECT m, (SELECT max(CASE WHEN x.kind = 'degraded' THEN 0 ELSE x.share END)
        FROM incidents_impactinterval x JOIN counted c ON c.id = x.incident_id JOIN teams_service s ON s.id = x.service_id
        WHERE s.slug = %(slug)s AND x.start <= m AND coalesce(x."end", 'infinity') > m) AS worst
    FROM w, generate_series(lo, least(hi, now) - interval '1 minute', interval '1 minute') AS m)
SELECT coalesce(sum(worst), 0), count(*) FILTER (WHERE worst = 0), count(*) FROM felt"""
PROMISED = {
    "sla-critical-react": "SELECT reacted_at - detected_at <= '5 min' FROM detected WHERE severity = 'critical'",
    "sla-critical-mitigate": "SELECT mitigated_at - detected_at <= '1 h' FROM detected WHERE severity = 'critical'",
    "sla-critical-resolve": "SELECT resolved_at - detected_at <= '4 h' FROM detected WHERE severity = 'critical'",
    "sla-major-react": "SELECT reacted_at - detected_at <= '15 min' FROM detected WHERE severity = 'major'",
}
CLOCKS = """SELECT count(*) FILTER (WHERE k.state = 'met'), count(*) FILTER (WHERE k.state IN ('met', 'met_extended', 'missed')
        OR (k.state = 'running' AND greatest(due_at, coalesce(extended_to, due_at)) < now))
    FROM postmortems_clock k JOIN postmortems_postmortem o ON o.id = k.postmortem_id
    JOIN counted c ON c.id = o.incident_id, w
    WHERE k.kind = %(slug)s AND due_at >= lo AND due_at < hi AND k.state NOT IN ('waived', 'cancelled')"""

pytestmark = pytest.mark.django_db


@pytest.fixture(params=WEEKS)
def week(request: pytest.FixtureRequest) -> Week:
    return Week(2026, request.param)


@pytest.fixture
def review(week: Week) -> Review:
    house = fortnight()
    return review_of(collect(week, zone="Europe/London", at=NOW, reader=house.ana))


def ask(sql: str, week: Week, slug: str = "") -> list[Any]:
    """The rows of a question about the week."""
    with connection.cursor() as cursor:
        cursor.execute(WITHIN + sql, {"monday": week.monday.isoformat(), "now": NOW, "slug": slug})
        return list(cursor.fetchall())


def test_counts(review: Review, week: Week) -> None:
    values = {key: review.figures[key].value for key in COUNTS}
    found = {key: value.value for key, value in values.items() if isinstance(value, Count)}
    assert found == {key: ask(sql, week)[0][0] for key, sql in COUNTS.items()}


@pytest.mark.parametrize("key", TIMES)
def test_durations(review: Review, week: Week, key: str) -> None:
    value = review.figures[key].value
    assert isinstance(value, Times)
    sql = f"""SELECT count(s), percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.9) WITHIN GROUP (ORDER BY s),
        max(s), avg(s) FROM (SELECT extract(epoch FROM d)::float8 AS s FROM ({TIMES[key]}) AS one(d)) AS all_of_them"""
    (again,) = ask(sql, week)
    spread = value.spread
    assert [spread.n, spread.p50, spread.p90, spread.longest, spread.mean] == pytest.approx(list(again))


@pytest.mark.parametrize("slug", ["checkout", "search", "ledger"])
def test_availability(review: Review, week: Week, slug: str) -> None:
    value = review.figures[f"availability-{slug}"].value
    ((lost, degraded, minutes),) = ask(MINUTES, week, slug)
    assert isinstance(value, Uptime)
    if value.measured is None:
        assert lost == 0
        return
    found = value.measured
    assert [found.lost / 60, found.degraded / 60, found.window / 60] == pytest.approx([lost, degraded, minutes])
    assert value.percent == pytest.approx(100 * (1 - lost / minutes))


@pytest.mark.parametrize("key", PROMISED)
def test_promises(review: Review, week: Week, key: str) -> None:
    kept = [row[0] for row in ask(PROMISED[key], week)]
    assert review.figures[key].value == Share(sum(kept), len(kept))


@pytest.mark.parametrize("kind", ["internal", "public"])
def test_postmortems(review: Review, week: Week, kind: str) -> None:
    value = review.figures[f"postmortems-{kind}"].value
    assert isinstance(value, Share)
    assert (value.met, value.total) == ask(CLOCKS, week, kind)[0]
