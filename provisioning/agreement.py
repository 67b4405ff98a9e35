"""Pure: what must hold between several values of the file, and between the file and the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from alerts.beats import check_cron
from alerts.keys import HINT_LENGTH, key_hash
from foundation.egress.addresses import is_plain
from oncall.limits import is_empty_window
from oncall.wallclock import LocalTimeError, check_typed
from provisioning.facts import Facts
from provisioning.kinds import Findings, nearest
from provisioning.rows import absences
from provisioning.rows.machines import route_name
from provisioning.rows.rosters import identity
from provisioning.shape import Entry

KEY = re.compile(r"[A-Za-z0-9_-]{20,200}")
HASH = re.compile(r"sha256:([0-9a-f]{64})")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
ADDRESSES = {
    "email": (None, "an e-mail address"),
    "sms": (PHONE, "a number such as +447700900001"),
    "voice": (PHONE, "a number such as +447700900001"),
    "telegram": (re.compile(r"[1-9][0-9]{4,15}"), "the number of a private chat of Telegram, such as 123456789"),
    "mattermost": (re.compile(r"[a-z0-9]{26}"), "the id of a user of Mattermost, 26 letters and digits"),
    "matrix": (re.compile(r"@[^\s:@]{1,200}:[^\s@]{1,200}"), "a user of Matrix such as @alice:example.org"),
}
"""Kind -> what its addresses look like (None: as mail has it), and the same in words; of other kinds anything is taken."""


def check(document: dict[str, list[Entry]], facts: Facts, findings: Findings, *, prune: bool) -> None:
    """Note every disagreement in `findings`; bring rules and keys into the form that is compared."""
    zone = next((one["timezone"] for one in document.get("organisation", []) if "timezone" in one), facts.zone)
    for user in document.get("users", []):
        _check_user(user, zone, facts, findings, prune=prune)
    _check_areas(document.get("areas", []), findings)
    for schedule in document.get("schedules", []):
        there = facts.stored["schedules"].get(schedule["slug"])
        own = schedule.get("timezone") or (there.record["timezone"] if there else zone)
        _check_schedule(schedule, own, findings)
    for service in document.get("services", []):
        _once(service.get("playbooks", []), lambda one: one["title"], "playbook", findings)
    _check_keys(document.get("sources", []), facts.keys, "source", findings)
    _check_keys(document.get("heartbeats", []), facts.ping_keys, "heartbeat", findings)
    for source in document.get("sources", []):
        for url in source["reconcile_urls"]:
            if not is_plain(url):
                findings.refuse(
                    source.at("reconcile_urls"), f"{url!r} is not an http or https address without a password."
                )
    _check_heartbeats(document.get("heartbeats", []), findings)
    _check_routes(document, facts, findings, prune=prune)
    for training in document.get("training", []):
        if training["until"] and training["until"] < training["on"]:
            findings.refuse(training.at("until"), "it cannot lapse before the day of the training.")
    _check_rates(document.get("rate_cards", []), facts, findings, prune=prune)
    for position, component in enumerate(document.get("components", [])):
        component["position"] = position


def _check_rates(cards: list[Entry], facts: Facts, findings: Findings, *, prune: bool) -> None:
    """What paid an approved month stays as it is, and another currency begins on the first of a month."""
    there = {name: one.record for name, one in facts.stored["rate_cards"].items()}
    for card in cards:
        if card["starts"] < facts.rates_from and there.get(card["starts"]) != card:
            words = f"months before {facts.rates_from} are approved with their rates: choose that day or a later one."
            findings.refuse(card.at("starts"), words)
    kept = {name: one for name, one in there.items() if not prune or name < facts.rates_from}
    named: dict[str, dict[str, Any]] = {**kept, **{card["starts"]: card for card in cards}}
    lines = {card["starts"]: card.at("currency") for card in cards}
    for before, after in pairwise(sorted(named)):
        line = lines.get(after) or lines.get(before)
        if line and named[before]["currency"] != named[after]["currency"] and not after.endswith("-01"):
            findings.refuse(line, f"another currency has to begin on the first day of a month, not on {after}.")


def _once(entries: Iterable[Entry], name: Callable[[Entry], Any], noun: str, findings: Findings) -> None:
    first: dict[Any, int] = {}
    for entry in entries:
        word = name(entry)
        if word in first:
            shown = f" {word!r}" if isinstance(word, str) else ""
            findings.refuse(entry.line, f"the same {noun}{shown} is there twice, first at line {first[word]}.")
        first.setdefault(word, entry.line)


def _check_user(user: Entry, zone: str, facts: Facts, findings: Findings, *, prune: bool) -> None:
    methods = user.get("methods", {})
    for method in methods.values():
        if method["kind"] in ADDRESSES and not _is_address(method["kind"], method["address"]):
            wanted = ADDRESSES[method["kind"]][1]
            findings.refuse(method.at("address"), f"{method['address']!r} is not {wanted}.")
    there = facts.stored["users"].get(user["email"])
    days = {name: user.get(name) or (there.record[name] if there else None) for name in ("first_day", "last_day")}
    if days["first_day"] and days["last_day"] and days["last_day"] < days["first_day"]:
        findings.refuse(
            user.at("last_day"), f"{user['email']} would leave on {days['last_day']}, before their first day."
        )
    own = user.get("timezone") or (there.record["timezone"] if there else zone)
    for absence in user.get("absences", []):
        absence["timezone"] = absence["timezone"] or own
    _once(user.get("absences", []), absences.identity, "absence", findings)
    for absence in user.get("absences", []):
        _check_times(absence, absence["timezone"], findings)
    known = set(methods)
    if there and not (prune and "methods" in user):
        known |= set(there.record["methods"])
    for rules in user.get("rules", {}).values():
        for rule in rules:
            if rule["via"] not in known:
                near = nearest(rule["via"], known) or f" {user['email']} has no method yet."
                findings.refuse(rule.at("via"), f"there is no method {rule['via']!r}.{near}")
    if "rules" in user:
        user["rules"] = {severity: rules for severity, rules in user["rules"].items() if rules}


def _is_address(kind: str, address: str) -> bool:
    if pattern := ADDRESSES[kind][0]:
        return pattern.fullmatch(address) is not None
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def _check_areas(areas: list[Entry], findings: Findings) -> None:
    area_of: dict[str, str] = {}
    for area in areas:
        for team in area.get("teams", []):
            if area_of.setdefault(team, area["slug"]) != area["slug"]:
                sentence = f"team {team!r} is in two areas, {area_of[team]!r} and {area['slug']!r}."
                findings.refuse(area.at("teams"), sentence)
        if "teams" in area:
            area["teams"] = sorted(set(area["teams"]))


def _check_schedule(schedule: Entry, zone: str, findings: Findings) -> None:
    _once(schedule.get("layers", []), lambda one: one["name"], "layer", findings)
    for layer in schedule.get("layers", []):
        if layer["ends"] and layer["ends"] <= layer["starts"]:
            findings.refuse(
                layer.at("ends"), f"it ends at {layer['ends']:%Y-%m-%d %H:%M}, which is not after its start."
            )
        for window in layer["windows"]:
            if is_empty_window(window["from"], window["to"]):
                findings.refuse(
                    window.line, f'a window from {window["from"]} to itself: write "00:00" to "24:00" for a day.'
                )
    for name in ("overrides", "covers"):
        entries = schedule.get(name, [])
        _once(entries, identity, name.removesuffix("s"), findings)
        for entry in entries:
            _check_times(entry, entry["timezone"] or zone, findings)
            if entry.get("for") == entry["person"]:
                findings.refuse(entry.line, f"{entry['person']} cannot cover themselves.")


def _check_times(entry: Entry, zone: str, findings: Findings) -> None:
    for name in ("from", "to"):
        try:
            check_typed(entry[name], zone)
        except LocalTimeError as error:
            findings.refuse(entry.at(name), f"{name!r}: {error}")
    if entry["to"] <= entry["from"]:
        findings.refuse(entry.at("to"), f"it ends at {entry['to']:%Y-%m-%d %H:%M}, which is not after its start.")


def _check_heartbeats(heartbeats: list[Entry], findings: Findings) -> None:
    """Cron lines that come; a matcher of the alerts of a source; somebody who is in trouble without it."""
    for one in heartbeats:
        if one["cron"]:
            try:
                check_cron(one["cron"], one["timezone"])
            except ValueError as error:
                findings.refuse(one.at("cron"), f"'cron': {error}")
        if one["match"] and not one["source"]:
            findings.refuse(one.at("match"), "'match' needs a 'source' whose alerts it matches.")


def _check_keys(holders: list[Entry], known: Mapping[str, tuple[str, bool]], noun: str, findings: Findings) -> None:
    owner: dict[str, str] = {}
    for entry in holders:
        given = list(_keys(entry, findings))
        for line, digest, _ in given:
            slug, revoked = known.get(digest, (entry["slug"], False))
            holder = slug if slug != entry["slug"] else owner.setdefault(digest, slug)
            if holder != entry["slug"]:
                findings.refuse(line, f"this key belongs to {noun} {holder!r}: every {noun} needs a key of its own.")
            elif revoked:
                findings.refuse(line, f"this key of {noun} {slug!r} was revoked: give the {noun} a new one.")
        for name in ("key", "key_hash", "more_key_hashes"):
            entry.pop(name, None)
        entry["keys"] = {digest: hint for _, digest, hint in given}


def _keys(source: Entry, findings: Findings) -> Iterator[tuple[int, str, str]]:
    """(line, hash, hint) of the source's keys, the newest first."""
    if source.get("key") is not None and source.get("key_hash") is not None:
        findings.refuse(source.at("key_hash"), "'key' and 'key_hash' say the same thing: keep one of them.")
    if (key := source.get("key")) is not None:
        if not KEY.fullmatch(key):
            findings.refuse(source.at("key"), "'key' needs 20 to 200 characters, each of A-Z, a-z, 0-9, _ or -.")
        yield source.at("key"), key_hash(key), key[:HINT_LENGTH]
    hashes = [("key_hash", source["key_hash"])] if source.get("key_hash") else []
    more = source.get("more_key_hashes", [])
    if len(more) > 1:
        findings.refuse(source.at("more_key_hashes"), "'more_key_hashes': two keys are the most that live at a time.")
    for name, text in [*hashes, *(("more_key_hashes", one) for one in more)]:
        found = HASH.fullmatch(text)
        if found is None:
            findings.refuse(source.at(name), f"{name!r} must be sha256: and 64 digits of 0-9 and a-f.")
        else:
            yield source.at(name), found[1], ""


def _check_routes(document: dict[str, list[Entry]], facts: Facts, findings: Findings, *, prune: bool) -> None:
    routes = document.get("routes", [])
    first: dict[str, int] = {}
    titles = {slug: _titles(stored.record) for slug, stored in facts.stored["services"].items()}
    for service in document.get("services", []):
        before = set() if prune and "playbooks" in service else titles.get(service["slug"], set())
        titles[service["slug"]] = before | _titles(service)
    for route in routes:
        if (name := route_name(route)) in first:
            sentence = f"this route is never reached: line {first[name]} has the same source and match."
            findings.refuse(route.line, sentence)
        first.setdefault(name, route.line)
        known = titles[route["service"]]
        if route["playbook"] and route["playbook"] not in known:
            near = nearest(route["playbook"], known) or " It has none yet."
            sentence = f"service {route['service']!r} has no playbook {route['playbook']!r}.{near}"
            findings.refuse(route.at("playbook"), sentence)


def _titles(service: dict[str, Any]) -> set[str]:
    return {book["title"] for book in service.get("playbooks", [])}
