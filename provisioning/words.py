"""Pure: what differs between two records, in words; secrets stay out of them."""

from __future__ import annotations

from typing import Any

from provisioning.shape import List, Record

LONGEST = 80
HASHES = "keys"


def differences(record: Record, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """One phrase for each key whose value is another: "target from 99.5 to 99.9"."""
    found = []
    if HASHES in new and set(old[HASHES]) != set(new[HASHES]):
        found.append(_keys(set(old[HASHES]), set(new[HASHES])))
    if "position" in new and old["position"] != new["position"]:
        found.append("moved")
    for name, field in record.fields.items():
        before, after = old.get(name), new.get(name)
        if name not in new or before == after:
            continue
        if isinstance(after, dict) and isinstance(before, dict):
            found.append(f"{name}: {_entries(before, after)}")
        elif isinstance(field.kind, List) and isinstance(field.kind.of, Record):
            found.append(f"{name}: {_rows(before or [], after or [])}")
        else:
            shown = [_shown(field.kind.plain(value) if value not in (None, "") else None) for value in (before, after)]
            found.append(f"{name} from {shown[0]} to {shown[1]}")
    return found


def _keys(old: set[str], new: set[str]) -> str:
    added, gone = len(new - old), len(old - new)
    phrases = [f"{added} added" if added else "", f"{gone} revoked" if gone else ""]
    return f"keys: {', '.join(phrase for phrase in phrases if phrase)}"


def _entries(old: dict[str, Any], new: dict[str, Any]) -> str:
    phrases = [f"{name} added" for name in new if name not in old]
    phrases += [f"{name} removed" for name in old if name not in new]
    phrases += [f"{name} changed" for name in new if name in old and old[name] != new[name]]
    return ", ".join(phrases)


def _rows(old: list[Any], new: list[Any]) -> str:
    """By name where they have one: "weekly changed"; else how many there are."""
    label = next((name for name in ("name", "title") if name in (new or old)[0]), "")
    if label:
        said = _entries({one[label]: one for one in old}, {one[label]: one for one in new})
        return said or "in another order"
    if len(old) == len(new):
        return "changed"
    return f"{len(new)} instead of {len(old)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value).strip()
    return (text if len(text) <= LONGEST else f"{text[:LONGEST]}…") or "nothing"
