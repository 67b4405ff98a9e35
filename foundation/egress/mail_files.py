"""Mail written to a folder: one RFC 5322 message per file, one recipient each, renamed into place and never appended."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class MailFiles(BaseEmailBackend):
    """Somebody who watches the folder sees whole messages only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message once per recipient; return how many messages were written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            for recipient in message.recipients():
                one = copy(message)
                one.to, one.cc, one.bcc = [recipient], [], []
                self._write(one.message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
        return len(email_messages)

    def _write(self, content: bytes) -> None:
        name = f"{uuid.uuid4()}.eml"
        draft = self.folder / f".{name}.part"
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(self.folder / name)
