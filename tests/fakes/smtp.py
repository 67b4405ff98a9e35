"""A mail server over loopback: real SMTP, scripted answers, every message kept with its time of arrival."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Received:
    """A message, and the `time.time()` at which its last byte was taken."""

    recipient: str
    mail: EmailMessage
    at: float

    @property
    def text(self) -> str:
        """The text/plain part."""
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def links(self) -> list[str]:
        """Page links that stand alone on a line."""
        return [
            line for line in self.text.splitlines() if line.startswith("http") and "/p/" in line and " " not in line
        ]


@dataclass
class Handler:
    """Takes mail, or answers as the script says: one answer per message, None takes it."""

    script: list[str | None] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    before_answer: Callable[[Received], None] | None = None
    before_message: Callable[[str], None] | None = None
    refuse: Callable[[Received], str | None] | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Somebody is there who wants to send."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """To whom; nothing of the message has come yet."""
        if self.before_message:
            self.before_message(address)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One message."""
        content = cast(bytes, envelope.content)
        mail = message_from_bytes(content, policy=policy.default)
        if len(envelope.rcpt_tos) != 1 or mail["To"] != envelope.rcpt_tos[0]:
            return "554 exactly one recipient, named in To, was expected"
        received = Received(envelope.rcpt_tos[0], mail, time.time())
        with self.guard:
            answer = self.script.pop(0) if self.script else None
            answer = answer or (self.refuse(received) if self.refuse else None)
            if answer is None:
                self.received.append(received)
        if self.before_answer:
            self.before_answer(received)
        return answer or "250 taken"


class FreePort(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """`with MailServer() as server:` runs on a free port; `server.received` are the messages in order."""

    def __init__(self, *script: str | None) -> None:
        self.handler = Handler(script=list(script))
        self.controller = FreePort(self.handler, hostname="127.0.0.1", port=0)

    def __enter__(self) -> MailServer:
        self.controller.start()
        self.host, self.port = "127.0.0.1", self.controller.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.controller.stop()

    @property
    def received(self) -> list[Received]:
        """What was taken so far."""
        return self.handler.received

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://{self.host}:{self.port}"

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Received]:
        """Wait until `count` messages were taken; raises AssertionError with what came."""
        until = time.monotonic() + seconds
        while len(self.received) < count:
            if time.monotonic() > until:
                raise AssertionError(
                    f"{len(self.received)} of {count} mails: {[str(r.mail['Subject']) for r in self.received]}"
                )
            time.sleep(0.01)
        return self.received
