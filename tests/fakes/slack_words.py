"""What Slack answers with, and what it takes as a message."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.provider import Reply

BLOCKS: dict[str, set[str]] = {
    "section": {"type", "text"},
    "actions": {"type", "block_id", "elements"},
}
ELEMENTS: dict[str, set[str]] = {
    "button": {"type", "action_id", "value", "text", "style", "url"},
    "users_select": {"type", "action_id", "placeholder"},
}


def refusal(code: str, status: int = 200, **headers: str) -> Reply:
    """`ok: false`, or a status of HTTP."""
    said = json.dumps({"ok": False, "error": code}).encode()
    return Reply(status, said, {name.replace("_", "-"): value for name, value in headers.items()})


def good(**more: Any) -> Reply:
    """`ok: true`."""
    return Reply(200, json.dumps({"ok": True, **more}).encode())


def check(said: dict[str, Any]) -> None:
    """The limits and shapes of Block Kit, and that nothing in it calls a channel or a person."""
    assert said["text"], "no_text"
    assert len(said["text"]) <= 4000
    calm(said["text"])
    blocks = said.get("blocks", [])
    assert len(blocks) <= 50
    names = [one["block_id"] for one in blocks if "block_id" in one]
    assert len(names) == len(set(names))
    for block in blocks:
        assert set(block) <= BLOCKS[block["type"]], block
        if block["type"] == "section":
            assert set(block["text"]) == {"type", "text", "verbatim"}
            assert 0 < len(block["text"]["text"]) <= 3000
            calm(block["text"]["text"])
            continue
        assert len(block["block_id"]) <= 255
        assert 0 < len(block["elements"]) <= 25
        actions = [one["action_id"] for one in block["elements"]]
        assert len(actions) == len(set(actions))
        for one in block["elements"]:
            assert set(one) <= ELEMENTS[one["type"]], one
            shown = one.get("text") or one["placeholder"]
            assert shown["type"] == "plain_text"
            assert len(shown["text"]) <= 75
            assert len(one.get("value", "")) <= 2000


def calm(text: str) -> None:
    """Nobody is called by it: only links of ours may stand between < and >."""
    rest = text
    while "<" in rest:
        _before, _sign, rest = rest.partition("<")
        inside = rest.partition(">")[0]
        assert inside.startswith("http"), f"a command of Slack: <{inside}>"
    for word in ("@channel", "@here", "@everyone"):
        assert word not in text.lower(), word
