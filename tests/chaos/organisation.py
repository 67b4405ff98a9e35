"""Who is paged in the chaos: places with a person, a policy, a service and a source each, and a few special ones. Pure."""

from __future__ import annotations

PLACES = 80
PHONES = range(PLACES, PLACES + 8)
"""Places whose person has a phone that rings first; the mail would ring five minutes later."""
HEAD = "organisation: {name: Acme, timezone: Europe/London}\n"
PERSON = (
    '  - {{email: {mail}, name: "Person {n}", timezone: Europe/London, role: responder, methods: {{mail: {{kind: email, '
    "address: {mail}, verified: true}}{phone}}}, rules: {{default: [{rules}]}}}}\n"
)
SPECIAL = ("empty", "edited")
"""Places by name: a first step that names nobody, and a policy that is edited meanwhile. Person 0 and 1 stand behind them."""


def mail_of(place: int) -> str:
    """Where the person of this place is reached."""
    return f"person{place}@example.com"


def phone_of(place: int) -> str:
    """The same, by telephone."""
    return f"+447700900{place:03d}"


def key_of(place: int | str) -> str:
    """The secret of this place's source."""
    return f"chaos-key-of-place-{place:0>8}"


def group_key_of(place: int) -> str:
    """The secret of its Alertmanager."""
    return f"chaos-key-of-group-{place:0>8}"


def organisation(*, edited: int = 0) -> str:
    """As a file for `apply`; `edited` is the person whom the policy of that name pages."""
    numbers = range(PHONES.stop)
    people = "".join(_person(n) for n in numbers) + _mia()
    teams = f"  - {{slug: all, name: All, members: {{{', '.join(f'{mail_of(n)}: responder' for n in numbers)}}}}}\n"
    policies = "".join(_policy(str(n), [f"user:{mail_of(n)}"]) for n in numbers)
    policies += _policy("empty", ["schedule:nobody"], [f"user:{mail_of(0)}"])
    policies += _policy("edited", [f"user:{mail_of(edited)}"], [f"user:{mail_of(edited)}"])
    services = "".join(_service(name) for name in [*map(str, numbers), *SPECIAL])
    sources = "".join(_source(name) for name in [*map(str, numbers), *SPECIAL]) + _group(2)
    schedules = "  - {slug: nobody, team: all, timezone: Europe/London, layers: []}\n"
    parts = {"users": people, "teams": teams, "schedules": schedules, "policies": policies, "services": services}
    return HEAD + "".join(f"{name}:\n{rows}" for name, rows in {**parts, "sources": sources}.items())


def _mia() -> str:
    """An administrator, and the end of every policy."""
    method = "{kind: email, address: mia@example.com, verified: true}"
    return f"  - {{email: mia@example.com, name: Mia, role: admin, methods: {{mail: {method}}}}}\n"


def _person(n: int) -> str:
    phone, rules = "", "{via: mail, after: 0m}"
    if n in PHONES:
        phone = f', phone: {{kind: sms, address: "{phone_of(n)}", verified: true}}'
        rules = "{via: phone, after: 0m}, {via: mail, after: 5m}"
    return PERSON.format(n=n, mail=mail_of(n), phone=phone, rules=rules)


def _policy(name: str, *steps: list[str]) -> str:
    shown = ", ".join(f'{{wait: 10m, notify: ["{notify}"]}}' for (notify,) in steps)
    return f'  - {{slug: policy-{name}, repeat: 2, steps: [{shown}], catch_all: ["user:mia@example.com"]}}\n'


def _service(name: str) -> str:
    return (
        f"  - {{slug: service-{name}, name: Service {name}, team: all, policy: policy-{name}, default_class: major}}\n"
    )


def _source(name: str) -> str:
    kind = f"kind: generic, key: {key_of(name)}, service: service-{name}, grouping: none"
    classes = "class_from: {label: severity, map: {critical: critical, major: major}, default: major}"
    return f"  - {{slug: source-{name}, {kind}, {classes}}}\n"


def _group(place: int) -> str:
    kind = f"kind: alertmanager, key: {group_key_of(place)}, service: service-{place}, grouping: labels"
    classes = "class_from: {label: severity, map: {critical: critical, warning: major}, default: standard}"
    return f"  - {{slug: group-{place}, {kind}, {classes}}}\n"
