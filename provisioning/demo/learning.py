"""Postmortems with their clocks, rows, factors and answers, as far as each of them has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from incidents.models import TimelineEntry
from postmortems.draft import OFFERED
from postmortems.draft import words as words_of
from postmortems.models import Answer, Clock, Factor, Postmortem, Row
from postmortems.prompts import PROMPTS
from provisioning.demo import words
from provisioning.demo.fates import Duty, Fate
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from provisioning.demo.items import Items
from teams.models import User

WRITTEN = {"hurry", "overdue", "needs_update"}
"""Stories whose draft holds a summary already."""
SIGNED = timedelta(minutes=20)
SEEN = timedelta(seconds=5)
LOOKED = timedelta(minutes=30)


class Learned(NamedTuple):
    """An incident that owed something, what became of that, and its story."""

    case: Case
    fate: Fate
    lines: list[TimelineEntry]


class Learning:
    """Writes them batch by batch."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.items = Items(house)

    def write(self, learned: Sequence[Learned]) -> None:
        """Everything that belongs to these postmortems."""
        made = Postmortem.objects.bulk_create(self._row(one) for one in learned)
        pairs = list(zip(learned, made, strict=True))
        Clock.objects.bulk_create(self._clock(one, pm, duty) for one, pm in pairs for duty in one.fate.duties)
        Row.objects.bulk_create(row for one, pm in pairs for row in self._rows(one, pm))
        full = [(one, pm) for one, pm in pairs if one.fate.filed]
        Factor.objects.bulk_create(factor for one, pm in full for factor in _factors(one, pm))
        Answer.objects.bulk_create(answer for one, pm in full for answer in _answers(one, pm))
        self.items.write(full)

    def owner(self, case: Case) -> User:
        """Who led it, else the lead of the team; nobody who has left."""
        lead = self.house.leads[self.house.team_of(self.house.services[case.service]).slug]
        return case.acker if case.acker and case.acker.is_active else lead

    def _row(self, one: Learned) -> Postmortem:
        case, fate = one.case, one.fate
        name = self.house.services[case.service].name
        filed, owner = fate.filed is not None, self.owner(case)
        updated = fate.filed or case.resolved
        begun = filed or case.told in WRITTEN
        return Postmortem(
            incident=case.incident,
            state=fate.state,
            owner=owner,
            created_at=case.resolved,
            filed_at=fate.filed,
            reviewed_at=fate.reviewed,
            summary=words.summary(case, name) if begun else "",
            impact=words.impact(case) if begun else "",
            surprises=case.mode.surprise if filed else "",
            went_well="The right people were there within minutes." if filed and case.severity != "standard" else "",
            updated_at=updated,
            updated_by=owner if begun else None,
            version=4 if filed else 1,
            **self._published(one, owner, name),
        )

    def _published(self, one: Learned, owner: User, name: str) -> dict[str, object]:
        """The version for customers; what strangers can read was signed and has been seen."""
        due = [duty for duty in one.fate.duties if duty.kind == "public" and duty.state != "waived"]
        if not due or one.fate.filed is None:
            return {}
        text, published = words.public(one.case, name), one.fate.published
        if published is None:
            return {"public_text": text}
        return {
            "public_text": text,
            "public_signed_by": owner,
            "public_signed_at": published - SIGNED,
            "published_at": published,
            "published_text": text,
            "seen_at": published + SEEN,
        }

    def _clock(self, one: Learned, pm: Postmortem, duty: Duty) -> Clock:
        team = self.house.team_of(self.house.services[one.case.service])
        return Clock(
            postmortem=pm,
            kind=duty.kind,
            round=duty.round,
            state=duty.state,
            started_at=duty.start,
            due_at=duty.due,
            ended_at=duty.ended,
            missed_at=duty.due if duty.state == "missed" else None,
            extensions=1 if duty.extended_to else 0,
            extended_to=duty.extended_to,
            extension_reason=words.EXTENSION if duty.extended_to else "",
            extended_by=team.manager if duty.extended_to else None,
            waiver=duty.waiver,
            waiver_text=words.WAIVERS.get(duty.waiver, ""),
            waiver_link="https://status.provider.example/reports/latest" if duty.waiver == "upstream_report" else "",
            waived_by=team.manager if duty.waiver else None,
        )

    def _rows(self, one: Learned, pm: Postmortem) -> Iterable[Row]:
        """What was already so before anybody noticed, and the story's lines."""
        if one.fate.filed:
            early = (one.case.impact or one.case.detected) - timedelta(minutes=25)
            yield Row(postmortem=pm, at=min(early, one.case.detected - timedelta(minutes=5)), text=one.case.mode.before)
            if one.case.exhausted:
                yield Row(postmortem=pm, at=one.case.resolved + LOOKED, text="Somebody looked, and it was over.")
        for line in one.lines:
            if line.kind in OFFERED:
                yield Row(postmortem=pm, at=line.at, text=words_of(line), entry=line)


def _factors(one: Learned, pm: Postmortem) -> Iterable[Factor]:
    for place, text in enumerate(one.case.mode.factors):
        yield Factor(postmortem=pm, position=place, text=text, by=pm.owner, created_at=one.fate.filed or pm.created_at)


def _answers(one: Learned, pm: Postmortem) -> Iterable[Answer]:
    for key, text in one.case.mode.answers:
        prompt = PROMPTS[key]
        yield Answer(
            postmortem=pm,
            prompt=key,
            group=prompt.group,
            question=prompt.english,
            text=text,
            by=pm.owner,
            at=one.fate.filed or pm.created_at,
        )
