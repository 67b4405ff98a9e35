"""Two incidents that are one: alerts, impact and the duty to page go over, and what comes later goes there too."""

from __future__ import annotations

import pytest

from alerts import merging
from alerts.models import Episode
from incidents import lifecycle
from incidents.models import Incident, Kind, NotAllowed, State
from teams.models import User
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes
from tests.factories import make_user
from tests.threads import raised, together

pytestmark = pytest.mark.django_db


def two() -> tuple[Incident, Incident]:
    """An incident of the group a, and one of the group b."""
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("b"), groupKey="{b}", groupLabels={"alertname": "B"}), at=minutes(1))
    return Incident.objects.get(pk=first()), Incident.objects.latest("pk")


def first() -> int:
    return Incident.objects.earliest("pk").pk


def ana() -> User:
    return make_user("Ana")


def test_alerts_and_impact_go_over_and_nobody_is_paged_for_the_child() -> None:
    parent, child = two()
    merged = merging.merge(child, into=parent, by=ana(), at=minutes(2))
    child.refresh_from_db()
    assert (child.state, child.merged_into, child.page_due_at) == (State.MERGED, parent, None)
    assert merged == parent
    assert set(Episode.objects.values_list("incident", flat=True)) == {parent.pk}
    assert (child.impacts.count(), parent.impacts.count()) == (0, 2)
    for incident in (child, parent):
        entry = incident.timeline.get(kind=Kind.MERGED)
        assert entry.data == {"merged": child.number, "into": parent.number}


def test_it_ends_when_the_alerts_of_both_have_ended() -> None:
    parent, child = two()
    merging.merge(child, into=parent, by=ana(), at=minutes(2))
    accepted(group(fire("a", ends=minutes(3))), at=minutes(3))
    parent.refresh_from_db()
    assert parent.is_open
    accepted(group(fire("b", ends=minutes(4)), groupKey="{b}", groupLabels={"alertname": "B"}), at=minutes(4))
    parent.refresh_from_db()
    assert (parent.state, parent.resolved_at) == (State.RESOLVED, minutes(4))


def test_a_later_alert_of_the_childs_group_joins_the_other() -> None:
    parent, child = two()
    merging.merge(child, into=parent, by=ana(), at=minutes(2))
    accepted(group(fire("c"), groupKey="{b}", groupLabels={"alertname": "B"}), at=minutes(3))
    assert Incident.objects.count() == 2
    assert Episode.objects.get(alert__fingerprint="fp-c").incident == parent


def test_long_after_the_end_it_is_a_new_incident() -> None:
    parent, child = two()
    by = ana()
    merging.merge(child, into=parent, by=by, at=minutes(2))
    lifecycle.resolve(parent, by=by, at=minutes(3))
    accepted(group(fire("c"), groupKey="{b}", groupLabels={"alertname": "B"}), at=minutes(300))
    assert Incident.objects.count() == 3


def test_the_worse_class_stays_and_pages_again() -> None:
    parent, child = two()
    by = ana()
    lifecycle.change_class(parent, to="standard", by=by, at=minutes(1))
    lifecycle.acknowledge(parent, by=by, at=minutes(1))
    merged = merging.merge(child, into=parent, by=by, at=minutes(2))
    assert merged.severity == "major"
    assert not merged.is_held
    assert merged.page_due_at == minutes(2)


def test_whoever_has_the_other_keeps_it() -> None:
    parent, child = two()
    by = ana()
    lifecycle.acknowledge(parent, by=by, at=minutes(1))
    assert merging.merge(child, into=parent, by=by, at=minutes(2)).held_by == by


def test_the_earlier_beginning_and_the_later_end_count() -> None:
    parent, child = two()
    by = ana()
    lifecycle.resolve(parent, by=by, at=minutes(5))
    lifecycle.resolve(child, by=by, at=minutes(9))
    merged = merging.merge(parent, into=child, by=by, at=minutes(10))
    assert (merged.detected_at, merged.impact_started_at, merged.resolved_at) == (AT, AT, minutes(9))
    assert merged.clocks_due_at == minutes(10)


def test_refusals() -> None:
    parent, child = two()
    by = ana()
    with pytest.raises(NotAllowed, match="itself"):
        merging.merge(child, into=child, by=by, at=minutes(2))
    lifecycle.resolve(parent, by=by, at=minutes(2))
    with pytest.raises(NotAllowed, match="reopen it first"):
        merging.merge(child, into=parent, by=by, at=minutes(3))
    merging.merge(parent, into=child, by=by, at=minutes(4))
    with pytest.raises(NotAllowed, match="merged by Ana"):
        merging.merge(parent, into=child, by=by, at=minutes(5))


@pytest.mark.django_db(transaction=True)
def test_two_merges_at_once_in_both_directions() -> None:
    parent, child = two()
    by = ana()
    errors = raised(
        together(
            lambda: merging.merge(child, into=parent, by=by, at=minutes(2)),
            lambda: merging.merge(parent, into=child, by=by, at=minutes(2)),
        )
    )
    assert [type(error) for error in errors] == [NotAllowed]
    assert Incident.objects.filter(state=State.MERGED).count() == 1
