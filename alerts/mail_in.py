"""Alerts by mail: an SMTP or LMTP server for the mail server of the house, which hands over what is for us.

The recipient of the envelope holds the key (`KEY@...`, `alerts+KEY@...`); headers decide nothing. A mail is answered 250
after the commit; 451 means that nothing was kept, and the other side sends it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import Error, connection
from django.utils import timezone

from alerts.door import Refused
from alerts.mail_door import admitted, take_mail
from alerts.payloads.reading import MAX_BYTES
from config.environment import MailPlace
from foundation import processes

logger = logging.getLogger(__name__)
ROLE = "mailin"
ALIVE_EVERY = 30.0
LARGEST_MAIL = 2 * MAX_BYTES
"""What is larger than a body may be is cut and pages its owner; what is larger than this is refused before it is read."""
AT_ONCE = 8
TAKEN = "250 2.0.0 Taken in"
AGAIN = "451 4.3.0 The database cannot be reached. Send it again."
WRONG_HERE = "451 4.3.0 Something went wrong here. Send it again."
ONE = "452 4.5.3 One recipient at a time"
UNKNOWN = "550 5.1.1 No source has this address"
REVOKED = "550 5.2.1 This address is no longer in use"
UNREADABLE = "554 5.6.0 This is no mail that can be read"
SAID = {"revoked": REVOKED, "malformed": UNREADABLE}
"""The door's refusals in the protocol's words; a key of another kind is no address for mail."""


class Handler:
    """The two questions of the protocol that are ours: is this a recipient, and take this mail."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(AT_ONCE)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """One recipient for each mail: so each answer is about one source. The others come again, as the protocol says."""
        if envelope.rcpt_tos:
            return ONE
        who = await self._ask(lambda: admitted(address, _peer(session), timezone.now()))
        if who == TAKEN:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        return who

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """After the commit."""
        content = envelope.content
        mail = content.encode() if isinstance(content, str) else content or b""
        return await self._ask(lambda: take_mail(envelope.rcpt_tos[0], _peer(session), mail, timezone.now()))

    async def _ask(self, question: Callable[[], object]) -> str:
        """In a thread, for the database waits; so many at once, and no more."""
        async with self.places:
            return await asyncio.to_thread(_asked, question)


def _asked(question: Callable[[], object]) -> str:
    """TAKEN, or why not. Threads come and go and mail is rare, so each question has a connection of its own."""
    try:
        question()
    except Refused as error:
        return SAID.get(error.code, UNKNOWN)
    except Error:
        logger.warning("the database is not there: the other side sends it again", exc_info=True)
        return AGAIN
    except Exception:
        # What nobody foresaw is ours to mend: the mail waits where it is, instead of being turned away for good.
        logger.exception("a mail could not be taken in: the other side sends it again")
        return WRONG_HERE
    else:
        return TAKEN
    finally:
        connection.close()


def _peer(session: Session) -> str:
    return str(session.peer[0]) if isinstance(session.peer, tuple) else ""


def protocol_of(place: MailPlace, handler: Handler) -> SMTP:
    """One connection."""
    made: type[SMTP] = LMTP if place.protocol == "lmtp" else SMTP
    return made(handler, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, ident="Sharp End", hostname="sharp-end")


async def serve(place: MailPlace, stopping: asyncio.Event) -> None:
    """Listen until told to stop, and say each half minute that we are alive. Raises OSError when the port is not free."""
    handler = Handler()
    server = await asyncio.get_running_loop().create_server(lambda: protocol_of(place, handler), place.host, place.port)
    async with server:
        while not stopping.is_set():
            await asyncio.to_thread(_asked, _alive)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), ALIVE_EVERY)


def _alive() -> None:
    processes.heard(ROLE, processes.name_of(ROLE), timezone.now())
