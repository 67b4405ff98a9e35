"""Asking an Alertmanager: several addresses stand for one cluster, and the first that answers is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from django.utils.translation import gettext as _

from alerts.payloads.alert import IncomingAlert
from alerts.payloads.alertmanager_api import Held, Hush, NotThat, read_groups, read_held, read_hush, read_up_since
from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import Answer, call

T = TypeVar("T")
LARGEST = 20 * 1024 * 1024
LIMIT = 10.0


class NoAnswer(Exception):
    """None of the addresses gave an answer that can be believed; the message is a sentence for people."""


class Alertmanager:
    """One that answered; `up_since` is when it was started."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.up_since: datetime = read_up_since(self._get("status"))

    @classmethod
    def first(cls, addresses: Sequence[str]) -> Alertmanager:
        """The first that answers. Raises NoAnswer. Must not be called while a lock is held."""
        said = _("It has no address.")
        for address in addresses:
            try:
                return cls(address)
            except (AddressRefused, NotReached) as error:
                said = str(error)
            except NotThat:
                said = _("What answers there is no Alertmanager.")
        raise NoAnswer(said)

    def alerts(self) -> dict[str, Held]:
        """All alerts that it holds, by fingerprint. Raises NoAnswer."""
        return self._or_none(lambda: read_held(self._get("alerts?active=true&silenced=true&inhibited=true")))

    def alerts_for(self, receivers: set[str]) -> dict[str, IncomingAlert]:
        """What it tells these receivers now, silenced and inhibited ones aside. Raises NoAnswer."""
        path = "alerts/groups?active=true&silenced=false&inhibited=false"
        return self._or_none(lambda: read_groups(self._get(path), receivers))

    def silence(self, number: str) -> Hush:
        """The silence of this id. Raises NoAnswer."""
        return self._or_none(lambda: read_hush(self._get(f"silence/{quote(number, safe='')}")))

    def make_silence(self, content: dict[str, Any]) -> str:
        """Make one; its id. Raises NoAnswer."""
        body = json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        try:
            answer = call("POST", f"{self.address}/api/v2/silences", body=body, headers=headers, limit=LIMIT)
        except (AddressRefused, NotReached) as error:
            raise NoAnswer(str(error)) from None
        said = answer.json()
        if not answer.ok or not isinstance(said, dict) or not said.get("silenceID"):
            raise NoAnswer(_("Alertmanager refused it (%d).") % answer.status)
        return str(said["silenceID"])

    def _or_none(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (AddressRefused, NotReached) as error:
            raise NoAnswer(str(error)) from None
        except NotThat:
            raise NoAnswer(_("It answered something that no Alertmanager says.")) from None

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        answer: Answer = call("GET", f"{self.address}/api/v2/{path}", limit=LIMIT, largest=LARGEST)
        if not answer.ok or len(answer.body) >= LARGEST:
            raise NotThat
        return answer.json()
