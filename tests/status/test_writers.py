"""What may be said to the public, and what it does to the components."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Incident, NotAllowed
from status import states, writers
from status.models import Component, ComponentChange, PublicIncident, PublicUpdate
from tests.factories import AT, make_incident, make_user
from tests.status.publicity import HOUR, MINUTE, make_component, make_report, say

pytestmark = pytest.mark.django_db


def state_of(component: Component) -> str:
    return states.current_states([component])[component.pk]


def refused(**words: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as caught:
        say(words.pop("incident", None), **words)
    return caught.value


def test_the_first_word_makes_the_incident_public_and_stands_in_the_story() -> None:
    incident, checkout = make_incident("QueueStuck on db-7"), make_component()
    update = say(incident, title=" Payments fail ", body="We look.", checkout="major_outage")
    assert PublicIncident.objects.get().title == "Payments fail"
    assert (update.status, update.body, update.at) == ("investigating", "We look.", AT)
    assert state_of(checkout) == "major_outage"
    change = ComponentChange.objects.get()
    assert (change.old, change.new, change.update, change.at) == ("operational", "major_outage", update, AT)
    before = incident.version
    incident.refresh_from_db()
    assert incident.version == before + 1
    assert incident.reacted_at == AT
    entry = incident.timeline.last()
    assert entry is not None
    assert (entry.text, entry.data["public"], entry.data["status"]) == ("We look.", update.code, "investigating")


def test_a_title_of_its_own_is_needed_once_and_may_be_changed_later() -> None:
    assert "title" in refused(title="  ").fields
    incident = make_incident("internal words")
    say(incident, title="Payments fail")
    say(incident, title="", at=AT + MINUTE)
    assert PublicIncident.objects.get().title == "Payments fail"
    say(incident, title="Payments by card fail", at=AT + HOUR)
    assert PublicIncident.objects.get().title == "Payments by card fail"
    assert PublicUpdate.objects.count() == 3


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"body": " \x00 "}, "body"),
        ({"status": "over"}, "status"),
        ({"title": "x" * 201}, "title"),
        ({"next_by": AT}, "next_by"),
        ({"checkout": "broken"}, "components"),
        ({"nowhere": "major_outage"}, "components"),
        ({"inside": "major_outage"}, "components"),
        ({"old": "major_outage"}, "components"),
    ],
)
def test_what_cannot_be_said_changes_nothing(words: dict[str, Any], field: str) -> None:
    make_component("checkout"), make_component("inside", public=False), make_component("old", archived_at=AT)
    incident = make_incident()
    assert field in refused(incident=incident, **words).fields
    assert not PublicIncident.objects.exists()
    assert Incident.objects.get(pk=incident.pk).version == incident.version


def test_a_drill_is_not_told() -> None:
    assert "drill" in str(refused(incident=make_incident(drill=True)))


def test_resolved_makes_what_it_troubled_operational_and_promises_nothing() -> None:
    incident, checkout, search = make_incident(), make_component(), make_component("search")
    say(incident, checkout="major_outage", search="degraded_performance", next_by=AT + HOUR)
    update = say(incident, "resolved", at=AT + HOUR, next_by=AT + 2 * HOUR, search="degraded_performance")
    assert update.next_by is None
    assert (state_of(checkout), state_of(search)) == ("operational", "degraded_performance")


def test_resolved_leaves_what_another_incident_troubles() -> None:
    one, other, checkout = make_incident(), make_incident(), make_component()
    say(other, checkout="degraded_performance")
    say(one, at=AT + MINUTE, checkout="major_outage")
    say(one, "resolved", at=AT + HOUR)
    assert state_of(checkout) == "degraded_performance"
    say(other, "resolved", at=AT + 2 * HOUR)
    assert state_of(checkout) == "operational"


def test_the_last_word_on_a_component_counts_whoever_says_it() -> None:
    checkout = make_component()
    say(make_incident(), checkout="major_outage")
    update = say(make_incident(), at=AT + MINUTE, checkout="partial_outage")
    assert update.changes.get().old == "major_outage"
    assert state_of(checkout) == "partial_outage"


def test_withdrawing_takes_everything_back_until_something_is_said_anew() -> None:
    incident, checkout, by = make_incident(), make_component(), make_user()
    say(incident, checkout="major_outage")
    with pytest.raises(NotAllowed):
        writers.withdraw(incident, reason=" ", by=by, at=AT + MINUTE)
    writers.withdraw(incident, reason="Said to the wrong incident", by=by, at=AT + MINUTE)
    assert state_of(checkout) == "operational"
    assert not states.standing_updates().exists()
    with pytest.raises(NotAllowed):
        writers.withdraw(incident, reason="Again", by=by, at=AT + MINUTE)
    assert "title" in refused(incident=incident, title="", at=AT + HOUR).fields
    say(incident, title="Search is slow", at=AT + HOUR)
    assert [update.at for update in states.standing_updates()] == [AT + HOUR]


def test_what_has_a_public_postmortem_is_not_withdrawn() -> None:
    incident = make_incident(state="resolved")
    say(incident, "resolved")
    make_report(incident)
    with pytest.raises(NotAllowed, match="take it back first"):
        writers.withdraw(incident, reason="Oops", by=make_user(), at=AT + timedelta(days=1))


def test_after_the_commit_it_is_published(django_capture_on_commit_callbacks: Any, root: Any) -> None:
    make_component()
    with django_capture_on_commit_callbacks(execute=True):
        say(checkout="major_outage")
        assert not root.exists()
    assert "Payments fail" in (root / "index.html").read_text()
