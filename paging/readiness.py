"""Who can be woken, and what is missing where somebody cannot: a pure judgement on what is known of their ways.

"Known" is what arrived: a receipt of the medium, or an answer of the person, of a real page or of a test. That a provider
took a message proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import connection

from paging.alone import enough
from paging.channels.known import available
from paging.models import ContactMethod, PersonalRule
from paging.outbox import ways_of
from paging.wake_tests import WakeTest
from teams.models import Severity, User

LOOKED_BACK = 30
"""Pages of a person among which proofs are looked for: older ones prove little, and reading them all costs more each year."""
OLD = timedelta(days=30)
"""A proof older than this is shown as one to be renewed."""


class Missing(IntEnum):
    """What is missing, the most urgent first; one thing at a time, because one act mends it."""

    NO_WAY = 1
    UNVERIFIED = 2
    SWITCHED_OFF = 3
    NO_MEDIUM = 4
    NOT_ENOUGH = 5
    SILENT = 6
    RULE_DEAD = 7
    UNPROVED = 8
    OLD = 9
    NOTHING = 10

    @property
    def cannot_be_woken(self) -> bool:
        """Whether a critical page would not wake them at all."""
        return self <= Missing.NOT_ENOUGH

    @property
    def well(self) -> bool:
        """Whether nothing has to be done."""
        return self is Missing.NOTHING


@dataclass(frozen=True)
class Known:
    """One way of a person: whether it rings here, when something last arrived there, and whether a rule names it."""

    method: ContactMethod
    rings: bool
    proved_at: datetime | None = None
    ruled: bool = False


@dataclass(frozen=True)
class Readiness:
    """A person, their ways, when they last answered any page, and what is missing."""

    person: User
    ways: Sequence[Known]
    answered_at: datetime | None
    missing: Missing
    test: WakeTest | None = None

    @property
    def proved_at(self) -> datetime | None:
        """When anything last arrived, on whichever way that still rings."""
        return last_proof(self.ways, self.answered_at)

    @property
    def silent_way(self) -> ContactMethod | None:
        """The way whose weekly test nobody answered, where nothing has arrived since."""
        return silent_way(self.ways, self.test)


def silent_way(ways: Iterable[Known], test: WakeTest | None) -> ContactMethod | None:
    """The way that stayed silent in the last weekly tests, if it still rings and has not been proved since."""
    if test is None or test.silent_since is None:
        return None
    found = next((way for way in ways if way.method.pk == test.silent_method_id and way.rings), None)
    proved = found is not None and found.proved_at is not None and found.proved_at >= test.silent_since
    return None if found is None or proved else found.method


def last_proof(ways: Iterable[Known], answered_at: datetime | None) -> datetime | None:
    """The newest proof among ways that ring; an answer counts whichever way it came."""
    proofs = [way.proved_at for way in ways if way.rings and way.proved_at]
    return max([*proofs, *([answered_at] if answered_at else [])], default=None)


def judge(
    ways: Sequence[Known], *, enough_alone: bool, answered_at: datetime | None, at: datetime, silent: bool = False
) -> Missing:
    """What is missing for this person at `at`; pure.

    `enough_alone` is False when all that rings for a critical page is a push on a device that shows it too quietly; `silent`
    is True when the last weekly test of a way had no answer.
    """
    if not any(way.rings for way in ways):
        return _why_none(ways)
    if not enough_alone:
        return Missing.NOT_ENOUGH
    if silent:
        return Missing.SILENT
    if any(way.ruled and not way.rings for way in ways):
        return Missing.RULE_DEAD
    proof = last_proof(ways, answered_at)
    if proof is None:
        return Missing.UNPROVED
    return Missing.OLD if proof < at - OLD else Missing.NOTHING


def _why_none(ways: Sequence[Known]) -> Missing:
    """Why nothing rings; what is mended most easily is said."""
    if not ways:
        return Missing.NO_WAY
    if any(way.method.usable for way in ways):
        return Missing.NO_MEDIUM
    return Missing.UNVERIFIED if any(not way.method.disabled_at for way in ways) else Missing.SWITCHED_OFF


def of(people: Sequence[User], at: datetime) -> dict[int, Readiness]:
    """The readiness of each of these people by their id; five statements, however many they are."""
    ids = [person.pk for person in people]
    methods = list(ContactMethod.objects.filter(user__in=ids).order_by("user_id", "slug")) if ids else []
    ruled = set(PersonalRule.objects.filter(user__in=ids).values_list("method_id", flat=True)) if ids else set()
    proved, answered = _proofs(ids)
    tests = (
        {test.person_id: test for test in WakeTest.objects.filter(person__in=ids).select_related("page")} if ids else {}
    )
    kinds = available()
    by_person: dict[int, list[Known]] = {pk: [] for pk in ids}
    for method in methods:
        rings = method.usable and method.kind in kinds
        by_person[method.user_id].append(Known(method, rings, proved.get(method.pk), method.pk in ruled))
    by_id, rung = {method.pk: method for method in methods}, ways_of(ids, Severity.CRITICAL) if ids else {}
    found = {}
    for person in people:
        ways, answer, test = by_person[person.pk], answered.get(person.pk), tests.get(person.pk)
        ringing = [by_id[ring.method_id] for ring in rung[person.pk] if ring.method_id in by_id]
        silent = silent_way(ways, test) is not None
        missing = judge(ways, enough_alone=enough(ringing), answered_at=answer, at=at, silent=silent)
        found[person.pk] = Readiness(person, ways, answer, missing, test)
    return found


# An answer proves one way when only that one had left; of several nobody knows which of them woke the person.
_PROOFS = """
WITH recent AS (
    SELECT person.id AS person, page.id, GREATEST(page.seen_at, page.acked_at) AS answered
    FROM unnest(%(people)s::bigint[]) AS person (id)
    CROSS JOIN LATERAL (
        SELECT id, seen_at, acked_at FROM paging_page WHERE person_id = person.id ORDER BY id DESC LIMIT %(back)s
    ) AS page
), rung AS (
    SELECT recent.person, recent.answered, d.method_id, d.state, d.sent_at,
        count(*) FILTER (WHERE d.state IN ('sent', 'delivered', 'read')) OVER (PARTITION BY recent.id) AS left_by
    FROM recent LEFT JOIN paging_delivery AS d ON d.page_id = recent.id
)
SELECT person, method_id, max(answered), max(CASE
    WHEN state IN ('delivered', 'read') THEN GREATEST(sent_at, CASE WHEN left_by = 1 THEN answered END)
    WHEN state = 'sent' AND left_by = 1 THEN answered END)
FROM rung GROUP BY person, method_id
"""


def _proofs(people: Sequence[int]) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """When something last arrived by each way, and when each person last answered, among their latest pages."""
    proved: dict[int, datetime] = {}
    answered: dict[int, datetime] = {}
    if not people:
        return proved, answered
    with connection.cursor() as cursor:
        cursor.execute(_PROOFS, {"people": list(people), "back": LOOKED_BACK})
        for person, method, answer, proof in cursor.fetchall():
            if answer:
                answered[person] = max(answer, answered.get(person, answer))
            if method and proof:
                proved[method] = proof
    return proved, answered
