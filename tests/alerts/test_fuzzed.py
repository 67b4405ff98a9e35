"""Every parser raises nothing but its own refusals: for any bytes, for any JSON, and for whatever fuzzing found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.seeds import FIXTURES, seeds, words
from fuzz.shapes import CHANGED, MARK, fed
from fuzz.targets import TARGETS

FOUND = sorted(path for path in (FIXTURES / "fuzzed").glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=300))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.tuples(st.sampled_from((MARK, CHANGED)), st.binary(max_size=300)).map(b"".join))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_and_any_change_of_a_real_body(name: str, data: bytes) -> None:
    TARGETS[name](fed(name, data))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_stays_mended(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_fuzzing_begins_with_what_senders_post(name: str) -> None:
    found = list(seeds(name))
    assert found
    for body in found:
        TARGETS[name](body)


def test_every_folder_of_cases_is_of_a_parser() -> None:
    assert {path.parent.name for path in FOUND} <= TARGETS.keys()


def test_the_words_are_those_that_parsers_look_for() -> None:
    assert {"dedup_key", "startsAt", "workflow_run", "silencedBy"} <= set(words())
