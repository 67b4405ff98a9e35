"""One line per event, readable by people and by machines, without the secrets that stand in addresses."""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog

MASK = "***"
# Addresses that are keys: sign-in links, page links, intake keys, calendar feeds, links that set a password.
SECRET_IN_ADDRESS = re.compile(
    r"(/(?:signin|p|ping|ical)/|/api/in/[^/\s]+/|/integrations/v1/[^/\s]+/|/password/reset/key/[0-9A-Za-z]+-"
    r"|[?&](?:token|key)=)[^/\s?&'\"]+"
)


def without_secrets(_logger: Any, _name: str, event: Any) -> Any:
    """Mask them wherever they stand: Django writes the path of every request that it refuses or that broke."""
    return {name: _masked(value) if isinstance(value, str) else value for name, value in event.items()}


def _masked(text: str) -> str:
    return SECRET_IN_ADDRESS.sub(rf"\1{MASK}", text)


def formatter() -> logging.Formatter:
    """Key=value lines through structlog for every logger of the process."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"]),
        ],
    )
