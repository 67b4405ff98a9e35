"""The main job on real input: a real Alertmanager posts, the right person is paged by real mail, answers, it resolves."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.fakes.smtp import MailServer
from tests.peers import peer
from tests.system import ORG, System, free_port

pytestmark = pytest.mark.peer

CONFIG = """\
route: {{receiver: sharp-end, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 4h}}
receivers:
  - name: sharp-end
    webhook_configs:
      - {{url: "{url}/api/in/alertmanager/use-a-long-random-key-0001", send_resolved: true}}
"""


class Alertmanager:
    """A real one, on loopback, posting to `target`."""

    def __init__(self, program: str, folder: Path, target: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "alertmanager.yml").write_text(CONFIG.format(url=target))
        words = [program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data"]
        words += [f"--web.listen-address={self.url.removeprefix('http://')}", "--cluster.listen-address="]
        self.log = (folder / "alertmanager.log").open("wb")
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)

    def send(self, *alerts: dict[str, Any]) -> None:
        """Hand alerts over as Prometheus does."""
        body = json.dumps(alerts).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        for _try in range(150):
            try:
                urllib.request.urlopen(request, timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("Alertmanager did not take the alerts")

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """Where pages arrive."""
    with MailServer() as server:
        yield server


@pytest.fixture
def system(mails: MailServer) -> Iterator[System]:
    """Everything, with the example organisation."""
    with System(ORG, EMAIL_URL=mails.url) as running:
        yield running


@pytest.fixture
def alertmanager(system: System, tmp_path: Path) -> Iterator[Alertmanager]:
    """A real Alertmanager that posts to us."""
    running = Alertmanager(peer("prometheus-alertmanager"), tmp_path, system.url)
    yield running
    running.stop()


def alert(instance: str, *, began: datetime, ended: datetime | None = None) -> dict[str, Any]:
    """One alert as Prometheus sends it."""
    labels = {"alertname": "QueueStuck", "instance": instance, "severity": "critical"}
    sent = {
        "labels": labels,
        "annotations": {"summary": f"Queue on {instance} is stuck"},
        "startsAt": began.isoformat(),
    }
    return {**sent, **({"endsAt": ended.isoformat()} if ended else {})}


def test_from_the_alert_to_the_acknowledgement_to_the_end(
    system: System, alertmanager: Alertmanager, mails: MailServer
) -> None:
    began = timezone.now() - timedelta(minutes=20)
    alertmanager.send(alert("a", began=began), alert("b", began=began))

    # One incident with two alerts; the person with the pager is paged once.
    first = mails.wait_for(1, 20)[0]
    assert first.recipient == "alice@example.com"
    (incident,) = system.api("/incidents/")["results"]
    detail = system.api(f"/incidents/{incident['number']}/")
    assert (detail["class"], detail["service"], detail["state"]) == ("critical", "checkout", "triage")
    assert {item["labels"]["instance"] for item in detail["alerts"]} == {"a", "b"}
    assert incident["number"] in first.text
    assert "Queue" in first.text
    started = datetime.fromisoformat(detail["impact_started_at"])
    assert abs(started - began) < timedelta(seconds=1)

    # One resolves: the incident stays open. Nobody reacts: the second person is paged after the step's wait.
    alertmanager.send(alert("a", began=began, ended=timezone.now()))
    second = mails.wait_for(2, 45)[1]
    assert second.recipient == "bob@example.com"
    decided = [
        datetime.fromisoformat(page["created_at"]) for page in system.api(f"/incidents/{incident['number']}/pages/")
    ]
    assert decided[1] - decided[0] >= timedelta(seconds=30)
    detail = system.api(f"/incidents/{incident['number']}/")
    assert detail["state"] == "triage"
    assert sorted(item["status"] for item in detail["alerts"]) == ["firing", "resolved"]

    # Link scanners fetch the address: nothing changes.
    (link,) = second.links
    path = link.removeprefix(system.url)
    for method in ("GET", "HEAD", "GET"):
        assert system.request(method, path).status == 200
    assert system.api(f"/incidents/{incident['number']}/")["acked_at"] is None

    # Its POST acknowledges, without a cookie.
    assert system.post(path).status == 200
    detail = system.api(f"/incidents/{incident['number']}/")
    assert (detail["acked_by"], detail["state"]) == ("bob@example.com", "investigating")

    # The last alert resolves: so does the incident, and nobody was paged after the acknowledgement.
    alertmanager.send(alert("b", began=began, ended=timezone.now()))
    system.until(lambda: system.api(f"/incidents/{incident['number']}/")["state"] == "resolved", 20, "resolved")
    pages = system.api(f"/incidents/{incident['number']}/pages/")
    assert [(page["person"], page["reason"]) for page in pages] == [
        ("alice@example.com", "first"),
        ("bob@example.com", "escalated"),
    ]
    assert [delivery["state"] for page in pages for delivery in page["deliveries"]] == ["sent", "sent"]
    paged = [mail for mail in mails.received if mail.links]
    assert [mail.recipient for mail in paged] == ["alice@example.com", "bob@example.com"]

    def told() -> set[tuple[str, str]]:
        return {(mail.recipient, str(mail.mail["Subject"]).split(":")[0]) for mail in mails.received if not mail.links}

    system.until(
        lambda: {("alice@example.com", "Bob has it"), ("alice@example.com", "Resolved")} <= told(), 20, "notices"
    )
