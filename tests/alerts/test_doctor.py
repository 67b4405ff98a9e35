# ruff: noqa: E501  a table reads better than its rows in pieces
"""The traps of an alertmanager.yml: each is found, the block that we write has none, and no text breaks the reader."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.doctor import Trap, Unreadable, examine, receiver_block, seconds

BASE = "https://pager.example.com"
URL = f"{BASE}/api/in/alertmanager/a-long-key"
ROUTE = "route: {receiver: se, group_by: [alertname, service]}\n"
GOOD = "send_resolved: true, max_alerts: 0, timeout: 10s, http_config: {follow_redirects: false, authorization: {credentials_file: /k}}"


def hook(more: str = GOOD, url: str = URL) -> str:
    return f"receivers: [{{name: se, webhook_configs: [{{url: '{url}', {more}}}]}}]\n"


def lines(text: str) -> dict[str, Trap]:
    return {trap.line: trap for trap in examine(text, base=BASE)}


def test_a_good_file_has_none() -> None:
    assert examine(ROUTE + hook(), base=BASE) == []


def test_our_own_block_has_only_the_key_in_it() -> None:
    (trap,) = examine("inhibit_rules: []\n" + receiver_block(URL, "service", "checkout"), base=BASE)
    assert trap.line.startswith("url_file:")


@pytest.mark.parametrize(
    ("text", "line", "grave"),
    [
        (ROUTE + hook(GOOD.replace("send_resolved: true", "send_resolved: false")), "send_resolved: true", True),
        (ROUTE + hook(GOOD.replace("max_alerts: 0", "max_alerts: 5")), "max_alerts: 0", True),
        (ROUTE + hook(GOOD.replace("timeout: 10s, ", "")), "timeout: 10s", False),
        (ROUTE + hook(GOOD.replace("10s", "5m")), "timeout: 10s", False),
        (ROUTE + hook(url=URL.replace("https", "http")), f"url: {URL}", True),
        (ROUTE + hook(url=f"{BASE}/webhook"), f"url: {BASE}/api/in/alertmanager/KEY", True),
        (ROUTE + hook("http_config: {follow_redirects: false}", f"{BASE}/api/in/alertmanager"), "url: .../api/in/alertmanager/KEY", True),
        (ROUTE + hook(url="https://old.example.com/api/in/alertmanager/k"), f"url: {BASE}/api/in/alertmanager/k", False),
        (ROUTE + hook("timeout: 10s"), "http_config: {follow_redirects: false}", False),
        (ROUTE + hook("timeout: 10s"), "url_file: /etc/alertmanager/sharp-end.url", False),
        ("route: {receiver: se}\n" + hook(), "group_by: [alertname, service]", True),
        ("route: {receiver: se, group_by: ['...']}\n" + hook(), "group_by: [alertname, service]", True),
        ("route: {receiver: se, group_by: [alertname]}\n" + hook(), "group_by: [alertname, service]", False),
        (ROUTE.replace("}", ", repeat_interval: 1w}") + hook(), "repeat_interval: 4h", True),
        (ROUTE.replace("}", ", repeat_interval: 1m}") + hook(), "repeat_interval: 4h", False),
        (ROUTE.replace("}", ", group_wait: 10m}") + hook(), "group_wait: 30s", True),
        ("route: {receiver: mail}\n" + hook(), "receiver: se", True),
        ("route: {receiver: mail, routes: [{receiver: mail}, {receiver: se, group_by: [service]}]}\n" + hook(), "continue: true   # on the route before it", True),
        ("route: {receiver: m, routes: [{receiver: se, group_by: [job], matchers: [a=b], continue: true}, {receiver: se, group_by: [job]}]}\n" + hook(), "continue: false", False),
        (ROUTE + hook() + "inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d]}]", "equal: [cluster, service]", True),
        (ROUTE + hook() + "inhibit_rules: [{source_matchers: [a=b], equal: [c]}]", 'target_matchers: [severity="warning"]', True),
        (ROUTE + "receivers: [{name: se}]", f"webhook_configs: [{{url: {BASE}/api/in/alertmanager/KEY}}]", True),
        (ROUTE.replace("}", ", mute_time_intervals: [night]}") + hook(), "# without mute_time_intervals: say it here, as working hours or a silence", False),
    ],
)  # fmt: skip
def test_each_trap_is_found(text: str, line: str, grave: bool) -> None:
    found = lines(text)
    assert line in found, found
    assert found[line].grave is grave
    assert found[line].why.endswith((".", ")."))


def test_what_goes_on_before_ours_hides_nothing() -> None:
    text = "route: {receiver: m, routes: [{receiver: m, continue: true}, {receiver: se, group_by: [job]}]}\n" + hook()
    assert examine(text, base=BASE) == []


def test_what_is_inherited_counts() -> None:
    text = "route: {receiver: m, group_by: [job], routes: [{receiver: se, matchers: [a=b], routes: [{matchers: [c=d]}]}]}\n"
    assert examine(text + hook(), base=BASE) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a", "route: []", "route: {", "&a [*a, *a]", "- " * 3000, "[" * 5000, "x" * 200_001, "route: &r {receiver: se, routes: [*r]}",
     "\x00", "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\nroute: {r: [*d,*d,*d,*d,*d,*d,*d,*d]}",
     "!!python/object/apply:os.system [ls]", "? {a: b}\n: c", "{[a]: b}"],
)  # fmt: skip
def test_what_is_none_is_said_in_one_sentence(text: str) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        examine(text, base=BASE)


VALUES = st.recursive(
    st.sampled_from(["se", "true", "1h", "...", "http://[", "https://pager.example.com", "", "999999999999d"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "receiver",
                    "routes",
                    "group_by",
                    "matchers",
                    "continue",
                    "name",
                    "webhook_configs",
                    "url",
                    "timeout",
                    "http_config",
                    "equal",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    route=st.dictionaries(st.sampled_from(["receiver", "routes", "group_by", "group_wait"]), VALUES),
    receivers=VALUES,
    rules=VALUES,
)
def test_no_shape_breaks_it(route: object, receivers: object, rules: object) -> None:
    text = json.dumps({"route": route, "receivers": receivers, "inhibit_rules": rules})
    assert all(trap.line for trap in examine(text, base=BASE))


def test_spans() -> None:
    assert seconds("1h30m") == timedelta(minutes=90)
    assert seconds("nonsense") == seconds("") == seconds("5") == timedelta(0)
