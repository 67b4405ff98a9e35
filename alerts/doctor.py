"""Reads an alertmanager.yml and names the traps in it: what loses alerts, hides them, or never ends them. Pure.

Source of the rules: Alertmanager's configuration reference, and what was seen of real deliveries. Whatever is pasted is
read as text only, within bounds, and nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import yaml

LONGEST = 200_000
"""Characters that are read."""
MOST_NODES = 20_000
"""Values that are walked; aliases make few lines many."""
OWNER_LABELS = frozenset(("team", "service", "job", "app", "namespace", "component", "owner"))
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
SPAN = re.compile(r"([0-9]+)(ms|[smhdwy])")
PATH = "/api/in/alertmanager"
Tree = dict[str, Any]


class Unreadable(Exception):  # noqa: N818 - a state of the text
    """It is no alertmanager.yml; `str()` of it is one sentence."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Where, why it hurts in one sentence, and the line to write. `grave` ones lose alerts."""

    where: str
    why: str
    line: str
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """A route with what it inherits. `hidden_by` is an earlier sibling that takes everything it could match."""

    where: str
    node: Tree
    receiver: str
    group_by: tuple[str, ...]
    spans: dict[str, str]
    hidden_by: str = ""


def examine(text: str, *, base: str) -> list[Trap]:
    """The traps in `text` for an installation at `base` (https://pager.example.com), the grave ones first.

    Raises Unreadable.
    """
    tree = _read(text)
    ours = {name: hooks for name, hooks in _webhooks(tree).items() if any(_is_ours(hook, base) for hook in hooks)}
    routes = list(_routes(tree["route"], "route", Route("", {}, "", (), {})))
    found = [trap for name, hooks in ours.items() for hook in hooks for trap in _of_webhook(name, hook, base)]
    if not ours:
        line = f"webhook_configs: [{{url: {base}{PATH}/KEY}}]"
        found.append(Trap("receivers", "No receiver here posts to this installation, so nothing comes in.", line))
    for name in sorted(ours):
        if all(route.receiver != name for route in routes):
            why = "No route leads to this receiver, so it is never told of anything."
            found.append(Trap(f"receiver {name}", why, f"receiver: {name}"))
    found += [trap for route in routes if route.receiver in ours for trap in _of_route(route)]
    found += _twice([route for route in routes if route.receiver in ours])
    found += _of_inhibition(tree)
    return sorted(dict.fromkeys(found), key=lambda trap: not trap.grave)


def receiver_block(url: str, label: str, value: str) -> str:
    """What to write for one service: a route with a matcher, and its receiver, with none of the traps."""
    name = f"sharp-end-{value}" if value else "sharp-end"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    matcher = (
        f"    - matchers: ['{label}=\"{quoted}\"']\n      receiver: {name}\n" if value else f"    - receiver: {name}\n"
    )
    return (
        f"route:\n  routes:\n{matcher}"
        f"      group_by: [alertname, {label}]\n      group_wait: 30s\n      group_interval: 5m\n      repeat_interval: 4h\n"
        f'receivers:\n  - name: {name}\n    webhook_configs:\n      - url: "{url}"\n'
        "        send_resolved: true\n        max_alerts: 0\n        timeout: 10s\n"
        "        http_config: {follow_redirects: false}\n"
    )


def _read(text: str) -> Tree:
    if len(text) > LONGEST:
        raise Unreadable(f"It is longer than {LONGEST} characters.")
    try:
        # Every value stays text: nobody's numbers, dates or tags are made into anything.
        tree = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes nothing but texts, lists and mappings
        _count(tree)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise Unreadable(f"It is no YAML{place}.") from None
    except (RecursionError, ValueError):
        raise Unreadable("It is nested too deeply, or repeats itself without end.") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("route"), dict):
        raise Unreadable("It has no `route`, so it is no alertmanager.yml.")
    return tree


def _count(tree: Any) -> None:  # noqa: ANN401 - YAML
    """Raise ValueError for more values than anybody writes, or for a value that holds itself."""
    waiting, seen = [(tree, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES or depth > 50:  # noqa: PLR2004
            raise ValueError("too much")
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        waiting += [(one, depth + 1) for one in inner]


def _maps(value: Any) -> list[Tree]:  # noqa: ANN401
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _text(node: Tree, name: str) -> str:
    value = node.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _webhooks(tree: Tree) -> dict[str, list[Tree]]:
    return {_text(one, "name"): _maps(one.get("webhook_configs")) for one in _maps(tree.get("receivers"))}


def _is_ours(hook: Tree, base: str) -> bool:
    parts = _split(_text(hook, "url"))
    return bool(parts and (parts.hostname == urlsplit(base).hostname or parts.path.startswith("/api/in/")))


def _split(url: str) -> Any:  # noqa: ANN401 - SplitResult or None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.hostname else None


def _of_webhook(name: str, hook: Tree, base: str) -> Iterator[Trap]:
    parts = _split(_text(hook, "url"))
    if parts is None or not _is_ours(hook, base):
        return
    where, wanted = f"receiver {name}", urlsplit(base)
    if _text(hook, "send_resolved") in ("false", "no", "off"):
        yield Trap(
            where, "It is never told that an alert ended, so incidents stay open for ever.", "send_resolved: true"
        )
    if _text(hook, "max_alerts") not in ("", "0"):
        why = "It leaves alerts out of large groups: they page nobody, and nothing resolves by itself."
        yield Trap(where, why, "max_alerts: 0")
    if parts.hostname == wanted.hostname and parts.scheme == "http" and wanted.scheme == "https":
        why = "A redirect to https turns the message into an empty question, whose answer counts as delivered."
        yield Trap(where, why, f"url: {base}{parts.path}")
    if parts.hostname != wanted.hostname:
        why = f"It posts to {parts.hostname}, while this installation is {wanted.hostname}."
        yield Trap(where, why, f"url: {base}{parts.path}", grave=False)
    elif not re.fullmatch(rf"{PATH}(/[^/]+)?/?", parts.path):
        yield Trap(where, "Nothing takes alerts of Alertmanager at this path.", f"url: {base}{PATH}/KEY")
    yield from _of_key(where, hook, parts.path)
    yield from _of_timeout(where, hook)
    http = hook.get("http_config")
    if not isinstance(http, dict) or _text(http, "follow_redirects") != "false":
        why = "A redirect on the way would be followed, and lose the message without a word."
        yield Trap(where, why, "http_config: {follow_redirects: false}", grave=False)


def _of_key(where: str, hook: Tree, path: str) -> Iterator[Trap]:
    http = hook.get("http_config")
    signed = isinstance(http, dict) and ("authorization" in http or "basic_auth" in http)
    if re.fullmatch(rf"{PATH}/?", path) and not signed:
        yield Trap(where, "The address has no key, so every message is turned away.", f"url: ...{PATH}/KEY")
    elif not signed:
        why = "The key stands in this file, where everybody who reads the file reads it."
        yield Trap(where, why, "url_file: /etc/alertmanager/sharp-end.url", grave=False)


def _of_timeout(where: str, hook: Tree) -> Iterator[Trap]:
    given = _text(hook, "timeout")
    span = seconds(given)
    if not span:
        why = "It waits without an end for an answer that does not come (a setting of Alertmanager 0.28 and later)."
        yield Trap(where, why, "timeout: 10s", grave=False)
    elif span > timedelta(minutes=1):
        why = f"It waits {given} for one answer before it tries again."
        yield Trap(where, why, "timeout: 10s", grave=False)


def seconds(text: str) -> timedelta:
    """A span as Alertmanager writes it (`1h30m`); nothing for what is none."""
    found = SPAN.findall(text) if re.fullmatch(rf"(?:{SPAN.pattern})+", text) and len(text) < 30 else []  # noqa: PLR2004
    total = sum(int(number) * UNITS[unit] for number, unit in found)
    return timedelta(seconds=min(total, 10.0**9))


def _routes(node: Tree, where: str, above: Route, hidden_by: str = "") -> Iterator[Route]:
    names = ("group_wait", "group_interval", "repeat_interval")
    spans = {name: _text(node, name) or above.spans.get(name, "") for name in names}
    group_by = _texts(node["group_by"]) if isinstance(node.get("group_by"), list) else above.group_by
    route = Route(where, node, _text(node, "receiver") or above.receiver, group_by, spans, hidden_by or above.hidden_by)
    yield route
    takes_all = ""
    for number, child in enumerate(_maps(node.get("routes")), 1):
        yield from _routes(child, f"{where} › {number}", route, takes_all)
        if not takes_all and not _matchers(child) and _text(child, "continue") not in ("true", "yes", "on"):
            takes_all = f"{where} › {number}"


def _matchers(node: Tree) -> bool:
    return any(node.get(name) for name in ("matchers", "match", "match_re"))


def _of_route(route: Route) -> Iterator[Trap]:
    where = f"{route.where} (to {route.receiver})"
    if route.hidden_by:
        why = f"It is never reached: {route.hidden_by} before it takes everything and does not go on."
        yield Trap(where, why, "continue: true   # on the route before it")
    if not route.group_by:
        yield Trap(
            where, "All its alerts come as one group, whatever they are about.", "group_by: [alertname, service]"
        )
    elif "..." in route.group_by:
        yield Trap(where, "Every alert comes alone: a storm is as many incidents.", "group_by: [alertname, service]")
    elif not OWNER_LABELS & set(route.group_by):
        line = f"group_by: [{', '.join((*route.group_by, 'service'))}]"
        yield Trap(where, "Alerts of different services and teams come as one group.", line, grave=False)
    yield from _of_spans(where, route.spans)
    for name in ("mute_time_intervals", "active_time_intervals"):
        if route.node.get(name):
            why = f"{name} hold alerts back before they come here: nobody is paged then, and no list shows it."
            yield Trap(where, why, f"# without {name}: say it here, as working hours or a silence", grave=False)


def _of_spans(where: str, spans: dict[str, str]) -> Iterator[Trap]:
    wait, interval = seconds(spans["group_wait"]), seconds(spans["group_interval"]) or timedelta(minutes=5)
    repeat = seconds(spans["repeat_interval"]) or timedelta(hours=4)
    if wait > timedelta(minutes=2):
        yield Trap(where, f"The first page is {spans['group_wait']} late.", "group_wait: 30s")
    if repeat > timedelta(days=1):
        why = f"A message that is lost is sent again after {spans['repeat_interval']} only."
        yield Trap(where, why, "repeat_interval: 4h")
    elif repeat < timedelta(minutes=5) or repeat < interval:
        why = "It is repeated more often than a group is looked at: load without news (good for a watchdog alone)."
        yield Trap(where, why, "repeat_interval: 4h", grave=False)


def _twice(routes: list[Route]) -> Iterator[Trap]:
    """Routes to us that go on to another route to us: the same alert comes in twice, under two groups."""
    for route, later in zip(routes, routes[1:], strict=False):
        parent, other = route.where.rpartition(" › ")[0], later.where.rpartition(" › ")[0]
        if parent == other and _text(route.node, "continue") in ("true", "yes", "on"):
            why = f"It goes on, and {later.where} sends the same alert here again."
            yield Trap(f"{route.where} (to {route.receiver})", why, "continue: false", grave=False)


def _of_inhibition(tree: Tree) -> Iterator[Trap]:
    for number, rule in enumerate(_maps(tree.get("inhibit_rules")), 1):
        targets = [rule.get(f"target_{name}") for name in ("matchers", "match", "match_re")]
        if not any(targets):
            why = "It has no target, so while its source fires every alert is held back."
            yield Trap(f"inhibit rule {number}", why, 'target_matchers: [severity="warning"]')
        elif not _texts(rule.get("equal")):
            why = "One source alert anywhere holds back its targets everywhere: nobody is paged for them."
            yield Trap(f"inhibit rule {number}", why, "equal: [cluster, service]")
