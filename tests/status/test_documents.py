"""The JSON that readers of Statuspage's API know, and the Atom feed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from status import atom, serializer, statuspage
from teams.models import Organisation
from tests.factories import AT, make_incident
from tests.status.publicity import HOUR, MINUTE, make_component, make_report, say

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
PAGE = {"id", "name", "url", "time_zone", "updated_at"}
COMPONENT = {
    "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date", "group_id",
    "page_id", "group", "only_show_if_degraded",
}  # fmt: skip
INCIDENT = {
    "id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink", "started_at",
    "page_id", "incident_updates", "components", "postmortem_body", "postmortem_published_at",
}  # fmt: skip
UPDATE = {
    "id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components",
    "deliver_notifications",
}  # fmt: skip


def documents(at: Any = AT) -> dict[str, Any]:
    return statuspage.documents(serializer.read(at))


def test_every_document_has_its_page_and_the_shapes_that_readers_expect() -> None:
    Organisation.objects.create(pk=1, name="Acme")
    make_component(group="Shop"), make_component("search", group="Shop"), make_component("api")
    say(checkout="major_outage")
    found = documents()
    assert set(found) == {
        "summary.json",
        "status.json",
        "components.json",
        "incidents.json",
        "incidents/unresolved.json",
    }
    for document in found.values():
        assert set(document["page"]) == PAGE
        assert document["page"]["name"] == "Acme"
        assert document["page"]["url"] == "http://testserver/status/"
        assert document["page"]["updated_at"] == "2026-11-21T02:04:00.000Z"
    summary = found["summary.json"]
    assert summary["status"] == {"indicator": "critical", "description": "Major Service Outage"}
    assert summary["scheduled_maintenances"] == []
    assert [row["name"] for row in summary["components"]] == ["Shop", "Checkout", "Search", "Api"]
    group, checkout, search, api = summary["components"]
    assert set(checkout) == COMPONENT
    assert set(group) == COMPONENT | {"components"}
    assert group["components"] == [checkout["id"], search["id"]]
    assert [checkout["group_id"], api["group_id"]] == [group["id"], None]
    assert [row["status"] for row in (group, checkout, search)] == ["major_outage", "major_outage", "operational"]
    assert [row["position"] for row in summary["components"]] == [1, 2, 3, 4]
    assert all(re.fullmatch(r"[a-z0-9]{12}", row["id"]) for row in summary["components"])
    assert found["components.json"]["components"] == summary["components"]
    assert found["incidents/unresolved.json"]["incidents"] == summary["incidents"]


def test_an_incident_from_its_first_word_to_its_postmortem() -> None:
    make_component()
    incident = make_incident(severity="standard")
    say(incident, body="One", checkout="degraded_performance")
    say(incident, "monitoring", body="Two", at=AT + HOUR)
    (shape,) = documents()["incidents.json"]["incidents"]
    assert set(shape) == INCIDENT
    assert (shape["impact"], shape["status"], shape["resolved_at"]) == ("minor", "monitoring", None)
    assert shape["monitoring_at"] == "2026-11-21T03:04:00.000Z"
    assert [update["body"] for update in shape["incident_updates"]] == ["Two", "One"]
    assert all(set(update) == UPDATE for update in shape["incident_updates"])
    one = shape["incident_updates"][1]["affected_components"][0]
    assert (one["name"], one["old_status"], one["new_status"]) == ("Checkout", "operational", "degraded_performance")
    assert [component["name"] for component in shape["components"]] == ["Checkout"]
    assert shape["shortlink"] == f"http://testserver/status/incidents/{shape['id']}/"

    say(incident, "resolved", at=AT + 2 * HOUR)
    found = documents(AT + 2 * HOUR)
    assert found["incidents/unresolved.json"]["incidents"] == []
    assert found["incidents.json"]["incidents"][0]["resolved_at"] == "2026-11-21T04:04:00.000Z"
    assert found["status.json"]["status"] == {"indicator": "none", "description": "All Systems Operational"}

    make_report(incident, "We are sorry.", at=AT + 3 * HOUR)
    (shape,) = documents(AT + 3 * HOUR)["incidents.json"]["incidents"]
    assert (shape["status"], shape["postmortem_body"]) == ("postmortem", "We are sorry.")
    assert shape["postmortem_published_at"] == "2026-11-21T05:04:00.000Z"


@pytest.mark.parametrize(("severity", "impact"), [("critical", "critical"), ("major", "major"), ("standard", "minor")])
def test_class_and_impact(severity: str, impact: str) -> None:
    say(make_incident(severity=severity))
    assert documents()["incidents.json"]["incidents"][0]["impact"] == impact


def test_an_incident_that_names_no_component_is_not_none() -> None:
    make_component()
    say()
    assert documents()["status.json"]["status"]["indicator"] == "minor"


def test_the_newest_fifty() -> None:
    for number in range(52):
        incident = make_incident(at=AT + number * MINUTE)
        say(incident, "resolved", title=f"Trouble {number}", at=AT + number * MINUTE)
    found = documents(AT + timedelta(days=1))["incidents.json"]["incidents"]
    assert [found[0]["name"], found[-1]["name"], len(found)] == ["Trouble 51", "Trouble 2", 50]


def test_a_document_does_not_change_while_nothing_does() -> None:
    make_component()
    say(checkout="major_outage")
    assert documents(AT) == documents(AT + HOUR)


def test_the_feed_is_atom_and_its_names_stay() -> None:
    incident = make_incident()
    say(incident, title="Fish & <chips> \x0b", body="**Look** at 1 < 2")
    make_report(incident, "Sorry & thanks.", at=AT + HOUR)
    say(make_incident(), "resolved", title="Another", at=AT + MINUTE)
    page = serializer.read(AT + HOUR)
    feed = ElementTree.fromstring(atom.feed(page))
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-21T03:04:00.000Z"
    first, second = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in (first, second)] == ["Another", "Fish & <chips>"]
    code = incident.public.code
    assert second.findtext(f"{ATOM}id") == f"tag:testserver,2026:incident/{code}"
    content = second.findtext(f"{ATOM}content") or ""
    assert "<strong>Look</strong> at 1 &lt; 2" in content
    assert "Sorry &amp; thanks." in content
    link = second.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"http://testserver/status/incidents/{code}/"
