"""Asking an Alertmanager: several addresses stand for one cluster, whose members hold different things for a while."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from django.utils.translation import gettext as _

from alerts.payloads.alert import IncomingAlert, Malformed
from alerts.payloads.alertmanager_api import Held, Hush, NotThat, read_groups, read_held, read_hush, read_up_since
from alerts.payloads.reading import read_json
from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import Answer, call

T = TypeVar("T")
LARGEST = 20 * 1024 * 1024
LIMIT = 10.0
"""Seconds for one question."""
WHOLE = 45.0
"""Seconds for all questions of one look."""
MOST_ADDRESSES = 5


class NoAnswer(Exception):
    """None of the addresses gave an answer that can be believed; the message is a sentence for people."""


class Alertmanager:
    """One that answered; `up_since` is when it was started. After `until` (of the monotonic clock) it is asked nothing."""

    def __init__(self, address: str, until: float) -> None:
        self.address, self.until = address.rstrip("/"), until
        self.up_since: datetime = read_up_since(self._get("status"))

    @classmethod
    def first(cls, addresses: Sequence[str]) -> Alertmanager:
        """The first that answers. Raises NoAnswer. Must not be called while a lock is held."""
        said, until = _("It has no address."), time.monotonic() + WHOLE
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return cls.at(address, until)
            except NoAnswer as error:
                said = str(error)
        raise NoAnswer(said)

    @classmethod
    def at(cls, address: str, until: float) -> Alertmanager:
        """The one at this address. Raises NoAnswer."""
        try:
            return cls(address, until)
        except (AddressRefused, NotReached) as error:
            raise NoAnswer(str(error)) from None
        except NotThat:
            raise NoAnswer(_("What answers there is no Alertmanager.")) from None

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
            answer = call("POST", f"{self.address}/api/v2/silences", body=body, headers=headers, limit=self._left())
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
        answer: Answer = call("GET", f"{self.address}/api/v2/{path}", limit=self._left(), largest=LARGEST)
        if not answer.ok or len(answer.body) >= LARGEST:
            raise NotThat
        try:
            return read_json(answer.body.decode(errors="replace").replace("\x00", ""), {})
        except (ValueError, Malformed):
            raise NotThat from None

    def _left(self) -> float:
        left = min(LIMIT, self.until - time.monotonic())
        if left <= 0:
            raise NotReached(_("Its answers took longer than %d s.") % WHOLE)
        return left


class Cluster:
    """What stands behind several addresses: the members that answered, and `missing`, a sentence while one has not."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Ask each of them what it holds. Raises NoAnswer when none answers. Must not be called while a lock is held."""
        until = time.monotonic() + WHOLE
        asked = list(dict.fromkeys(addresses))
        self.missing = _("It has no address.") if not asked else ""
        self.members: list[Alertmanager] = []
        for address in asked[:MOST_ADDRESSES]:
            try:
                self.members.append(Alertmanager.at(address, until))
            except NoAnswer as error:
                self.missing = f"{address}: {error}"
        if len(asked) > MOST_ADDRESSES:
            self.missing = _("Only the first %d addresses are asked.") % MOST_ADDRESSES
        self.held: dict[str, Held] = {}
        for held in self._from_each(Alertmanager.alerts):
            # One that is loud for one member is loud: silences take a moment to be known by all.
            self.held |= {name: one for name, one in held.items() if name not in self.held or not one.suppressed}

    def all_up_since(self, at: datetime) -> bool:
        """Whether every address has answered everything so far, and was started at `at` or before."""
        return not self.missing and all(member.up_since <= at for member in self.members)

    def alerts_for(self, receivers: set[str]) -> dict[str, IncomingAlert]:
        """What one of them tells these receivers now. Raises NoAnswer."""
        told: dict[str, IncomingAlert] = {}
        for one in self._from_each(lambda member: member.alerts_for(receivers)):
            told |= one
        return told

    def silence(self, number: str) -> Hush:
        """The silence of this id, from the first that knows it. Raises NoAnswer."""
        said = NoAnswer(self.missing)
        for member in self.members:
            try:
                return member.silence(number)
            except NoAnswer as error:
                said = error
        raise said

    def _from_each(self, ask: Callable[[Alertmanager], T]) -> list[T]:
        """What those say that still answer; who does not is left out from now on. Raises NoAnswer when none does."""
        found: list[T] = []
        for member in list(self.members):
            try:
                found.append(ask(member))
            except NoAnswer as error:
                self.members.remove(member)
                self.missing = f"{member.address}: {error}"
        if not self.members:
            raise NoAnswer(self.missing)
        return found
