"""Clone, `./run up`, the printed link, three screens, the first own page acknowledged: exactly the acts of the documents."""

from __future__ import annotations

import re
import sys

import pytest

from bench.newcomer import WRITTEN, acts_table, measure, seconds_table

pytestmark = pytest.mark.peer

MOST_ACTS, MOST_SCREENS = 12, 3
ROW = re.compile(r"^\| \d+ \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_the_first_five_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    told = measure()
    with capsys.disabled():
        sys.stdout.write(f"\n{seconds_table(told)}")
    assert told.complaints == []
    assert len(told.acts) <= MOST_ACTS
    assert len(told.screens) <= MOST_SCREENS
    assert ROW.findall(WRITTEN.read_text(encoding="utf-8")) == told.acts, acts_table(told.acts)
