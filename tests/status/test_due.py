"""What the dispatcher does for the public page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from foundation.dispatch import periodic, registry
from foundation.models import Periodic
from status import seen
from tests.factories import AT
from tests.status.publicity import make_component

pytestmark = pytest.mark.django_db


def test_each_minute_the_page_is_written_again(root: Path) -> None:
    make_component()
    periodic.plant(AT)
    assert registry.do("periodic", "status.publish", AT)
    assert "Generated <time" in (root / "index.html").read_text()
    assert "21 Nov 2026 02:04 UTC" in (root / "index.html").read_text()
    assert Periodic.objects.get(pk="status.publish").due_at == AT + timedelta(minutes=1)
    assert registry.do("periodic", "status.publish", AT + timedelta(minutes=1))
    assert "21 Nov 2026 02:05 UTC" in (root / "index.html").read_text()


def test_addresses_of_postmortems_are_looked_at() -> None:
    work = registry.named(seen.CHECK)
    assert work is not None
    assert work.due(AT, 10) == []
