"""Two starts of one checkout do not collect the static files into each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.statics import Collected


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "runtime.txt").write_text("whitenoise\n")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.css").write_text("a{}")
    return tmp_path


def test_one_makes_them_and_the_other_finds_them_made(root: Path) -> None:
    first, second = Collected(root), Collected(root)
    assert not first.current
    assert first.claim()
    assert not second.claim()
    first.done()
    assert second.current
    assert second.claim()


def test_a_change_while_they_are_made_is_seen_by_the_next_start(root: Path) -> None:
    first = Collected(root)
    assert first.claim()
    (root / "static" / "b.css").write_text("b{}")
    first.done()
    assert not first.current
