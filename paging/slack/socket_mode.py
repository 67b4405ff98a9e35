"""Socket Mode: Slack's presses and commands over a connection that we open, so that nobody needs to reach us.

The database has it before Slack hears that we took it: what we do not answer, Slack shows as failed, and may send again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone, translation
from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient

from foundation import processes
from paging.channels.slack_blocks import escaped
from paging.slack.commands import typed
from paging.slack.presses import pressed, text_of
from paging.slack.telling import tell

LIMIT = 10
"""Seconds of a request of the library."""
THREADS = 2
PING = 5.0
BEAT = 20.0
"""Seconds between two times that we say that we are connected."""
LONGEST_WAIT = 60.0
"""Seconds between tries while Slack is not there."""
PATIENCE = 30.0
"""Seconds without a connection after which everything is begun anew."""
logger = logging.getLogger(__name__)


def take(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
    """Do what one envelope asks for, and answer it."""
    try:
        with translation.override(settings.LANGUAGE_CODE):
            _do(client, request)
    finally:
        connection.close()  # presses are rare, and this thread may not come back


def _do(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
    answer: dict[str, Any] | None = None
    said = ""
    if request.type == "interactive":
        said = pressed(request.payload, at=timezone.now())
    elif request.type == "slash_commands":
        told = typed(request.payload, at=timezone.now())
        answer = {"response_type": "ephemeral", "text": escaped(told)}
    client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload=answer))
    tell(text_of(request.payload, "response_url"), said)


def run(stopping: threading.Event) -> None:
    """Stay connected until `stopping`; however long Slack is away, it is tried again."""
    wait = 1.0
    while not stopping.is_set():
        client = _client()
        try:
            client.connect_to_new_endpoint()
            if client.is_connected():
                logger.info("connected to Slack")
                wait = 1.0
                _watch(client, stopping)
        except (SlackClientError, OSError, ValueError) as error:
            logger.warning("Slack is not there: %s", error)
        finally:
            client.close()
        stopping.wait(wait)
        wait = min(wait * 2, LONGEST_WAIT)


def _watch(client: SocketModeClient, stopping: threading.Event) -> None:
    """Until `stopping`, or until the library has been without a connection for too long: it reconnects by itself."""
    without, said = 0.0, 0.0
    while not stopping.wait(1.0) and without < PATIENCE:
        without = 0.0 if client.is_connected() else without + 1.0
        if not without and time.monotonic() - said >= BEAT:
            said = time.monotonic()
            _heard()


def _heard() -> None:
    """Say that we are connected; without a database that waits for the next time."""
    try:
        processes.heard("slack", processes.name_of("slack"), timezone.now())
    except DatabaseError:
        logger.warning("could not say that we are connected to Slack")
    finally:
        connection.close()


def _client() -> SocketModeClient:
    web = WebClient(base_url=settings.SLACK_BASE_URL.rstrip("/") + "/", timeout=LIMIT)
    for handler in (RateLimitErrorRetryHandler(max_retry_count=1), ServerErrorRetryHandler(max_retry_count=1)):
        web.retry_handlers.append(handler)
    client = SocketModeClient(settings.SLACK_APP_TOKEN, web_client=web, ping_interval=PING, concurrency=THREADS)
    client.socket_mode_request_listeners.append(take)
    return client
