"""Two pages are taken, side by side on a sheet; what is wrong with a page is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from shots.__main__ import Wanted, photograph
from shots.pages import STRANGER, Shot
from shots.states import small
from tests.browser.visitor import chromium


@pytest.mark.peer
def test_two_pages_and_one_that_is_not_what_it_should_be(tmp_path: Path) -> None:
    shots = [
        Shot("two", "now", "/"),
        Shot("two", "sign-in", "/account/login/", STRANGER),
        Shot("wrong", "nowhere", "/incidents/INC-4711/"),
        Shot("wrong", "nothing", "/incidents/{nothing}/"),
    ]

    with chromium() as browser, small() as stage:
        taken = photograph(browser, stage, shots, Wanted(tmp_path, [360, 768], ["light", "dark"]))

    assert [one.complaints for one in taken] == [[], [], ["answered 404, not 200"]]
    sheet = (tmp_path / "two.html").read_text()
    for name in ("now-360-light", "now-768-dark", "sign-in-360-dark"):
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
        assert f'src="{name}.png"' in sheet
    assert (tmp_path / "two.png").exists()
    assert "answered 404" in (tmp_path / "wrong.html").read_text()
