"""Two weeks whose every figure is known by hand: W46 and W47 of 2026, looked at on Monday 23 November, 09:00 UTC.

The organisation is in London, whose November is UTC. Day 16 is the Monday of W47.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from incidents.models import ImpactInterval, Incident, Kind, TimelineEntry
from paging.models import Escalation, Page
from postmortems.models import Clock, ItemEvent, Postmortem, Remediation, UnblockRequest
from teams.models import Organisation, Role, Service, User
from tests.factories import make_schedule, make_service, make_source, make_team, make_user

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def nov(day: int, clock: str) -> datetime:
    """An instant of November 2026: `nov(16, "10:02")`."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}+00:00")


def stamp(day: int, clock: str | None) -> datetime | None:
    """The same; a clock after a "+" is on the next day."""
    if clock is None:
        return None
    return nov(day + 1, clock[1:]) if clock.startswith("+") else nov(day, clock)


@dataclass
class Fortnight:
    """The people, services and incidents by letter."""

    ana: User
    tom: User
    mia: User
    services: dict[str, Service]
    incidents: dict[str, Incident]

    def __getitem__(self, letter: str) -> Incident:
        return self.incidents[letter]


# letter: (class, service, day, impact, detected, page, ack, react, mitigated, resolved)
STORIES: dict[
    str, tuple[str, str, int, str | None, str, str | None, str | None, str | None, str | None, str | None]
] = {
    "A": ("critical", "checkout", 16, "10:00", "10:02", "10:03", "10:06", "10:05", "10:32", "10:52"),
    "B": ("critical", "checkout", 17, "12:00", "12:10", "12:11", "12:21", "12:20", "13:40", "17:00"),
    "C": ("major", "search", 18, None, "09:00", "09:01", "09:03", "09:02", "10:00", "10:00"),
    "D": ("major", "search", 22, "22:00", "22:00", "22:01", "22:06", "22:05", None, None),
    "E": ("standard", "ledger", 19, "14:00", "14:00", "14:02", None, None, "14:10", "14:10"),
    "F": ("standard", "ledger", 20, None, "10:00", None, None, None, None, None),
    "J": ("major", "checkout", 16, "00:00", "00:00", "00:01", "00:11", "00:11", "01:10", "01:20"),
    "K": ("critical", "search", 23, None, "00:00", "00:01", "00:02", "00:02", "00:05", "00:05"),
    "L": ("critical", "checkout", 15, "23:30", "23:30", "23:31", "23:34", "23:33", "+00:05", "+00:10"),
    # left out of every figure
    "G": ("critical", "checkout", 18, "00:00", "00:00", "00:00", "00:30", "00:30", "06:00", "06:00"),
    "H": ("critical", "checkout", 18, "00:00", "00:00", "00:00", "00:30", "00:30", "06:00", "06:00"),
    "I": ("critical", "checkout", 18, "00:00", "00:00", "00:00", "00:30", "00:30", "06:00", "06:00"),
    **{
        f"M{minute}": (
            "standard",
            "ledger",
            10,
            None,
            "10:00",
            "10:00",
            f"10:0{minute}",
            f"10:0{minute}",
            "10:10",
            "10:10",
        )
        for minute in range(1, 6)
    },
}
# letter: [(service, from day and clock, to, kind, share, estimated)]
FELT: dict[str, list[tuple[str, datetime, datetime | None, str, float, bool]]] = {
    "A": [("checkout", nov(16, "10:00"), nov(16, "10:32"), "outage", 1, False)],
    "B": [("checkout", nov(17, "12:00"), nov(17, "13:40"), "outage", 1, False)],
    "C": [("checkout", nov(17, "13:00"), nov(17, "14:00"), "partial", 0.5, True)],
    "D": [("search", nov(22, "22:00"), None, "partial", 0.5, True)],
    "E": [("ledger", nov(19, "14:00"), nov(19, "14:10"), "degraded", 0, False)],
    "G": [("checkout", nov(18, "00:00"), nov(18, "06:00"), "outage", 1, False)],
    "H": [("checkout", nov(18, "00:00"), nov(18, "06:00"), "outage", 1, False)],
    "I": [("checkout", nov(18, "00:00"), nov(18, "06:00"), "outage", 1, False)],
    "J": [
        ("checkout", nov(16, "00:00"), nov(16, "00:20"), "partial", 0.5, True),
        ("checkout", nov(16, "01:00"), nov(16, "01:10"), "partial", 0.5, True),
    ],
    "L": [("checkout", nov(15, "23:30"), nov(16, "00:05"), "outage", 1, False)],
}


def fortnight() -> Fortnight:
    """Make it."""
    Organisation.objects.create(pk=1, name="Acme", timezone="Europe/London")
    ana = make_user("Ana", timezone="Europe/London")
    tom, mia = make_user("Tom", timezone="Asia/Tokyo"), make_user("Mia", role=Role.MANAGER)
    team = make_team("payments", members=(ana,), manager=mia)
    targets: dict[str, Any] = {"checkout": "99.9", "search": "99", "ledger": None, "back-office": "99.5"}
    services = {slug: make_service(slug, team=team, target=target) for slug, target in targets.items()}
    for slug in ("checkout", "search", "ledger"):
        make_source(f"am-{slug}", service=services[slug], key=f"a-key-for-{slug}-000001")  # created on day 21
    found = Fortnight(ana, tom, mia, services, {})
    for letter in STORIES:
        found.incidents[letter] = _incident(letter, found)
    _reopened(found["J"])
    _postmortems(found)
    _items(found)
    _pages(found)
    return found


def _incident(letter: str, house: Fortnight) -> Incident:
    severity, service, day, impact, detected, page, ack, react, mitigated, resolved = STORIES[letter]
    incident = Incident.objects.create(
        title=f"Story {letter}",
        severity=severity,
        service=house.services[service],
        state={"H": "cancelled", "I": "merged"}.get(letter, "resolved" if resolved else "investigating"),
        drill=letter == "G",
        restricted=letter == "J",
        impact_started_at=stamp(day, impact),
        detected_at=nov(day, detected),
        declared_at=nov(day, detected),
        first_page_at=stamp(day, page),
        acked_at=stamp(day, ack),
        reacted_at=stamp(day, react),
        mitigated_at=stamp(day, mitigated),
        resolved_at=stamp(day, resolved),
        stamp_sources={"resolved_at": "human" if ack else "alert"} if resolved else {},
    )
    for slug, start, end, kind, share, estimated in FELT.get(letter, []):
        ImpactInterval.objects.create(
            incident=incident,
            service=house.services[slug],
            start=start,
            end=end,
            kind=kind,
            share=share,
            estimated=estimated,
        )
    return incident


def _reopened(incident: Incident) -> None:
    was = {"mitigated_at": str(nov(16, "00:20")), "resolved_at": str(nov(16, "00:30"))}
    TimelineEntry.objects.create(incident=incident, kind=Kind.REOPENED, at=nov(16, "01:00"), data={"was": was})
    Incident.objects.filter(pk=incident.pk).update(reopened=1)


def _postmortems(house: Fortnight) -> None:
    """Internal: one met, one met with an extension, one missed, one past its time, one waived, one cancelled."""
    _clock(house["A"], "internal", "met", nov(17, "10:52"), ended_at=nov(17, "09:00"))
    _clock(
        house["B"],
        "internal",
        "met_extended",
        nov(18, "17:00"),
        extended_to=nov(19, "17:00"),
        ended_at=nov(19, "12:00"),
    )
    _clock(house["C"], "internal", "missed", nov(19, "10:00"), missed_at=nov(19, "10:00"))
    _clock(house["J"], "internal", "running", nov(17, "01:20"))
    _clock(house["E"], "internal", "cancelled", nov(20, "14:10"))
    _clock(
        house["L"],
        "internal",
        "waived",
        nov(17, "00:10"),
        ended_at=nov(17, "08:00"),
        waiver="upstream_report",
        waiver_text="The provider tells it",
        waived_by=house.mia,
    )
    _clock(house["A"], "public", "met", nov(19, "10:32"), ended_at=nov(18, "12:00"))
    _clock(house["B"], "public", "running", nov(20, "13:40"), extended_to=nov(27, "13:40"))
    _clock(house["M1"], "internal", "met", nov(11, "10:10"), ended_at=nov(11, "10:00"))
    _clock(house["G"], "internal", "missed", nov(19, "06:00"))


def _clock(incident: Incident, kind: str, state: str, due_at: datetime, **fields: Any) -> None:
    postmortem, _made = Postmortem.objects.get_or_create(incident=incident, defaults={"created_at": due_at})
    Clock.objects.create(postmortem=postmortem, kind=kind, state=state, started_at=due_at, due_at=due_at, **fields)


# title: (state, accepted on, due on, done on)
ITEMS: dict[str, tuple[str, int | None, int | None, int | None]] = {
    "Add a limit": ("accepted", 1, 15, None),
    "Alert on the queue": ("in_progress", 17, 24, None),
    "Write the playbook": ("done", 2, 10, 18),
    "Perhaps later": ("proposed", None, None, None),
    "Split the database": ("blocked", 3, 30, None),
    "Buy more disks": ("blocked", 4, 22, None),
    "Rewrite everything": ("declined", 5, None, None),
}


def _items(house: Fortnight) -> None:
    postmortem = Postmortem.objects.get(incident=house["A"])
    made = {}
    for title, (state, accepted, due, done) in ITEMS.items():
        made[title] = Remediation.objects.create(
            postmortem=postmortem,
            title=title,
            state=state,
            owner=house.ana,
            team=house.services["checkout"].team,
            accepted_at=nov(accepted, "09:00") if accepted else None,
            created_at=nov(1, "08:00"),
            due=date(2026, 11, due) if due else None,
            done_at=nov(done, "09:00") if done else None,
            evidence="https://example.com/1" if done else "",
            decline_reason="too much" if state == "declined" else "",
        )
    ItemEvent.objects.create(item=made["Rewrite everything"], at=nov(18, "09:00"), kind="declined")
    _block(made["Split the database"], house, 12)
    answer = {"answer": "decide", "answered_at": nov(20, "09:00"), "answered_by": house.mia}
    _block(made["Buy more disks"], house, 19, **answer)


def _block(item: Remediation, house: Fortnight, since: int, **fields: Any) -> None:
    UnblockRequest.objects.create(
        item=item,
        code="needs_decision",
        text="Which one?",
        since=nov(since, "09:00"),
        by=house.ana,
        manager=house.mia,
        due_at=nov(since + 5, "09:00"),
        **fields,
    )


def _pages(house: Fortnight) -> None:
    """Ana is woken on Sunday; two of her pages are one interruption; one began in the week before. Tom sleeps in Tokyo."""
    make_schedule("payments-primary", house.ana, team=house.services["checkout"].team)
    steps = [{"wait": 300, "notify": ["schedule:payments-primary"]}]
    policy = {"repeat": 1, "steps": steps, "catch_all": [f"user:{house.tom.email}"]}
    runs = {
        letter: Escalation.objects.create(
            incident=house[letter], fence=1, policy=policy, started_at=house[letter].detected_at
        )
        for letter in ("A", "B", "D", "J", "L", "G")
    }
    because = "pager of payments-primary, step 1"
    rung = [
        ("A", 16, "10:03"),
        ("B", 16, "10:50"),
        ("J", 16, "12:00"),
        ("D", 22, "22:01"),
        ("L", 15, "23:31"),
        ("G", 18, "00:01"),
    ]
    for letter, day, clock in rung:
        _page(house.ana, house[letter], nov(day, clock), escalation=runs[letter], because=because)
    _page(house.ana, house["L"], nov(16, "00:01"), escalation=runs["L"], because=because, round=1)
    _page(house.tom, house["E"], nov(19, "14:02"), reason="asked_for_help")
    Page.objects.create(person=house.ana, reason="test", created_at=nov(18, "03:00"))


def _page(person: User, incident: Incident, at: datetime, **fields: Any) -> None:
    Page.objects.create(person=person, incident=incident, created_at=at, **{"reason": "first", "fence": 1, **fields})
