"""Whatever somebody types: a sentence and a line, or a file that applies and round-trips. Never anything else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from provisioning.applying import apply, look
from provisioning.checking import Refused
from provisioning.exporting import Dumper, export
from provisioning.reading import Problem
from teams.models import Playbook, Service
from tests.provisioning.organisations import CONTRACT, RICH
from tests.provisioning.test_round_trip import AT

pytestmark = pytest.mark.django_db
DOCUMENTS = [yaml.load(text, Loader=yaml.BaseLoader) for text in (CONTRACT, RICH)]  # noqa: S506  texts only
WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "null", "0", "-1", "1e9", "nan", "30s", "9" * 30, "24:00", "payments", "user:", "2026-10-25T01:30"]
    ),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in `value`."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [found for key, one in pairs for found in [(value, key), *places(one)]]


def changed(document: Any, pick: int, new: Any) -> str:
    """`document` as YAML with one value replaced."""
    copy = yaml.load(yaml.dump(document, Dumper=Dumper), Loader=yaml.BaseLoader)  # noqa: S506  texts only
    container, key = (found := places(copy))[pick % len(found)]
    container[key] = new
    return yaml.dump(copy, Dumper=Dumper, allow_unicode=True)


def problems_of(content: bytes) -> list[Problem]:
    """Why `content` is refused; nothing when it could be applied."""
    try:
        look(content)
    except Refused as refusal:
        return refusal.problems or [Problem(0, "refused without a reason")]
    return []


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(DOCUMENTS), st.integers(0, 10_000), VALUES)
def test_one_value_replaced_by_anything(document: Any, pick: int, new: Any) -> None:
    content = changed(document, pick, new).encode("utf-8", "surrogatepass")
    assert all(problem.line >= 1 and problem.sentence for problem in problems_of(content))


TRICKY = st.text(st.sampled_from(" \t\n\r\x85\u2028\u2029\ufeff\xa0:#-'\"|>%@`&*?![]{},0a~=ü\U0001f6a8\\"), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TRICKY.filter(lambda text: text.strip() and not set(text) & set("\n\r")), TRICKY)
def test_any_words_survive_the_round_trip(name: str, body: str) -> None:
    books = [{"title": "Only", "body": body, "match": {"label": f"v{body}", name: [f"v{body}", "x"]}}]
    team = {"slug": "any", "name": name}
    service = {"slug": "any", "name": name, "team": "any", "playbooks": books}
    document = {"organisation": {"name": name, "timezone": "UTC"}, "teams": [team], "services": [service]}
    try:
        apply(yaml.safe_dump(document, default_style='"').encode(), at=AT)  # everything escaped: nothing to guess
    except Refused as refusal:
        assume(
            "control character" not in refusal.problems[0].sentence and "is empty" not in refusal.problems[0].sentence
        )
        raise
    first = export()
    assert Service.objects.get().name == name
    assert Playbook.objects.get().body == body
    assert apply(first.encode(), at=AT).changes == []
    assert export() == first


@given(st.binary(max_size=200))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes(content: bytes) -> None:
    assert all(problem.line >= 1 and problem.sentence for problem in problems_of(content))
