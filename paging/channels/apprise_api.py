"""Words to a team's place by Apprise: chat rooms, mail, and a hundred more. Information only: no page goes this way.

Addresses come from the environment alone (`TEAM_NOTICES`): they are the operator's, and used as they are. Nobody types one in
the application. The library runs in a process of its own, with nothing in its environment, and is killed when time is over.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from paging.channels.base import SendFailed

LIMIT = 15.0
"""Seconds of one place, with the start of the process."""
CHILD = Path(__file__).with_name("apprise_child.py")
UNKNOWN = 2
KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")
"""What the process sees of our environment."""
_CALLS = re.compile(r"@(?=(?:channel|here|all|everyone|room)\b)", re.IGNORECASE)


def calm(text: str) -> str:
    """Nobody is called by what somebody else wrote, in whatever place it is read."""
    return _CALLS.sub("@\u200b", text)


def send(url: str, *, title: str, body: str, limit: float = LIMIT) -> None:
    """Say it to one place. Raises SendFailed; its words never hold the address, which is a secret."""
    asked = json.dumps({"url": url, "title": calm(title), "body": calm(body)})
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        ended = subprocess.run(  # noqa: S603 - our own script by our own interpreter
            [sys.executable, "-I", str(CHILD)],
            input=asked.encode(),
            env=environ,
            cwd="/",
            timeout=limit,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise SendFailed(_("No answer within %d s.") % limit) from error
    if ended.returncode:
        said = (
            _("Apprise does not know this kind of address.") if ended.returncode == UNKNOWN else _("It was not taken.")
        )
        raise SendFailed(said, permanent=ended.returncode == UNKNOWN)
