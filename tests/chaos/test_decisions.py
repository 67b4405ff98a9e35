"""What people and rows do meanwhile: a person leaves, a policy changes, a class rises, nobody is there, a row is poison."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.chaos.lab import AFTER_KILL, ROLES, Lab, Shot
from tests.chaos.organisation import group_key_of, mail_of, organisation
from tests.system import Answer

pytestmark = pytest.mark.chaos
LEAVER, GROUP = 1, 2
STEP = 10 * 60
"""Seconds that each step of each policy waits."""


def test_a_person_leaves_between_claim_and_send(lab: Lab) -> None:
    handler, claimed = lab.mails.handler, threading.Event()
    with lab.dispatchers(1) as dispatchers:

        def leave(recipient: str) -> None:
            if recipient == mail_of(LEAVER) and not claimed.is_set():
                dispatchers.kill()
                lab.sql("UPDATE teams_user SET is_active = false WHERE email = %s", [mail_of(LEAVER)])
                claimed.set()

        handler.before_message = leave
        try:
            shot = lab.fire(LEAVER)
            assert claimed.wait(20)
            handler.before_message = None
            dispatchers.fork()
            time.sleep(1)
            lab.move(31)
            lab.judge("Person deactivated between claim and send", [shot], bound=AFTER_KILL, crashes=1, clock="31 s")
        finally:
            handler.before_message = None
            lab.sql("UPDATE teams_user SET is_active = true WHERE email = %s", [mail_of(LEAVER)])
    assert lab.to(shot.incident) == ["mia@example.com"], "the catch-all, at once"


@pytest.mark.long
def test_a_policy_is_edited_during_its_run(lab: Lab) -> None:
    file = lab.system.folder / "edited.yaml"
    try:
        first = lab.fire("edited")
        lab.arrived([first], 30)
        file.write_text(organisation(edited=LEAVER))
        lab.system.manage("apply", str(file))
        second = lab.fire("edited")
        lab.arrived([second], 30)
        lab.moves_until(lambda: len(lab.to(first.incident)) > 1, STEP + 60, step=STEP, what="the second step")
        time.sleep(1.5)
        assert set(lab.to(first.incident)) == {mail_of(0)}, "the policy as it was when it began"
        assert set(lab.to(second.incident)) == {mail_of(LEAVER)}
        lab.judge("Policy edited during its run (both steps)", [first, second], crashes=1, clock="10 min")
    finally:
        file.write_text(organisation())
        lab.system.manage("apply", str(file))


def alertmanager(severity: str, instance: str) -> dict[str, Any]:
    labels = {"alertname": "Rises", "severity": severity, "instance": instance}
    alert = {"status": "firing", "labels": labels, "startsAt": "2026-11-01T00:00:00Z", "fingerprint": instance}
    alert |= {"annotations": {"summary": "It rises"}, "endsAt": "0001-01-01T00:00:00Z", "generatorURL": ""}
    body = {"version": "4", "groupKey": "rises", "truncatedAlerts": 0, "status": "firing", "receiver": "chaos"}
    body |= {"groupLabels": {"alertname": "Rises"}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": ""}
    return {**body, "alerts": [alert]}


def test_a_class_rises_inside_a_group_that_somebody_has(lab: Lab) -> None:
    address = f"/api/in/alertmanager/{group_key_of(GROUP)}"
    minor = lab.post(address, alertmanager("warning", "0000000000000001"))
    lab.arrived([minor], 30)
    lab.acknowledge(minor.incident)
    lab.move(15)  # past the bundle of the next ten seconds
    lab.arrivals.clear()
    lab.attempts.clear()

    worse = lab.post(address, alertmanager("critical", "0000000000000002"))

    assert worse.incident == minor.incident
    lab.judge("Class rises inside a group that somebody has: pages again", [worse], clock="15 s")


def test_a_step_with_nobody_is_passed_at_once(lab: Lab) -> None:
    lab.judge("First step names nobody: the next is due at once", [lab.fire("empty")])


def test_one_poisonous_row_among_others(lab: Lab) -> None:
    with lab.still(*ROLES):
        shots = [lab.fire() for _one in range(6)]
        poison = shots[2]
        columns = "incident_id, fence, policy_slug, policy, round, step, state, started_at"
        lab.sql(
            f"INSERT INTO paging_escalation ({columns}) SELECT id, page_fence, 'poison', '{{}}', 0, 0, 'running', now()"
            " FROM incidents_incident WHERE id = %s",
            [poison.incident.removeprefix("INC-")],
        )
        begun = lab.now()
    lab.arrived([poison], 30)
    assert set(lab.to(poison.incident)) == {"mia@example.com"}, "administrators are paged for it"
    lab.judge("One poisonous row at start", shots, since=begun)


def press(lab: Lab, link: str, **form: int) -> Answer:
    """As the worker of an installed application does."""
    address = lab.system.url + urllib.parse.urlsplit(link).path
    request = urllib.request.Request(address, data=urllib.parse.urlencode(form).encode(), method="POST")
    request.add_header("Accept", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return Answer(answer.status, answer.read(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(), dict(error.headers))


def test_an_acknowledgement_waited_on_an_offline_phone(lab: Lab) -> None:
    shot = lab.fire()
    lab.arrived([shot], 30)
    (link,) = next(mail.links for mail in reversed(lab.mails.received) if shot.incident in mail.text)
    now = int(lab.now() * 1000)

    late = press(lab, link, pressed_at=now - 3 * 3600 * 1000, sent_at=now)

    assert (late.status, late.json()["state"]) == (409, "again")
    assert lab.system.get(f"/api/v1/incidents/{shot.incident}/", token=lab.token).json()["acked_at"] is None
    anew = press(lab, link, pressed_at=now, sent_at=now)
    assert (anew.status, anew.json()["state"]) == (200, "yours"), json.dumps(anew.json())
    lab.judge("Acknowledgement of an offline phone, three hours old: asked again", [shot])


@pytest.mark.long
def test_everything_is_killed_and_restarted_with_200_due(lab: Lab) -> None:
    with lab.still(*ROLES):
        shots: list[Shot] = [lab.fire() for _one in range(200)]
        lab.system.kill()
    lab.system.start()
    fault = "Everything killed and restarted with 200 due"
    lab.judge(fault, shots, bound=AFTER_KILL, crashes=1, since=lab.now(), patience=60)
