# ruff: noqa: E501  a table reads better than its rows in pieces
"""Every refusal says file, line and the nearest known name, and leaves the database as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioning.applying import apply, look
from provisioning.checking import Refused
from provisioning.exporting import export
from tests.provisioning.organisations import CONTRACT

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

REPLACED = {
    "unknown key": ("policy: payments, target", "polcy: payments, target", "'polcy' is not a key of a service. Did you mean 'policy'?"),
    "unknown section": ("components:", "compnents:", "'compnents' is not a section. Did you mean 'components'?"),
    "unknown policy": ("policy: payments, target", "policy: paymints, target", "'policy' of a service: there is no policy 'paymints'. Did you mean 'payments'?"),
    "unknown person": ("manager: mia@", "manager: mai@", "there is no user 'mai@example.com'. Did you mean 'mia@example.com'?"),
    "unknown team": ("teams: [payments]", "teams: [payment]", "there is no team 'payment'. Did you mean 'payments'?"),
    "unknown schedule": ("schedule:payments-primary", "schedule:payments-first", "there is no schedule 'payments-first'. Did you mean 'payments-primary'?"),
    "unknown target": ('"team:payments"', '"tema:payments"', "'tema:payments' does not begin with schedule:, user:, team: or area:. Did you mean 'team:'?"),
    "unknown service": ("service: checkout, grouping", "service: chekout, grouping", "there is no service 'chekout'. Did you mean 'checkout'?"),
    "unknown source": ("source: am,", "source: an,", "there is no source 'an'. Did you mean 'am'?"),
    "unknown playbook": ('playbook: "Restart the queue"', "playbook: Restart the q", "has no playbook 'Restart the q'. Did you mean 'Restart the queue'?"),
    "unknown method": ("{via: phone,", "{via: fone,", "there is no method 'fone'. Did you mean 'phone'?"),
    "unknown class": ("class: critical, playbook", "class: critcal, playbook", "'critcal' is not a class. Did you mean 'critical'?"),
    "unknown rule class": ("rules: {critical:", "rules: {crit:", "'crit' is not a class. Did you mean 'critical'?"),
    "unknown zone": ("timezone: Europe/London\n    layers", "timezone: Europe/Lodnon\n    layers", "Did you mean 'Europe/London'?"),
    "unknown role": ("role: manager", "role: manger", "'manger' is not a role. Did you mean 'manager'?"),
    "unknown place": ("bob@example.com: responder}", "bob@example.com: respond}", "is not a place in a team. Did you mean 'responder'?"),
    "unknown kind of source": ("kind: alertmanager", "kind: alertmanger", "'alertmanger' is not a kind of source. Did you mean 'alertmanager'?"),
    "unknown kind of method": ("kind: voice", "kind: vioce", "'vioce' is not a kind of method. Did you mean 'voice'?"),
    "unknown day": ("days: [mon,", "days: [monday,", "'monday' is not a day. Did you mean 'mon'?"),
    "unknown unit": ("unit: week}", "unit: weeks}", "'weeks' is not a unit. Did you mean 'week'?"),
    "unknown component service": ("name: Checkout, service: checkout, group", "name: Checkout, service: x, group", "there is no service 'x'."),
    "bad duration": ("{wait: 5m,", "{wait: 5 minutes,", "'5 minutes' is not a duration such as 30s, 5m, 2h or 1d."),
    "slug of a page": ("{slug: checkout, name: Checkout, team", "{slug: pager, name: Checkout, team", "'pager' is the address of a page"),
    "step at no known time": ("{wait: 5m,", "{wait: 5m, during: nights,", "'nights'"),
    "wait too short": ("{wait: 5m,", "{wait: 29s,", "29s is shorter than 30s."),
    "repeat too often": ("repeat: 2", "repeat: 20", "20 is not between 0 and 19."),
    "repeat no number": ("repeat: 2", "repeat: two", "'two' is not a whole number."),
    "bad e-mail": ("{email: bob@example.com,", "{email: bob.example.com,", "'bob.example.com' is not an e-mail address."),
    "bad phone": ('"+447700900001"', '"07700 900001"', "is not a number such as +447700900001."),
    "bad mail address": ("address: alice@example.com", "address: alice", "'alice' is not an e-mail address."),
    "no catch-all": ('catch_all: ["user:mia@example.com"]', "name: Payments", "a policy needs 'catch_all'."),
    "empty catch-all": ('catch_all: ["user:mia@example.com"]', "catch_all: []", "'catch_all' of a policy needs somebody"),
    "short key": ("use-a-long-random-key-0001", "short", "'key' needs 20 to 200 characters"),
    "odd key": ("use-a-long-random-key-0001", "use a long random key 0001", "'key' needs 20 to 200 characters"),
    "no members": ("members: [alice@example.com, bob@example.com]", "members: []", "'members' of a layer needs a member."),
    "members no list": ("members: [alice@example.com, bob@example.com]", "members: alice@example.com", "'members' of a layer must be a list."),
    "bad clock": ('from: "08:30"', 'from: "8.30"', "is not a time of day"),
    "24:00 begins nothing": ('from: "08:30"', 'from: "24:00"', "'24:00' is not a time of day"),
    "empty window": ('to: "17:30"', 'to: "08:30"', "a window from 08:30 to itself"),
    "time with a zone": ('"2026-10-19T09:00"', '"2026-10-19T09:00+01:00"', "has a zone; write the local time of the schedule"),
    "no time": ('"2026-10-19T09:00"', "tomorrow", "'tomorrow' is not a local time such as 2026-10-19T09:00."),
    "ends before it starts": ('to: "2026-11-21T20:00"', 'to: "2026-11-20T20:00"', "which is not after its start."),
    "time that does not exist": ('from: "2026-11-21T08:00", to: "2026-11-21T20:00"', 'from: "2026-03-29T01:30", to: "2026-11-21T20:00"', "2026-03-29 01:30 does not exist in Europe/London"),
    "time that exists twice": ('from: "2026-11-23T08:00"', 'from: "2026-10-25T01:30"', "2026-10-25 01:30 happens twice in Europe/London"),
    "covers themselves": ("for: alice@example.com", "for: bob@example.com", "bob@example.com cannot cover themselves."),
    "bad matcher": ('"=~crit.*"', '"=~crit(.*"', "is not valid RE2"),
    "target too high": ("target: 99.9", "target: 999", "999 is not between 0 and 100."),
    "target too fine": ("target: 99.9", "target: 99.99999", "has more than 3 digits after the point."),
    "neither true nor false": ("customer_facing: true", "customer_facing: perhaps", "'perhaps' is neither true nor false."),
    "missing team": ("slug: checkout, name: Checkout, team: payments,", "slug: checkout, name: Checkout,", "a service needs 'team'."),
    "bad slug": ("{slug: shop,", "{slug: the shop,", "'the shop' is not a slug"),
    "text is a list": ("name: Payments,", "name: [Payments],", "'name' of a team must be text."),
    "control character": ("name: Payments,", 'name: "Pay\\0ments",', "control character"),
    "not YAML": ("teams: [payments]}", "teams: [payments}", "This is not YAML"),
    "key twice": ("repeat: 2,", "repeat: 2, repeat: 3,", "'repeat' is there twice, first at line"),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLACED)
def test_refused_with_line_and_nothing_changed(name: str) -> None:
    old, new, sentence = REPLACED[name]
    assert CONTRACT.count(old) >= 1
    text = CONTRACT.replace(old, new, 1)
    line = CONTRACT[: CONTRACT.index(old)].count("\n") + 1
    before = export()
    with pytest.raises(Refused):
        look(text.encode())
    with pytest.raises(Refused) as refusal:
        apply(text.encode(), at=AT)
    found = [problem for problem in refusal.value.problems if sentence in problem.sentence]
    assert found, refusal.value.problems
    assert abs(found[0].line - line) <= 1
    assert export() == before


def refused(text: str) -> list[str]:
    """The problems as `line: sentence`."""
    with pytest.raises(Refused) as refusal:
        apply(text.encode(), at=AT)
    return [f"{problem.line}: {problem.sentence}" for problem in refusal.value.problems]


ADDED = {
    "same slug": ("teams:\n", "teams:\n  - {slug: payments, name: Other}\n", "team 'payments' is there twice, first at line"),
    "same person": ("users:\n", "users:\n  - {email: Alice@Example.com}\n", "user 'alice@example.com' is there twice, first at line"),
    "two areas": ("areas:\n", "areas:\n  - {slug: other, name: Other, teams: [payments]}\n", "team 'payments' is in two areas, 'other' and 'shop'."),
    "same key": ("sources:\n", "sources:\n  - {slug: two, kind: generic, key: use-a-long-random-key-0001}\n", "this key belongs to source 'two': every source needs a key of its own."),
    "key and hash": ("sources:\n", f"sources:\n  - {{slug: two, kind: generic, key: use-a-long-random-key-0002, key_hash: 'sha256:{'a' * 64}'}}\n", "keep one of them"),
    "bad hash": ("sources:\n", "sources:\n  - {slug: two, kind: generic, key_hash: 'md5:abc'}\n", "'key_hash' must be sha256: and 64 digits"),
    "unreachable route": ("components:", "  - {source: am, match: {severity: =~crit.*, team: payments}, service: checkout}\ncomponents:", "this route is never reached: line"),
    "same playbook": ("playbooks: [", "playbooks: [{title: Restart the queue}, ", "the same playbook 'Restart the queue' is there twice"),
    "same layer": ("    layers:\n", '    layers:\n      - {name: weekly, members: [alice@example.com], starts: "2026-10-19T09:00"}\n', "the same layer 'weekly' is there twice"),
    "same override": ("overrides: [", 'overrides: [{person: bob@example.com, from: "2026-11-21T08:00", to: "2026-11-21T20:00"}, ', "the same override is there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDED)
def test_what_does_not_agree_is_refused(name: str) -> None:
    old, new, sentence = ADDED[name]
    before = export()
    assert any(sentence in one for one in refused(CONTRACT.replace(old, new, 1)))
    assert export() == before


def test_all_problems_are_told_at_once_in_order() -> None:
    text = CONTRACT.replace("role: manager", "role: manger").replace("repeat: 2", "repeat: 20")
    text = text.replace("source: am,", "source: an,")
    lines = [int(one.partition(":")[0]) for one in refused(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a\n", "1: The file must be a mapping with sections"),
        ("users: alice\n", "1: 'users' must be a list."),
        ("users:\n- alice\n", "2: an entry of 'users' must be a user: a mapping."),
        ("organisation: [Acme]\n", "1: organisation must be an organisation: a mapping."),
        ("a: &a [*a]\nusers: *a\n", "nested too deeply"),
        ("[" * 200_000 + "]" * 200_000, "1: The file is nested too deeply."),
        ("- " * 1_000_000, "1: The file is nested too deeply."),
        ("a: [1\nb: 2\n", "2: This is not YAML"),
        ("? [a]\n: b\n", "1: A key must be a single word or text."),
        ("a: 1\n---\nb: 2\n", "This is not YAML"),
        ("a: \x01\n", "This is not YAML"),
        ("a: *nothing\n", "1: This is not YAML"),
        ("teams:\n- {slug: a, <<: b}\n", "2: Only mappings can be merged with <<."),
    ],
    ids=range(13),
)
def test_odd_files_get_a_sentence(text: str, sentence: str) -> None:
    assert any(sentence in one for one in refused(text))


def test_bytes_that_are_no_text_get_a_sentence() -> None:
    for content in (b"\xff\xfe\x00", b"a: \xe9\n", b"\x00\x00"):
        with pytest.raises(Refused):
            look(content)


def test_aliases_cannot_fill_the_memory() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert any("aliases grow too large" in one for one in refused("a0: &a0 [x]\n" + levels))


def test_too_large_a_file_is_refused() -> None:
    assert refused("#" * (5 * 1024 * 1024 + 1)) == ["1: The file is larger than 5 MB."]


def test_anchors_and_merges_work() -> None:
    text = "x: &t {name: Team}\n"
    assert any("'x' is not a section" in one for one in refused(text))
    apply(b"teams:\n- &t {slug: a, name: One}\n- {<<: *t, slug: b}\n", at=AT)
    assert "slug: b, name: One" in export()


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "users:\nteams: []\n"])
def test_an_empty_file_changes_nothing(text: str) -> None:
    assert apply(text.encode(), at=AT).changes == []
