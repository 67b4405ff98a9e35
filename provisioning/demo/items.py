"""Remediation items in every state, with their histories and the questions that managers answered, or have not yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from postmortems.item_door import next_look, zone_of
from postmortems.item_rules import ANSWER_DAYS, RISK_DAYS, add_working_days
from postmortems.models import ItemEvent, Postmortem, Remediation, UnblockRequest
from provisioning.demo.breaking import Fix
from provisioning.demo.courses import FORCED, Course, course_of
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from teams.models import User

if TYPE_CHECKING:
    from provisioning.demo.learning import Learned

PRIORITIES = {"critical": ("P0", "P1", "P2"), "major": ("P1", "P2", "P3"), "standard": ("P2", "P3", "P3")}
EVIDENCE = "https://code.demo.example/changes/{number}"
BLOCKS = (
    ("no_time", "The release takes all of us until the end of the month.", "Two days without the release work."),
    ("needs_decision", "It costs a little speed. Somebody must say that this is fine.", "A yes or a no."),
    ("other_team", "The change has to be made in a library of the platform.", "Somebody of that team for a day."),
    ("needs_budget", "It needs two more machines.", "About 400 a month."),
    ("vendor", "The vendor has not answered for two weeks.", "Somebody who knows whom to call there."),
    ("access", "None of us may change the settings there.", "Access for two people."),
    ("unknown_how", "We tried two ways, and both break the import.", "An hour with somebody who knows it."),
)
ANSWERED = "Take Thursday and Friday; the release waits."


class Items:
    """Writes them batch by batch."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rng = house.rng("items")

    def write(self, learned: Sequence[tuple[Learned, Postmortem]]) -> None:
        """The items of these postmortems."""
        ways: list[Course] = []
        rows: list[Remediation] = []
        for one, pm in learned:
            for place, fix in enumerate(self._fixes(one.case)):
                wanted = FORCED.get(one.case.told, ("",) * 9)[place]
                priority = PRIORITIES[one.case.severity][place]
                assert one.fate.filed  # noqa: S101
                proposed = one.fate.filed - timedelta(minutes=40)
                way = course_of(priority, proposed, wanted, self.rng, self.house.at, kept=place == 0)
                ways.append(way)
                rows.append(self._row(one.case, pm, fix, priority, way))
        made = Remediation.objects.bulk_create(rows)
        pairs = list(zip(made, ways, strict=True))
        blocks = [self._block(item, way) for item, way in pairs if way.blocked]
        UnblockRequest.objects.bulk_create(blocks)
        asked = {block.item_id: block for block in blocks}
        ItemEvent.objects.bulk_create(event for item, way in pairs for event in _events(item, way, asked.get(item.pk)))

    def _fixes(self, case: Case) -> Sequence[Fix]:
        fixes = case.mode.fixes
        return fixes if case.told else fixes[: self.rng.randint(1, len(fixes))]

    def _row(self, case: Case, pm: Postmortem, fix: Fix, priority: str, way: Course) -> Remediation:
        team = self.house.team_of(self.house.services[case.service])
        owner = self.rng.choice([person for person in (pm.owner, self.house.leads[team.slug]) if person])
        risky = way.state == "risk_accepted" and way.ended
        item = Remediation(
            postmortem=pm,
            title=fix.title,
            type=fix.type,
            priority=priority,
            state=way.state,
            owner=owner,
            team=team,
            done_when=fix.done_when,
            due=way.due,
            first_due=way.first_due,
            moves=1 if way.first_due and way.due != way.first_due else 0,
            public=case.impact is not None and fix.type != "access",
            evidence=EVIDENCE.format(number=4000 + self.rng.randrange(5000)) if way.done else "",
            decline_reason="It is solved by the move to the new platform next month."
            if way.state == "declined"
            else "",
            risk_name=str(team.manager) if risky else "",
            risk_until=way.ended.date() + timedelta(days=RISK_DAYS - 30) if risky and way.ended else None,
            created_at=way.proposed,
            created_by=owner,
            accepted_at=way.accepted,
            done_at=way.done,
            verified_at=way.verified,
        )
        item.look_due_at = next_look(item, self.house.at)
        return item

    def _block(self, item: Remediation, way: Course) -> UnblockRequest:
        """A question; one that waits for longer than three working days has been told to the director."""
        assert way.blocked  # noqa: S101
        manager = item.team.manager if item.team else None
        due = add_working_days(way.blocked, ANSWER_DAYS, zone_of(manager))
        why, text, unblocks = self.rng.choice(BLOCKS)
        late = way.answered is None and due <= self.house.at
        return UnblockRequest(
            item=item,
            code=why,
            text=text,
            unblocks=unblocks,
            since=way.blocked,
            by=item.owner,
            manager=manager,
            due_at=due,
            escalated_at=min(due + timedelta(seconds=4), self.house.at) if late else None,
            answer=UnblockRequest.Answer.GRANT_HOURS if way.answered else "",
            answer_text=ANSWERED if way.answered else "",
            answered_at=way.answered,
            answered_by=manager if way.answered else None,
            ended_at=way.answered,
        )


Line = tuple["datetime | None", str, "User | None", str, dict[str, Any]]


def _when(line: Line) -> datetime:
    assert line[0]  # noqa: S101
    return line[0]


def _events(item: Remediation, way: Course, block: UnblockRequest | None) -> Iterable[ItemEvent]:
    """The item's history, in order."""
    owner, manager = item.owner, item.team.manager if item.team else None
    due = {"owner": owner.email if owner else "", "due": str(item.first_due)}
    told: list[Line] = [
        (way.proposed, "proposed", owner, "", {}),
        (way.accepted, "accepted", owner, "", due),
        (way.started, "in_progress", owner, "", {}),
        (way.done, "done", owner, "", {"evidence": item.evidence}),
        (way.verified, "verified", manager, item.done_when, {"silent": False}),
        (way.ended, item.state, manager, item.decline_reason, {}),
    ]
    if block:
        told.append((way.blocked, "blocked", owner, block.text, {"code": block.code}))
        told.append((way.answered, "answered", manager, block.answer_text, {"answer": block.answer, "hours": 16}))
        told.append((block.escalated_at, "escalated", None, "", {}))
    for at, kind, by, text, data in sorted((line for line in told if line[0]), key=_when):
        if at:
            yield ItemEvent(item=item, at=at, by=by, kind=kind, text=text, data=data)
