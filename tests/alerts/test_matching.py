"""Matchers on labels."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.matching import compile_match, first_match

LABELS = {"team": "payments", "severity": "critical", "port": "9100"}


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ({}, True),
        ({"team": "payments"}, True),
        ({"team": "pay"}, False),
        ({"team": "payments", "severity": "=~crit.*"}, True),
        ({"severity": "=~crit"}, False),  # anchored on both ends
        ({"severity": "=~ritical"}, False),
        ({"severity": "=~warning|critical"}, True),
        ({"severity": "=~crit|x"}, False),  # the anchors hold for the whole alternation
        ({"severity": "!=warning"}, True),
        ({"severity": "!=critical"}, False),
        ({"severity": "!~warn.*"}, True),
        ({"severity": "!~crit.*"}, False),
        ({"severity": ["warning", "critical"]}, True),
        ({"severity": ["warning", "info"]}, False),
        ({"port": 9100}, True),
        ({"absent": ""}, True),
        ({"absent": "!="}, False),
        ({"absent": "=~.*"}, True),
        ({"absent": "=~.+"}, False),
        ({"absent": "!=x"}, True),
        ({"absent": ["", "x"]}, True),
    ],
)
def test_holds(match: dict[str, object], holds: bool) -> None:
    assert compile_match(match)(LABELS) is holds


def test_booleans_are_what_labels_say() -> None:
    assert compile_match({"canary": True})({"canary": "true"})


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({"severity": "=~("}, "severity"),
        ({"severity": r"=~(a)\1"}, "RE2"),
        ({"severity": "!~(?=a)"}, "RE2"),
        ({"severity": "=~" + "((a{100}){100}){100}"}, "RE2"),
        ({"severity": "=~" + "a" * 10_000}, "longer"),
        ({"severity": "=~\ud800"}, "broken"),
        ({"severity": []}, "empty"),
        ({"severity": ["=~a"]}, "list"),
        ({"severity": None}, "severity"),
        ({"severity": {"a": 1}}, "severity"),
        ({"severity": [None]}, "severity"),
        ("severity=critical", "map"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(match: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        compile_match(match)
    assert type(caught.value) is ValueError


def test_the_first_match_wins() -> None:
    routes = [
        (compile_match({"team": "search"}), "no"),
        (compile_match({"team": "payments"}), "first"),
        (compile_match({}), "last"),
    ]
    assert first_match(routes, LABELS) == "first"
    assert first_match(routes, {}) == "last"
    assert first_match(routes[:2], {}) is None


def test_evil_patterns_are_linear() -> None:
    matcher = compile_match({"a": "=~(a*)*b|(a|aa)+$c|(x+x+)+y"})
    started = time.perf_counter()
    assert not matcher({"a": "a" * 1_000_000 + "x" * 1_000_000})
    assert time.perf_counter() - started < 2


def test_lone_surrogates_in_labels_do_no_harm() -> None:
    assert compile_match({"a": "=~x.*"})({"a": "x\ud800"})


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text()) | st.integers() | st.none()))
def test_any_matcher_compiles_or_is_refused(match: dict[str, object]) -> None:
    try:
        matcher = compile_match(match)
    except ValueError:
        return
    assert matcher(LABELS) in (True, False)


@given(st.text(), st.text())
def test_equality_and_inequality_are_opposites(wanted: str, value: str) -> None:
    assert compile_match({"a": "!=" + wanted})({"a": value}) is (wanted != value)
