"""Pages by mail, as the system writes them into files when no mail server is set."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

from tests.system import System


def link_for(system: System, recipient: str, number: str) -> str:
    """The page link of the mail to `recipient` about `number`; waits until it has come."""

    def arrived() -> str:
        for file in Path(system.environment["SHARPEND_HOME"], "mail").glob("*"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            part = mail.get_body(("plain",))
            text = str(part.get_content()) if part else ""
            if mail["To"] == recipient and f"{number} " in text:
                behind = text[
                    text.index(f"{number} ") :
                ]  # a bundle names others before it, each with a link of its own
                return next((line for line in behind.splitlines() if line.startswith(f"{system.url}/p/")), "")
        return ""

    # A second page within 10 s of the first waits for its slot.
    return str(system.until(arrived, 20, f"mail to {recipient} about {number}"))
