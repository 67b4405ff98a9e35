"""Organisations that are hard on a page: with one of everything, with hundreds, with names without end, from right to left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tests.browser.scene import SCRIPT, Scene, organisation
from tests.system import System


@dataclass(frozen=True)
class Words:
    """What people wrote. `name` is put in front of, or instead of, every name of a person, team, service and component."""

    title: str
    text: str
    names: tuple[str, ...] = ()
    suffix: str = ""

    def name(self, plain: str, turn: int) -> str:
        """What stands for `plain`, the thing number `turn`; names stay different from each other."""
        if self.names:
            return f"{self.names[turn % len(self.names)]} {turn + 1}"
        return f"{plain}{self.suffix}"


LONGEST = 200
"""Characters that the title of a playbook may have; that of an incident may be longer."""
PLAIN = Words("Card payments are refused for customers in three countries", "Rolling back **now**.")
LONG = Words(
    "payments-gateway-eu-central-1-production-blue.checkout.internal.example.com:8443/api/v2/authorise-"
    "and-capture exceeded its error budget in every one of the eleven regions that still use the old certificate chain",
    "https://logs.example.org/explore?query="
    + "service%3Dpayments-gateway%20AND%20status%3A5xx%20" * 4
    + "\n\n`"
    + "x" * 130
    + "` and a word without end: "
    + "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamten" * 2,
    suffix="-of-the-european-consumer-and-merchant-settlement-and-reconciliation-platform-group",
)
RIGHT_TO_LEFT = Words(
    "توقف خدمة الدفع: 1,204 طلبات تنتظر منذ 5 دقائق (queue-a)",
    "نعيد النسخة السابقة الآن. **לא לגעת בתור** עד 14:30.",
    names=("مريم العبدالله", "יעל בן־דוד", "نظام الدفع", "שירות החיפוש", "عمر الفاروق", "מאגר ההזמנות"),
)


def plain() -> dict[str, Any]:
    """The organisation of the tests as data."""
    read: dict[str, Any] = yaml.safe_load(organisation())
    read["components"] = [
        {"slug": one["slug"], "name": one["name"], "service": one["slug"]} for one in read["services"]
    ]
    return read


def one_of_each() -> str:
    """One team of two people, one schedule, one policy, one service, one source."""
    read = plain()
    people = {"alice@example.com", "bob@example.com", "mia@example.com"}
    read["users"] = [one for one in read["users"] if one["email"] in people]
    for kind in ("teams", "schedules", "policies", "services", "components"):
        read[kind] = read[kind][:1]
    read["sources"] = [one for one in read["sources"] if one["slug"] == "script"]
    return str(yaml.safe_dump(read, allow_unicode=True))


def many(count: int = 500) -> str:
    """`count` services with a component each, a fifth as many people, teams, schedules, policies and sources."""
    read, few = plain(), count // 5
    for turn in range(few):
        email, slug = f"person{turn:03d}@example.com", f"team-{turn:03d}"
        person = {"email": email, "name": f"Person {turn:03d}", "role": "responder", "timezone": "Europe/London"}
        read["users"].append(person)
        read["teams"].append(
            {"slug": slug, "name": f"Team {turn:03d}", "members": {email: "lead"}, "manager": "mia@example.com"}
        )
        layer = {
            "name": "weekly",
            "members": [email],
            "rotate": {"every": 1, "unit": "week"},
            "starts": "2026-01-05T09:00",
        }
        read["schedules"].append({"slug": slug, "team": slug, "timezone": "Europe/London", "layers": [layer]})
        step = {"wait": "30m", "notify": [f"schedule:{slug}"]}
        read["policies"].append({"slug": slug, "repeat": 0, "steps": [step], "catch_all": ["user:mia@example.com"]})
    for turn in range(count):
        slug, team = f"service-{turn:03d}", f"team-{turn % few:03d}"
        read["services"].append({"slug": slug, "name": f"Service {turn:03d}", "team": team, "policy": team})
        read["components"].append({"slug": slug, "name": f"Component {turn:03d}", "service": slug})
        if turn < few:
            read["sources"].append(
                {"slug": slug, "kind": "generic", "key": f"a-key-of-many-{turn:04d}-000001", "service": slug}
            )
    return str(yaml.safe_dump(read, allow_unicode=True))


def named(words: Words) -> str:
    """The organisation of the tests with other names for everything."""
    read = plain()
    for kind in ("users", "teams", "services", "components"):
        for turn, one in enumerate(read[kind]):
            one["name"] = words.name(one["name"].replace(" ", "-") if words.suffix else one["name"], turn)
    for schedule in read["schedules"]:
        for turn, layer in enumerate(schedule["layers"]):
            layer["name"] = words.name(layer["name"], turn)
    for turn, heartbeat in enumerate(read["heartbeats"]):
        heartbeat["name"] = words.name(heartbeat["name"], turn)
    for playbook in read["services"][0]["playbooks"]:
        playbook |= {"title": words.title[:LONGEST], "body": words.text}
    return str(yaml.safe_dump(read, allow_unicode=True))


def play(system: System, words: Words, *, over: int = 1) -> dict[str, str]:
    """An incident that nobody has, one that Alice has, and `over` that are over; their numbers."""
    scene = Scene(system)
    for turn in range(over):
        past = {
            "title": f"{words.title} {turn + 1}" if over > 1 else words.title,
            "dedup_key": f"past-{turn}",
            "severity": "warning",
        }
        scene.numbers["over"] = scene.alert(SCRIPT, past)
        scene.alert(SCRIPT, {**past, "status": "resolved"})
    for name, who in (("open", ""), ("held", "alice")):
        fresh = {"title": words.title, "dedup_key": name, "severity": "critical", "description": words.text}
        scene.numbers[name] = number = scene.alert(SCRIPT, fresh)
        if who:
            scene.by(who, f"/incidents/{number}/acknowledge/")
            scene.by(who, f"/incidents/{number}/roles/", role="facilitator")
        scene.by("bob", f"/incidents/{number}/notes/", text=words.text)
    return scene.numbers
