"""Pure: words that look for somebody to blame, and a better question for each (incident rules, section 6).

Hints never block anything and are never counted by person. Quotations and code are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

QUOTED = re.compile(r"```.*?```|`[^`\n]*`|“[^”]*”|„[^“”]*[“”]|\"[^\"\n]*\"|^\s*>.*$", re.DOTALL | re.MULTILINE)
FLAGS: tuple[tuple[str, str], ...] = (
    (
        r"should(?: not|n't)? have|could have|ought to have|if only",
        _("What was known then? What made the chosen step sensible?"),
    ),
    (
        r"failed to|neglected|forgot(?:ten)?|overlooked|missed|did not bother|didn't bother|didn't check|did not check",
        _("What cue was absent or hidden? What else competed for attention?"),
    ),
    (
        r"human error|operator error|user error|fat[ -]finger(?:ed|s)?|typo by",
        _("What did the tool accept without warning?"),
    ),
    (
        r"root cause|the cause was|single cause|ultimately caused",
        _("Which conditions together made it possible?"),
    ),
    (
        r"careless(?:ly|ness)?|sloppy|lazy|negligent|negligence|incompeten(?:t|ce)|reckless(?:ly)?|rushed",
        _("What pressure or goal shaped the pace?"),
    ),
    (
        r"obvious(?:ly)?|clearly|simply|just|of course|trivial(?:ly)?|easy to see",
        _("Was it visible then? On which screen?"),
    ),
    (
        r"whose fault|to blame|responsible for the outage|culprit|guilty|broke production|brought down",
        _("Which change met which condition?"),
    ),
    (r"why did \w+|who did|who (?:pushed|approved|deployed)", _("How did it look to the person? What happened next?")),
    (
        r"be more careful|pay more attention|remind everyone|retrain(?:ed|ing)?|disciplin(?:e|ed|ary)",
        _("Which guard, default or signal could do this for people?"),
    ),
    (
        r"always|never|everyone knows|common sense",
        _("Where is it written? Who can find it at 02:00?"),
    ),
    (
        r"violated|against policy|ignored the procedure",
        _("How does the work normally get done? Does the rule fit?"),
    ),
    (r"unlucky|freak|act of god|one-off", _("What let luck decide?")),
)
NEGATIVE = r"(?:failed|forgot|missed|broke|ignored|neglected|overlooked|caused|did not|didn't|should|could|never|deleted|crashed)"
NAMED = _("Use the role (“the responder”): what did the system show, and what did it accept?")
_PATTERNS = tuple((re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), question) for pattern, question in FLAGS)


@dataclass(frozen=True)
class Hint:
    """Words at a place (offsets of characters in the text), and what to ask instead."""

    start: int
    end: int
    words: str
    question: str


def hints(text: str, people: Collection[str] = ()) -> list[Hint]:
    """What may be said better, in the order of the text. `people` are names of those involved."""
    plain = QUOTED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text).replace("’", "'")
    found = [
        Hint(match.start(), match.end(), text[match.start() : match.end()], gettext(question))
        for pattern, question in (*_PATTERNS, *_names(people))
        for match in pattern.finditer(plain)
    ]
    return sorted(found, key=lambda hint: (hint.start, hint.end))


def _names(people: Collection[str]) -> list[tuple[re.Pattern[str], str]]:
    """A name or @handle as the subject of a negative verb."""
    names = {name for whole in people for name in (whole, whole.partition(" ")[0]) if name}
    who = "|".join([r"@[\w.-]+", *(rf"\b{re.escape(name)}" for name in sorted(names, key=len, reverse=True))])
    return [(re.compile(rf"(?:{who})\s+{NEGATIVE}\b"), NAMED)]
