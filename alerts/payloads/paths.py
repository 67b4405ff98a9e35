"""Where something stands in a JSON value, as text: `a.b[0].c`, `a["any key"]`. Pure.

A path names keys, with dots between them, and places in lists, counted from 0. Nothing else: no wildcards, no
conditions, no functions. One that begins with `$.` starts at the whole body, also where a body is taken apart into
events. `=text` is no path: it says that text.
"""

import json
import re
from dataclasses import dataclass

PATH_LENGTH = 300
DEEPEST = 20
# One step: a plain key, `[3]` or `["any key"]`. Fixed here, never typed by anybody, so `re` does.
STEP = re.compile(r'\.?(?P<key>[^.\[\]"\s][^.\[\]"]*)|\[(?P<place>\d{1,6})\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]')
NOTHING: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Place:
    """A compiled path; with `text` it is no path but says that."""

    steps: tuple[str | int, ...] = ()
    whole: bool = False
    text: str | None = None

    def of(self, event: object, body: object) -> object:
        """What stands there in `event` (or in the whole `body`); None when nothing does."""
        if self.text is not None:
            return self.text
        value = body if self.whole else event
        for step in self.steps:
            if step.__class__ is str:
                if value.__class__ is not dict:
                    return None
                value = value.get(step)
            elif value.__class__ is list and step < len(value):  # type: ignore[operator]
                value = value[step]  # type: ignore[index]
            else:
                return None
        return value


def compile_path(text: str) -> Place:
    """`text` as a place. Raises ValueError with a sentence that names it."""
    if text.startswith("="):
        return Place(text=text[1:])
    text = text.strip()
    if len(text) > PATH_LENGTH:
        raise ValueError(f"the path {text[:40]!r}… is longer than {PATH_LENGTH} characters")
    whole = text == "$" or text.startswith(("$.", "$["))
    rest = text[1:] if whole else text
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        found = STEP.match(rest, at)
        # A dot stands between keys, not before the first one (but after `$`).
        if found is None or (at == 0 and not whole and rest[0] == ".") or (at and _runs_on(rest, at)):
            raise ValueError(f"{text[:80]!r} is not a path such as alert.labels[0].name")
        steps.append(_step(found))
        at = found.end()
    if not steps and not whole:
        raise ValueError("a path is empty")
    if len(steps) > DEEPEST:
        raise ValueError(f"the path {text[:40]!r}… has more than {DEEPEST} steps")
    return Place(tuple(steps), whole)


def says_something(value: object) -> bool:
    """Whether a value is more than nothing; 0 and false do say something."""
    return value not in NOTHING


def _runs_on(rest: str, at: int) -> bool:
    """A plain key right behind a bracket: `a[0]b`."""
    return rest[at] not in ".["


def _step(found: "re.Match[str]") -> str | int:
    if place := found["place"]:
        return int(place)
    if quoted := found["quoted"]:
        try:
            return str(json.loads(quoted))
        except ValueError:
            raise ValueError(f"{quoted[:80]} is not a key in quotes") from None
    return found["key"].strip()
