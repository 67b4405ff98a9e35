"""Two pages are taken, side by side on a sheet; what is wrong with a page is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shots.__main__ import photograph
from shots.pages import DOCS, FINDS, SHOTS, STRANGER, Shot
from shots.stage import staged
from tests.browser.visitor import chromium


def test_names_are_told_apart_and_every_name_in_an_address_can_be_found() -> None:
    names = [shot.name for shot in SHOTS]
    assert len(names) == len(set(names))
    assert {picture.shot for picture in DOCS.values()} <= set(names)
    wanted = {name for shot in SHOTS for name in re.findall(r"{(\w+)}", shot.path)}
    assert wanted - {"link"} <= set(FINDS)


@pytest.mark.peer
def test_two_pages_and_one_that_is_not_what_it_should_be(tmp_path: Path) -> None:
    shots = [
        Shot("two", "now", "/"),
        Shot("two", "sign-in", "/account/login/", STRANGER),
        Shot("wrong", "nowhere", "/incidents/INC-4711/"),
        Shot("wrong", "nothing", "/incidents/{nothing}/"),
    ]

    with chromium() as browser, staged(demo=False) as stage:
        taken = photograph(browser, stage, shots, [360, 768], ["light", "dark"], tmp_path)

    assert [one.complaints for one in taken] == [[], [], ["answered 404, not 200"]]
    sheet = (tmp_path / "two.html").read_text()
    for name in ("now-360-light", "now-768-dark", "sign-in-360-dark"):
        assert (tmp_path / f"{name}.png").stat().st_size > 1000
        assert f'src="{name}.png"' in sheet
    assert (tmp_path / "two.png").exists()
    assert "answered 404" in (tmp_path / "wrong.html").read_text()
