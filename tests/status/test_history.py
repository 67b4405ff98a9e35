"""Years of public incidents: a word to the public writes what it changes, whatever stands there already."""

from __future__ import annotations

import fcntl
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from status import changed, near, serializer, tree, turn, writers
from status.models import ComponentChange, PublicIncident, PublicUpdate
from teams.models import Organisation
from tests.factories import AT, make_incident, make_user
from tests.status.publicity import MINUTE, make_component, say
from tests.status.test_tree import files, marks

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def years_of(count: int, *, every: timedelta = 3 * DAY) -> None:
    """Resolved public incidents that end a month ago, written as rows."""
    make_component()
    one = make_incident(at=AT - 30 * DAY, state="resolved")
    fields = {
        field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields if not field.primary_key
    }
    born = [AT - 30 * DAY - number * every for number in range(1, count)]
    made = [one, *Incident.objects.bulk_create(Incident(**{**fields, "detected_at": at}) for at in born)]
    told = PublicIncident.objects.bulk_create(
        PublicIncident(incident=row, title=f"Trouble {number}", created_at=row.detected_at)
        for number, row in enumerate(made)
    )
    PublicUpdate.objects.bulk_create(
        PublicUpdate(public=row, status="resolved", body="It is over.", at=row.created_at) for row in told
    )


def changed_since(root: Path, before: dict[str, tuple[int, int]]) -> set[str]:
    return {name for name, mark in marks(root).items() if before.get(name) != mark and not name.endswith(".gz")}


@pytest.fixture
def history(root: Path) -> None:
    """Three hundred incidents of two and a half years, all written."""
    years_of(300)
    tree.publish_all(AT, lambda line: None)


FRONT = {"index.html", "incidents/index.html", "history.atom"}


def test_a_word_writes_what_it_changes_and_nothing_else(
    history: None, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    before = marks(root)
    with django_capture_on_commit_callbacks(execute=True):
        update = say(make_incident(), checkout="major_outage")
    written = changed_since(root, before)
    assert {name for name in written if "api/" not in name} == {
        *FRONT,
        "incidents/2026-11/index.html",
        f"incidents/{update.public.code}/index.html",
    }
    assert len(written) == 10
    assert update.code in (root / "incidents" / update.public.code / "index.html").read_text()
    assert "Major outage</h1>" in (root / "index.html").read_text()


def test_however_long_the_history_it_asks_and_reads_the_same(root: Path) -> None:
    years_of(60)
    incident = say(make_incident()).public.incident
    asked, near_by = [], []
    for _more in range(2):
        tree.publish_all(AT, lambda line: None)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tree.publish_told(AT, [incident.pk])
        asked.append(len(queries))
        near_by.append(len(serializer.read(AT).incidents))
        for number in range(200):
            at = AT - timedelta(days=400 + number)
            public = PublicIncident.objects.create(incident=make_incident(at=at), title="Old", created_at=at)
            PublicUpdate.objects.create(public=public, status="resolved", body="Over.", at=at)
    assert asked[0] == asked[1] <= 40
    assert near_by[0] == near_by[1] <= near.NEWEST + 2


def test_nothing_is_in_a_transaction_while_files_are_written(transactional_db: None, root: Path) -> None:
    years_of(120, every=timedelta(hours=6))
    with connection.cursor() as cursor:  # PostgreSQL would end a transaction that waits for files
        cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
    tree.publish(AT)
    connection.close()
    assert len(files(root)) > 240


def test_older_incidents_stand_under_their_months_and_stay_there(history: None, root: Path) -> None:
    newest = (root / "incidents" / "index.html").read_text()
    assert newest.count('<p class="facts">') == 50
    assert '<a href="2025-03/">March</a>' in newest
    month = (root / "incidents" / "2025-03" / "index.html").read_text()
    assert "Incidents of March 2025</h1>" in month
    shown = serializer.month("2025-03", AT)
    assert month.count('<p class="facts">') == len(shown) == 11
    assert f'href="../../incidents/{shown[0].code}/"' in month
    assert sum(len((root / path).read_text().split('<p class="facts">')) - 1 for path in _months(root)) == 300
    assert max(path.stat().st_size for path in (root / "incidents").rglob("index.html")) <= 60_000


def _months(root: Path) -> list[str]:
    return [f"incidents/{path.name}/index.html" for path in (root / "incidents").glob("20??-*")]


def test_a_month_with_many_has_pages_whose_incidents_stay(root: Path) -> None:
    years_of(230, every=timedelta(hours=1))
    tree.publish_all(AT, lambda line: None)
    month = f"{AT - 30 * DAY:%Y-%m}"
    names = sorted(path.name for path in (root / "incidents").glob(f"{month}*"))
    assert names == [month, f"{month}-2", f"{month}-3"]
    first = (root / "incidents" / month / "index.html").read_text()
    assert "Trouble 229<" in first
    assert first.count('<p class="facts">') == 100
    say(make_incident(), "resolved", title="One more", at=AT - 30 * DAY + MINUTE)
    PublicIncident.objects.filter(title="One more").update(created_at=AT - 30 * DAY + MINUTE)
    tree.publish_all(AT, lambda line: None)
    assert (root / "incidents" / month / "index.html").read_text() == first
    assert "One more" in (root / "incidents" / f"{month}-3" / "index.html").read_text()


def test_a_round_sees_what_happened_inside_to_an_old_incident(history: None, root: Path) -> None:
    tree.publish(AT)
    old = PublicIncident.objects.get(title="Trouble 290").incident
    before = marks(root)
    old = Incident.objects.get(pk=old.pk)
    old.impact_started_at = old.detected_at - timedelta(minutes=5)
    old.save()
    old.timeline.create(at=AT, kind="edited")
    tree.publish(AT + MINUTE)
    written = changed_since(root, before)
    assert f"incidents/{old.public.code}/index.html" in written
    assert f"incidents/{old.public.created_at:%Y-%m}/index.html" in written


def test_the_rotation_mends_all_of_the_history_in_time(root: Path) -> None:
    years_of(80)
    tree.publish(AT)
    whole = files(root)
    code = PublicIncident.objects.get(title="Trouble 79").code
    (root / "incidents" / code / "index.html").write_text("torn")
    for minute in range(1, 8):
        tree.publish(AT + minute * MINUTE)
    after = files(root)
    assert {name for name in whole if after[name] != whole[name]} <= {"index.html", "index.html.gz"}


def test_what_stands_on_every_page_makes_all_of_them_new(history: None, root: Path) -> None:
    tree.publish(AT)
    Organisation.objects.update_or_create(pk=1, defaults={"name": "Acme & Sons"})
    tree.publish(AT + MINUTE)
    pages = list((root / "incidents").rglob("index.html"))
    assert len(pages) > 300
    assert [path for path in pages if "Acme &amp; Sons" not in path.read_text()] == []


def test_withdrawn_goes_at_once(history: None, root: Path, django_capture_on_commit_callbacks: Any) -> None:
    old = PublicIncident.objects.get(title="Trouble 200")
    with django_capture_on_commit_callbacks(execute=True):
        writers.withdraw(old.incident, reason="Mistake", by=make_user(), at=AT)
    assert not (root / "incidents" / old.code).exists()
    assert "Trouble 200<" not in (root / "incidents" / near.month_of(old.created_at) / "index.html").read_text()


def test_marks_are_older_than_any_transaction() -> None:
    marks: list[changed.Mark] = []
    for minute in range(6):
        marks = changed.marked(marks, AT + minute * MINUTE)
    assert [mark[0] for mark in marks] == [(AT + minute * MINUTE).isoformat() for minute in (3, 4, 5)]


def test_who_lost_the_database_still_keeps_others_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say()
    tree.publish(AT)
    before = marks(root)
    monkeypatch.setattr(turn, "PATIENCE", 0.1)
    handle = os.open(root / turn.FENCE, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(TimeoutError):
        tree.publish(AT + MINUTE)
    os.close(handle)
    assert marks(root) == before
    tree.publish(AT + MINUTE)
    assert marks(root) != before


def test_the_whole_tree_by_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    years_of(40)
    call_command("statuspage_publish")
    told = capsys.readouterr()
    assert "2026-10: " in told.err
    assert "files written" in told.out
    before = marks(root)
    call_command("statuspage_publish", "--afresh")
    assert all(mark != before[name] for name, mark in marks(root).items())
    assert not ComponentChange.objects.exists()
