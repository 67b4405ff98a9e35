"""Who gets the pager hears what cannot go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.models import Coverage
from paging import handovers
from postmortems.item_door import postmortem_of
from postmortems.models import Remediation
from postmortems.stuck import SHOWN, stuck_lines
from teams.models import Notice
from tests.factories import (
    AT,
    make_incident,
    make_item,
    make_policy,
    make_schedule,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_blocked_items_stand_in_the_word_at_a_handover() -> None:
    team = make_team("daily")
    make_schedule("daily", make_user("Cy"), make_user("Di"), unit="day", team=team)
    service = make_service(team=team)
    Coverage.objects.create(service=service, policy=make_policy("daily", (300, ["schedule:daily"])))
    handovers.tell(AT)
    stuck, fine = (
        make_item(postmortem_of(make_incident(service=service, state="resolved"), AT), title=title)
        for title in ("Raise the limit", "Add a dashboard")
    )
    Remediation.objects.filter(pk=stuck.pk).update(state=Remediation.State.BLOCKED, owner=make_user("Eva Ek"))
    assert handovers.tell(AT + timedelta(days=1)) == 1
    body = Notice.objects.get(subject__startswith="You have the pager").body
    assert "1 repair cannot go on:\n- Raise the limit (Eva)" in body
    assert fine.title not in body


def test_those_of_other_services_and_of_restricted_incidents_are_not_told() -> None:
    mine, other = make_service(), make_service()
    for service, restricted in ((mine, True), (other, False)):
        incident = make_incident(service=service, state="resolved", restricted=restricted)
        item = make_item(postmortem_of(incident, AT))
        Remediation.objects.filter(pk=item.pk).update(state=Remediation.State.BLOCKED)
    assert stuck_lines([mine]) == []
    assert stuck_lines([]) == []


def test_many_are_counted() -> None:
    service = make_service()
    postmortem = postmortem_of(make_incident(service=service, state="resolved"), AT)
    for number in range(SHOWN + 2):
        make_item(postmortem, title=f"Item {number}")
    Remediation.objects.update(state=Remediation.State.BLOCKED)
    lines = stuck_lines([service])
    assert lines[0] == "12 repairs cannot go on:"
    assert lines[-1] == "and 2 more."
    assert len(lines) == SHOWN + 2
