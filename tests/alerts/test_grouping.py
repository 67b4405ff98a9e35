"""Which alerts are one incident, and what it is called."""

from typing import Any

import pytest

from alerts.grouping import group_key, group_title
from alerts.payloads import IncomingAlert


def alert(fingerprint: str = "f1", title: str = "Down a", **labels: str) -> IncomingAlert:
    return incoming(fingerprint=fingerprint, title=title, labels=labels)


def incoming(**fields: Any) -> IncomingAlert:
    usual: dict[str, Any] = {"fingerprint": "f1", "labels": {}, "annotations": {}, "starts_at": None, "ends_at": None}
    return IncomingAlert(**(usual | {"resolved": False, "title": "Down"} | fields))


def test_group_labels_and_service_decide() -> None:
    one = incoming(group_labels={"a": "1", "b": "2"})
    same = incoming(fingerprint="f2", group_labels={"b": "2", "a": "1"})
    assert group_key(one, grouping="labels", service="s") == group_key(same, grouping="labels", service="s")
    assert group_key(one, grouping="labels", service="s") != group_key(one, grouping="labels", service="t")
    other = incoming(group_labels={"a": "1"})
    assert group_key(one, grouping="labels", service="s") != group_key(other, grouping="labels", service="s")


def test_without_group_labels_the_name_decides_else_the_own_key() -> None:
    def key(one: IncomingAlert, *by: str) -> str:
        return group_key(one, grouping="labels", service=None, group_by=by or ("alertname",))

    assert key(alert("f1", alertname="Down", host="a")) == key(alert("f2", alertname="Down", host="b"))
    assert key(alert("f1", alertname="Down")) != key(alert("f1", alertname="Up"))
    assert key(alert("f1")) != key(alert("f2"))
    assert key(incoming(fingerprint="f1", dedup_key="k")) == key(incoming(fingerprint="f2", dedup_key="k"))
    assert key(alert("f1", alertname="Down", host="a"), "host") != key(alert("f1", alertname="Down", host="b"), "host")


def test_by_service_and_not_at_all() -> None:
    one, other = alert("f1", alertname="A"), alert("f2", alertname="B")
    assert group_key(one, grouping="service", service=1) == group_key(other, grouping="service", service=1)
    assert group_key(one, grouping="service", service=1) != group_key(one, grouping="service", service=2)
    assert group_key(one, grouping="none", service=1) != group_key(other, grouping="none", service=1)
    assert group_key(one, grouping="none", service=1) == group_key(alert("f1"), grouping="none", service=2)


@pytest.mark.parametrize("grouping", ["labels", "service", "none"])
def test_keys_are_short(grouping: str) -> None:
    big = incoming(fingerprint="f" * 128, group_labels={"x": "y" * 10_000}, dedup_key="k" * 10_000)
    assert len(group_key(big, grouping=grouping, service="s" * 1000)) <= 40


def test_an_unknown_grouping_is_refused() -> None:
    with pytest.raises(ValueError, match="time"):
        group_key(alert(), grouping="time", service=None)


def test_titles() -> None:
    a, b = alert("1", "Down a", alertname="Down", instance="a"), alert("2", "Down b", alertname="Down", instance="b")
    assert group_title([]) == ""
    assert group_title([a]) == "Down a"
    assert group_title([a, a]) == "Down a"
    assert group_title([a, b]) == "Down: a, b"
    many = [alert(str(n), f"Down {n}", alertname="Down", instance=str(n)) for n in range(10)]
    assert group_title(many) == "Down: 0, 1, 2 and 7 more"
    assert group_title([a, alert("3", "Full", alertname="Full")]) == "Down a and 1 more"
    assert (
        group_title([alert("1", "Down a", alertname="Down"), alert("2", "b", alertname="Down")]) == "Down a and 1 more"
    )


def test_titles_are_cut() -> None:
    long = [alert("1", "x" * 500), alert("2", "y" * 500)]
    assert len(group_title(long[:1])) == 200
    assert len(group_title(long)) == 200
    assert group_title(long).endswith("… and 1 more")
