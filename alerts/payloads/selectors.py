"""What one of our fields says, as data: places, how they are joined, what is taken out of the text, and its words. Pure.

A selector is a path, a list of paths (the first that says something wins), or an object: `paths`, with `join` all that
say something are put together with that text between them; `match` takes the first group of an RE2 pattern, and nothing
where it does not fit; `words` replaces whole words, whatever their case, `"*"` standing for any other word.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.matching import Pattern, compile_pattern
from alerts.payloads.alert import text_of
from alerts.payloads.paths import Place, compile_path, says_something

MOST_PATHS = 20
MOST_WORDS = 200
JOIN_LENGTH = 20
SEARCHED = 64 * 1024
"""Characters of a text in which a pattern is looked for."""
KEYS = frozenset({"paths", "join", "match", "words"})
ANY = "*"


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector: call it with an event and the whole body."""

    places: tuple[Place, ...]
    join: str | None = None
    pattern: Pattern | None = None
    words: Mapping[str, str] | None = None

    def __call__(self, event: object, body: object) -> str:
        """Its text, "" when nothing is said."""
        text = self._first(event, body) if self.join is None else self._all(event, body)
        if self.pattern is not None and text:
            text = taken_out(self.pattern, text)
        if self.words is not None and text:
            return self.words.get(text.strip().lower(), self.words.get(ANY, text))
        return text

    def _first(self, event: object, body: object) -> str:
        for place in self.places:
            value = place.of(event, body)
            if value.__class__ is str:
                if value:
                    return value
            elif says_something(value):
                return _flat(value)
        return ""

    def _all(self, event: object, body: object) -> str:
        found = (place.of(event, body) for place in self.places)
        return (self.join or "").join(_flat(value) for value in found if says_something(value))


def taken_out(pattern: Pattern, text: str) -> str:
    """The first group of the first match, the whole match without groups, "" without a match."""
    found = pattern.search(text[:SEARCHED])
    if found is None:
        return ""
    try:
        return found.group(1) or ""
    except IndexError:
        return found.group(0) or ""


def compile_selector(data: object) -> Selector:
    """`data` as a selector. Raises ValueError with a sentence."""
    if not isinstance(data, Mapping):
        return Selector(_places(data))
    if odd := sorted(str(key) for key in data.keys() - KEYS):
        raise ValueError(f"it knows no {odd[0][:80]!r}; it has paths, join, match and words")
    join, match = data.get("join"), data.get("match")
    if join is not None and (not isinstance(join, str) or len(join) > JOIN_LENGTH):
        raise ValueError(f"`join` is a text of at most {JOIN_LENGTH} characters")
    if match is not None and not isinstance(match, str):
        raise ValueError("`match` is a pattern, as text")
    return Selector(
        _places(data.get("paths")),
        join,
        compile_pattern(match, captures=True) if match else None,
        _words(data["words"]) if data.get("words") else None,
    )


def _places(data: object) -> tuple[Place, ...]:
    texts = [data] if isinstance(data, str) else data
    if not isinstance(texts, list) or not texts:
        raise ValueError("it needs a path, or a list of paths")
    if len(texts) > MOST_PATHS:
        raise ValueError(f"it has more than {MOST_PATHS} paths")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a path is text")
    return tuple(compile_path(text) for text in texts)


def _words(data: object) -> dict[str, str]:
    if not isinstance(data, Mapping) or len(data) > MOST_WORDS:
        raise ValueError(f"`words` maps at most {MOST_WORDS} words to others")
    if not all(isinstance(word, str | int | bool) and isinstance(said, str) for word, said in data.items()):
        raise ValueError("`words` maps words to words, as text")
    return {text_of(word).strip().lower(): said for word, said in data.items()}


def _flat(value: object) -> str:
    """A list of plain values with commas, anything else as a label's text."""
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return ", ".join(text_of(one) for one in value)
    return text_of(value)
