"""From the signed text to the page of the public, and back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents.models import Incident, NotAllowed
from postmortems import lifecycle
from postmortems.models import Postmortem
from status import publishing, seen
from status.models import PublicIncident
from tests.factories import AT, make_incident, make_user
from tests.status.publicity import HOUR, say

pytestmark = pytest.mark.django_db
TEXT = """\
Payments by card failed for 43 minutes, from 02:04 UTC to 02:47 UTC on 21 November 2026.

Customers could not finish a payment. We will add a second broker by 12 December.

We are sorry, and we apologise to everybody who waited.
"""


@pytest.fixture
def signed() -> Postmortem:
    """A resolved incident whose text for customers is signed."""
    ana = make_user("Ana Ames")
    incident = make_incident(state="resolved")
    pm = lifecycle.ensure(incident, AT)
    pm = lifecycle.edit(pm, values={"public_text": TEXT}, by=ana, at=AT)
    return lifecycle.sign(pm, by=ana, at=AT)


def test_published_is_written_after_the_commit_and_then_looked_at(
    signed: Postmortem, root: Path, django_capture_on_commit_callbacks: Any
) -> None:
    say(signed.incident, "resolved", title="Payments failed")
    with django_capture_on_commit_callbacks(execute=True):
        published = publishing.publish_postmortem(signed, by=make_user(), at=AT + HOUR)
    code = PublicIncident.objects.get().code
    page = (root / "incidents" / code / "index.html").read_text()
    assert "Payments by card failed for 43 minutes" in page
    assert f'data-published="{AT + HOUR:%Y-%m-%dT%H:%M:%SZ}"' in page
    assert seen.due(AT + HOUR, 10) == [published.pk]

    with django_capture_on_commit_callbacks(execute=True):
        publishing.unpublish_postmortem(published, by=make_user(), at=AT + 2 * HOUR)
    assert "43 minutes" not in (root / "incidents" / code / "index.html").read_text()
    assert seen.due(AT + timedelta(days=1), 10) == []


def test_without_a_word_to_customers_it_needs_a_title_for_them(signed: Postmortem) -> None:
    with pytest.raises(NotAllowed) as caught:
        publishing.publish_postmortem(signed, by=make_user(), at=AT)
    assert "title" in caught.value.fields
    publishing.publish_postmortem(signed, by=make_user(), at=AT, title=" Payments failed ")
    assert PublicIncident.objects.get().title == "Payments failed"


def test_what_fails_the_checks_is_not_published_and_leaves_nothing(signed: Postmortem) -> None:
    incident = make_incident(state="resolved")
    unsigned = lifecycle.ensure(incident, AT)
    with pytest.raises(NotAllowed) as caught:
        publishing.publish_postmortem(unsigned, by=make_user(), at=AT, title="Payments failed")
    assert "checks" in caught.value.fields
    assert not PublicIncident.objects.exists()


def test_a_disk_that_does_not_let_us_write_breaks_no_update(
    root: Path, django_capture_on_commit_callbacks: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    root.parent.parent.mkdir(exist_ok=True)
    root.parent.write_text("a file where the folder should be")
    with django_capture_on_commit_callbacks(execute=True):
        say()
    assert Incident.objects.get().public.title == "Payments fail"
    assert "could not publish" in caplog.text
