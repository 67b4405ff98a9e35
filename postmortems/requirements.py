"""Pure: what a postmortem must hold before it is filed or published (incident rules, section 5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

SUMMARY_LENGTH = 120
ROWS, FACTORS, ANSWERS, GROUPS = 5, 2, 3, 2
NUMBER = re.compile(r"\d")
HANDLE = re.compile(r"(?<![\w.])@[A-Za-z][\w.-]+|[\w.+-]+@[\w-]+\.[\w.-]+")


@dataclass(frozen=True)
class Check:
    """One requirement: its key, whether it is met, and what to do about it."""

    key: str
    ok: bool
    sentence: str


@dataclass(frozen=True)
class Content:
    """What a postmortem holds. `people` are names of those involved; `rows` instants of the kept timeline rows."""

    summary: str = ""
    impact: str = ""
    impact_unknown_because: str = ""
    rows: Sequence[datetime] = ()
    detected_at: datetime | None = None
    factors: Sequence[str] = ()
    answered_groups: Sequence[str] = ()
    whole_items: int = 0
    no_items_because: str = ""
    people: Collection[str] = field(default_factory=tuple)
    went_well: str = ""
    surprises: str = ""
    item_types: Collection[str] = field(default_factory=tuple)


def hard(content: Content) -> list[Check]:
    """The six checks before filing."""
    early = [at for at in content.rows if content.detected_at and at < content.detected_at]
    persons = [factor for factor in content.factors if names_person(factor, content.people)]
    factors = len([factor for factor in content.factors if factor.strip()]) - len(persons)
    return [
        Check(
            "summary",
            len(" ".join(content.summary.split())) >= SUMMARY_LENGTH,
            _("Say what happened in plain words, in at least %s characters.") % SUMMARY_LENGTH,
        ),
        Check(
            "impact",
            bool(NUMBER.search(content.impact) or content.impact_unknown_because.strip()),
            _("Give the impact a number, or say why it is unknown."),
        ),
        Check("timeline", len(content.rows) >= ROWS and bool(early), _timeline_sentence(len(content.rows), len(early))),
        Check("factors", factors >= FACTORS and not persons, _factors_sentence(persons)),
        Check(
            "answers",
            len(content.answered_groups) >= ANSWERS and len(set(content.answered_groups)) >= GROUPS,
            _("Answer at least %(count)s questions from %(groups)s groups.") % {"count": ANSWERS, "groups": GROUPS},
        ),
        Check(
            "items",
            content.whole_items > 0 or bool(content.no_items_because.strip()),
            _(
                "Add one thing to change, with owner, due date and how one sees that it is done, or say why there is none."
            ),
        ),
    ]


def _timeline_sentence(rows: int, early: int) -> str:
    if rows < ROWS:
        return _("Keep at least %(most)s rows of the timeline (now %(rows)s), one of them from before detection.") % {
            "most": ROWS,
            "rows": rows,
        }
    return _("Add what was already so before anybody noticed: one row from before detection.")


def _factors_sentence(persons: Sequence[str]) -> str:
    if persons:
        return _("A person is no factor: “%s”. Which condition made it possible?") % persons[0][:80]
    return _("Name at least %s conditions that made it possible.") % FACTORS


def names_person(text: str, people: Collection[str]) -> bool:
    """Whether a text speaks of one of these people: by name, first name, handle or e-mail."""
    if HANDLE.search(text):
        return True
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in _called(people))


def _called(people: Collection[str]) -> set[str]:
    """Whole names and first names; as a first name only one that is no ordinary word."""
    first = {name.split()[0] for name in people if name.strip()}
    return {name.strip() for name in people if name.strip()} | {
        name for name in first if len(name) > 1 and name not in ORDINARY
    }


ORDINARY = frozenset(
    {
        *(
            "April",
            "August",
            "Art",
            "Bill",
            "Chase",
            "Dawn",
            "Drew",
            "Faith",
            "Former",
            "Frank",
            "Grace",
            "Guy",
            "Hope",
        ),
        *("Jack", "Joy", "June", "Mark", "May", "Max", "Mike", "Page", "Person", "Rich", "Rob", "Rose", "Sky", "Sue"),
        *("Summer", "Will"),
    }
)
"""First names that are words too: they are looked for as whole names only."""


def soft(content: Content) -> list[Check]:
    """Shown and counted; they stop nothing."""
    return [
        Check("went_well", bool(content.went_well.strip()), _("What went well?")),
        Check("surprises", bool(content.surprises.strip()), _("What surprised you?")),
        Check(
            "detects",
            bool({"detect", "mitigate"} & set(content.item_types)),
            _("Is there something to change so that it is seen or ended sooner?"),
        ),
    ]


def unmet(checks: Sequence[Check]) -> list[dict[str, str]]:
    """The checks that are not met, as an API shows them."""
    return [{"check": check.key, "sentence": check.sentence} for check in checks if not check.ok]
