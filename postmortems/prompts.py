"""Pure: the questions (incident rules, section 7): "how" and "what", never "why did you". Data; keys are permanent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

MANAGER = "manager"
OFFERED = 3


@dataclass(frozen=True)
class Prompt:
    """One question of a group; `key` is "signals-1"."""

    key: str
    group: str
    english: str

    @property
    def question(self) -> str:
        """In the reader's language."""
        return gettext(self.english)


GROUPS: dict[str, str] = {
    "signals": _("Signals"),
    "understanding": _("Understanding"),
    "decisions": _("Decisions"),
    "conditions": _("Conditions before"),
    "response": _("Response"),
    "customers": _("Customers"),
    "luck": _("Luck and strength"),
    MANAGER: _("For the manager only"),
}
QUESTIONS: dict[str, list[str]] = {
    "signals": [
        _("What first told us, and what was already true that we did not see?"),
        _("Which alert was silent, late or too loud?"),
        _("Who outside the team knew earlier, and by which path?"),
        _("What would have shown it 30 minutes sooner?"),
    ],
    "understanding": [
        _("What did each responder believe was happening at minute 5, 15, 30?"),
        _("Which guess proved wrong, and what kept it alive?"),
        _("Which part of the system did nobody present know well?"),
        _("What surprised us about how it really works?"),
        _("Which screen or number misled?"),
    ],
    "decisions": [
        _("Which options were on the table, what spoke for the chosen one?"),
        _("What did we trade off (speed, data, customers, sleep)?"),
        _("What made rolling back easy or hard?"),
        _("Where did someone act without a rule, and did it work?"),
        _("What would a newcomer have done at that point?"),
    ],
    "conditions": [
        _("What changed in the last day, week, quarter?"),
        _("Which earlier decision made sense then and mattered now?"),
        _("Which known weakness or open item played a part?"),
        _("What pressure was around?"),
        _("How does normal work keep this from happening on other days?"),
    ],
    "response": [
        _("How long until the right people were there, and what delayed them?"),
        _("Who was missing, who was too many?"),
        _("Where was it unclear who decides?"),
        _("Which playbook step helped, was absent, was wrong?"),
        _("What could someone not reach (log, access, pipeline)?"),
    ],
    "customers": [
        _("What did customers see, in their words?"),
        _("What did we tell them, when, and was it true?"),
        _("What did they do meanwhile?"),
    ],
    "luck": [
        _("What kept it from being worse?"),
        _("What went better than last time?"),
        _("Who learned something they can now teach?"),
    ],
    MANAGER: [
        _("What have I prioritised that made the safe path slower?"),
        _("Which remediation did I leave without time?"),
        _("What do people here not dare to say to me about this?"),
        _("Which ambiguity about ownership is mine to settle this week?"),
    ],
}
PROMPTS: dict[str, Prompt] = {
    f"{group}-{number}": Prompt(f"{group}-{number}", group, question)
    for group, questions in QUESTIONS.items()
    for number, question in enumerate(questions, 1)
}


def offered(seed: int, answered: Collection[str] = ()) -> list[Prompt]:
    """Three questions of three groups that nobody answered yet; another `seed` (the incident's number) begins elsewhere."""
    groups = [group for group in GROUPS if group != MANAGER]
    turn = seed % len(groups)
    found = []
    for group in groups[turn:] + groups[:turn]:
        fresh = [prompt for prompt in PROMPTS.values() if prompt.group == group and prompt.key not in answered]
        if fresh:
            found.append(fresh[seed % len(fresh)])
    return found[:OFFERED]


def group_name(group: str) -> str:
    """What a group is called, in the reader's language."""
    return gettext(GROUPS[group])
