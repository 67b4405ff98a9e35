"""Tags as senders write them, as labels. Pure."""

import json
from collections.abc import Mapping

from alerts.payloads.alert import Malformed, text_of, texts_of
from alerts.payloads.reading import read_json

NAMES = ("tag", "key", "name", "label")
MOST_TAGS = 200


def tags_of(value: object) -> dict[str, str]:
    """Labels of an object, a list of pairs (`{"tag": ..., "value": ...}`, `["env", "prod"]`), or `env:prod, role:db`.

    A tag without a value is `true`.
    """
    if isinstance(value, Mapping):
        return texts_of(value)
    if isinstance(value, str) and value.startswith("["):  # Zabbix has them as JSON in a text
        value = _unpacked(value)
    if isinstance(value, str):
        value = [one.strip() for one in value.split(",")]
    if not isinstance(value, list):
        return {}
    found = dict(_pair(one) for one in value[:MOST_TAGS])
    found.pop("", None)
    return found


def _unpacked(text: str) -> object:
    try:
        return read_json(text, {})
    except (json.JSONDecodeError, Malformed):
        return text


def _pair(tag: object) -> tuple[str, str]:
    if isinstance(tag, Mapping):
        name = next((text_of(tag[key]) for key in NAMES if tag.get(key)), "")
        return name, text_of(tag.get("value")) or "true"
    if isinstance(tag, list):
        return (text_of(tag[0]), text_of(tag[1])) if len(tag) == 2 else ("", "")  # noqa: PLR2004 - a pair
    text = text_of(tag)
    sign = min((text.index(one) for one in ":=" if one in text), default=len(text))
    return text[:sign].strip(), text[sign + 1 :].strip() or "true"
