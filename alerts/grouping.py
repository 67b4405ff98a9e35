"""Which alerts are one incident, and what that incident is called. Pure."""

from collections.abc import Sequence

from alerts.payloads.alert import DISTINGUISHING, TITLE_LENGTH, IncomingAlert, hash_of, one_line

LABELS, SERVICE, NONE = "labels", "service", "none"
GROUP_BY = ("alertname",)
SHOWN = 3


def group_key(
    alert: IncomingAlert, *, grouping: str, service: str | int | None, group_by: Sequence[str] = GROUP_BY
) -> str:
    """The key (at most 40 characters) under which `alert` joins an open incident of its source.

    `labels`: the sender's group labels and the service, so that a changed group key splits nothing; senders without
    them go by `group_by`, and by the alert's own key when it has none of those labels. `service`: one per service.
    `none`: one per fingerprint. Raises ValueError for another grouping.
    """
    if grouping == LABELS:
        return "labels:" + hash_of(service, _grouped_by(alert, group_by))
    if grouping == SERVICE:
        return "service:" + hash_of(service)
    if grouping == NONE:
        return "none:" + hash_of(alert.fingerprint)
    raise ValueError(f"Unknown grouping {grouping!r}: it is labels, service or none.")


def _grouped_by(alert: IncomingAlert, group_by: Sequence[str]) -> object:
    if alert.group_labels is not None:
        return alert.group_labels
    if any(alert.labels.get(label) for label in group_by):
        return {label: alert.labels.get(label, "") for label in group_by}
    return [alert.dedup_key or alert.fingerprint]


def group_title(alerts: Sequence[IncomingAlert]) -> str:
    """What to call the incident of `alerts`, at most 200 characters.

    One alert, or several of one title: that title. Several of one name: the name and what tells them apart. Else the
    first one's title and how many more there are.
    """
    titles = list(dict.fromkeys(alert.title for alert in alerts))
    if not titles:
        return ""
    if len(titles) == 1:
        return one_line(titles[0])
    names = {alert.labels.get("alertname", "") for alert in alerts}
    which = _told_apart_by(alerts)
    if len(names) == 1 and "" not in names and which:
        rest = f" and {len(which) - SHOWN} more" if len(which) > SHOWN else ""
        return one_line(f"{names.pop()[:TITLE_LENGTH]}: {', '.join(which[:SHOWN])}{rest}")
    rest = f" and {len(titles) - 1} more"
    return one_line(titles[0], TITLE_LENGTH - len(rest)) + rest


def _told_apart_by(alerts: Sequence[IncomingAlert]) -> list[str]:
    """The values of the first label that every alert has and that differs between them."""
    for label in DISTINGUISHING:
        values = list(dict.fromkeys(alert.labels.get(label, "") for alert in alerts))
        if len(values) > 1 and "" not in values:
            return [one_line(value, 40) for value in values]
    return []
