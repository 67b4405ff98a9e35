"""The files of the public tree: whole, few, mended, and gone when they should be."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from status import tree
from status.disk import MANIFEST, SPARE, Disk, Leaf
from tests.factories import AT, make_incident
from tests.status.publicity import HOUR, MINUTE, make_component, say


def files(root: Path) -> dict[str, bytes]:
    """Every file that a visitor may get."""
    found = {}
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                path = Path(folder) / name
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def marks(root: Path) -> dict[str, tuple[int, int]]:
    """What changes when a file is replaced."""
    return {name: ((root / name).stat().st_ino, (root / name).stat().st_mtime_ns) for name in files(root)}


@pytest.mark.django_db
def test_the_whole_tree(root: Path) -> None:
    make_component()
    code = say(checkout="major_outage").public.code
    tree.publish(AT)
    found = files(root)
    names = {
        "404.html", "index.html", "history.atom", "incidents/index.html", "incidents/2026-11/index.html",
        f"incidents/{code}/index.html",
        "api/v2/summary.json", "api/v2/status.json", "api/v2/components.json", "api/v2/incidents.json",
        "api/v2/incidents/unresolved.json",
    }  # fmt: skip
    assert set(found) == names | {f"{name}.gz" for name in names}
    for name in names:
        assert gzip.decompress(found[f"{name}.gz"]) == found[name]
        assert (root / name).stat().st_mode & 0o777 == 0o644


@pytest.mark.django_db
def test_only_what_changed_is_written(root: Path) -> None:
    make_component()
    say(checkout="major_outage")
    tree.publish(AT)
    before = marks(root)
    tree.publish(AT + MINUTE)
    after = marks(root)
    assert {name for name in after if after[name] != before[name]} == {"index.html", "index.html.gz"}
    say(make_incident(), title="Another", at=AT + HOUR)
    tree.publish(AT + HOUR)
    changed = {name for name, mark in marks(root).items() if before.get(name) != mark}
    assert "api/v2/summary.json" in changed
    assert "404.html" not in changed
    assert (
        len([name for name in changed if name.startswith("incidents/") and name.count("/") == 2]) == 4
    )  # its page, its month


@pytest.mark.django_db
def test_what_is_replaced_always_looks_newer(root: Path) -> None:
    for minute in range(3):
        before = (root / "index.html").stat().st_mtime if minute else 0
        tree.publish(AT + minute * MINUTE)
        assert int((root / "index.html").stat().st_mtime) > int(before)


@pytest.mark.django_db
def test_the_next_publishing_mends_what_somebody_broke(root: Path) -> None:
    say()
    tree.publish(AT)
    whole = files(root)
    (root / "404.html").unlink()
    (root / "history.atom").write_text("torn")
    (root / "api/v2/status.json.gz").write_bytes(b"")
    (root / "incidents" / "0123456789ab").mkdir()
    (root / "incidents" / "0123456789ab" / "index.html").write_text("nobody's")
    tree.publish(AT)
    assert files(root) == whole
    (root / MANIFEST).write_text("{torn")
    tree.publish(AT)
    assert files(root) == whole


@pytest.mark.django_db
def test_export_is_the_same_tree_elsewhere(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say()
    out = tmp_path / "second" / "home"
    call_command("statuspage_export", "--out", str(out))
    assert "11 files" in capsys.readouterr().out
    tree.publish(AT)
    here, there = files(root), files(out)
    assert here.keys() == there.keys()
    assert {name for name in here if here[name] != there[name]} <= {"index.html", "index.html.gz"}
    assert not list(out.rglob(".*"))


@pytest.fixture
def publishers(transactional_db: None) -> Iterator[list[threading.Thread]]:
    """Threads that are joined and whose connections are closed."""
    threads: list[threading.Thread] = []
    yield threads
    for thread in threads:
        thread.join(30)


def test_publishers_come_one_after_the_other_and_the_last_has_the_newest_words(
    publishers: list[threading.Thread], root: Path
) -> None:
    make_component()

    def publish(number: int) -> None:
        try:
            tree.publish(AT + number * MINUTE)
        finally:
            connection.close()

    publishers += [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in publishers:
        thread.start()
    say(title="Said while they publish")
    for thread in publishers:
        thread.join(30)
    tree.publish(AT)
    assert "Said while they publish" in (root / "index.html").read_text()
    assert not (root / SPARE).exists()


WRITER = """
import sys
from pathlib import Path
import django
django.setup()
from status.disk import Disk, Leaf
root, turn = Path(sys.argv[1]), 0
def leaves(turn):
    letter = "ab"[turn % 2]
    for number in range(40):
        body = letter.encode() * (20_000 + number)
        yield Leaf(f"incidents/{number}/index.html", body, lambda body=body: body, alone=number % 2 > 0)
while True:
    disk = Disk(root)
    disk.write(leaves(turn))
    disk.close()
    turn += 1
    print(turn, flush=True)
"""


def _is_whole(name: str, body: bytes) -> bool:
    plain = gzip.decompress(body) if name.endswith(".gz") else body
    size = 20_000 + int(name.split("/")[1])
    return plain in (b"a" * size, b"b" * size)


def test_killed_in_the_middle_of_publishing_it_never_shows_a_torn_file(tmp_path: Path) -> None:
    dice = random.Random(7)
    for _kill in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=settings.BASE_DIR
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        for _look in range(dice.randint(1, 12)):  # as many visitors, while it writes, as the dice want
            found = files(tmp_path)
            assert len(found) == 80
            assert [name for name, body in found.items() if not _is_whole(name, body)] == []
        writer.kill()
        writer.wait(10)
        writer.stdout.close()
        found = files(tmp_path)
        assert len(found) == 80
        assert [name for name, body in found.items() if not _is_whole(name, body)] == []
    bodies = {f"incidents/{number}/index.html": b"c" * number for number in range(1, 41)}
    disk = Disk(tmp_path)
    disk.write(Leaf(name, body, lambda body=body: body) for name, body in bodies.items())  # type: ignore[misc]
    disk.close()
    after = files(tmp_path)
    assert {name: after[name] for name in bodies} == bodies
    assert len(after) == 82  # the first page of those that were killed is not among them
    assert not (tmp_path / SPARE).exists()
