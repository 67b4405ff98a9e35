"""Twilio over loopback: its REST interface, phones that ring and take keys, text messages with replies, signed callbacks.

Strict: a field that it does not know, a number that is none, TwiML that a phone could not read, and a message that the test
did not take fail the test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree.ElementTree import Element, fromstring

import httpcore
from django.test import Client

from tests.fakes.provider import Provider, Reply, Request, Unexpected

ACCOUNT, TOKEN, FROM = "AC" + "1" * 32, "an-auth-token-of-the-tests", "+15005550006"
MAGIC = {
    "+15005550001": (21211, 21217),
    "+15005550002": (21612, 21214),
    "+15005550003": (21408, 21215),
    "+15005550004": (21610, 21216),
    "+15005550009": (21614, 21217),
}
"""The numbers of Twilio's test credentials, and what they answer to texts and to calls."""
FIELDS = {
    "Messages": {"To", "From", "Body", "StatusCallback"},
    "Calls": {"To", "From", "Url", "Twiml", "StatusCallback", "StatusCallbackEvent", "Timeout"},
}
VERBS = {
    "Say": {"language"},
    "Pause": {"length"},
    "Hangup": set[str](),
    "Gather": {"numDigits", "timeout", "action", "method"},
}
SMALLEST = {429: (20429, "Too many requests"), 500: (20500, "Internal error"), 503: (20503, "Unavailable")}
Reach = Callable[[str, bytes, dict[str, str]], tuple[int, str]]
"""How its callbacks arrive: path with query, body and headers to status and text."""


def by_client(client: Client) -> Reach:
    """Callbacks arrive in this process, in the test's own transaction."""

    def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        kind = "application/x-www-form-urlencoded"
        response = client.generic("POST", path, body, content_type=kind, headers=headers)
        return response.status_code, response.content.decode()

    return post


def by_http(server: str, public: str) -> Reach:
    """Callbacks arrive at a running server over HTTP, as a proxy in front of it would pass them on."""

    def post(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        named = {"Content-Type": "application/x-www-form-urlencoded", "Host": urlsplit(public).netloc, **headers}
        answer = httpcore.request("POST", server + path, headers=list(named.items()), content=body)
        return answer.status, answer.content.decode()

    return post


def refusal(status: int, code: int = 0, message: str = "", **headers: str) -> Reply:
    """An error as Twilio says it."""
    code, message = (code, message) if code else SMALLEST[status]
    said = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Reply(status, json.dumps(said).encode(), {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Thing:
    """A text message or a call that was made."""

    provider: Twilio
    sid: str
    to: str
    callback: str
    status: str
    taken: bool = False
    error: int | None = None

    def becomes(self, status: str, *, error: int | None = None) -> None:
        """It moves on, without anybody being told: the callback is lost."""
        self.status, self.error = status, error

    def tells(self, status: str, *, error: int | None = None, sequence: int | None = None) -> int:
        """It moves on, and says so; returns our answer's status. Without a callback address it says nothing: 0."""
        self.becomes(status, error=error)
        if not self.callback:
            return 0
        name = "Call" if self.sid.startswith("CA") else "Message"
        form = {f"{name}Sid": self.sid, f"{name}Status": status, "To": self.to, "From": FROM, "AccountSid": ACCOUNT}
        form |= {"ErrorCode": str(error)} if error else {}
        form |= {"SequenceNumber": str(sequence)} if sequence is not None else {}
        return self.provider.post(self.callback, form)[0]


@dataclass
class Text(Thing):
    """A text message on its phone."""

    body: str = ""


@dataclass
class Call(Thing):
    """A phone that rings."""

    url: str = ""
    twiml: str = ""
    verbs: list[Element] = field(default_factory=list)
    gather: Element | None = None
    over: bool = False

    def answer(self) -> str:
        """Somebody takes it; returns what is said."""
        self.tells("in-progress", sequence=2)
        form = {"CallSid": self.sid, "CallStatus": "in-progress", "To": self.to, "From": FROM, "AccountSid": ACCOUNT}
        return self._play(self.twiml or self.provider.fetch(self.url, form))

    def press(self, digit: str) -> str:
        """A key, while the call waits for one; returns what is said then."""
        assert self.gather is not None, "nobody listens to keys"
        form = {"CallSid": self.sid, "CallStatus": "in-progress", "Digits": digit, "To": self.to, "From": FROM}
        return self._play(self.provider.fetch(self.gather.get("action", ""), form))

    def wait(self) -> str:
        """No key; returns what is said at the end."""
        assert self.gather is not None, "nobody listens to keys"
        rest = self.verbs[self.verbs.index(self.gather) + 1 :]
        self.gather, self.over = None, True
        return " ".join(verb.text or "" for verb in rest)

    def hang_up(self) -> None:
        """The end of a call that was taken."""
        self.tells("completed", sequence=3)

    def _play(self, document: str) -> str:
        self.verbs = list(self.provider.parse(document, VERBS))
        self.gather = next((verb for verb in self.verbs if verb.tag == "Gather"), None)
        self.over = self.gather is None
        heard = [*self.gather] if self.gather is not None else self.verbs
        return " ".join(verb.text or "" for verb in heard if verb.tag == "Say")


class Twilio(Provider):
    """`with Twilio(reach) as there:`; `there.url` is for TWILIO_BASE_URL, `public` is what it believes our address to be.

    `script` (see Provider): `refusal(429, Retry_After="7")` refuses, `Reply(hang=True)` takes it and loses the answer,
    `Reply(drip=True)` drips. `early` is called with what was made before the answer to our request leaves.
    """

    def __init__(self, reach: Reach | None = None, *, public: str = "https://pager.example.com") -> None:
        super().__init__(self._judge)
        self.reach, self.public = reach, public
        self.made: list[Text | Call] = []
        self.early: Callable[[Text | Call], Any] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        left = [(one.to, getattr(one, "body", "a call")) for one in self.made if not one.taken]
        if left and kind is None:
            raise Unexpected(f"nobody expected {left}")

    # What a test does with it.

    def text(self, to: str, *, within: float = 5.0) -> Text:
        """The next text message to this phone; fails when none comes."""
        found = self._next(Text, to, within)
        assert isinstance(found, Text)
        return found

    def ring(self, to: str, *, within: float = 5.0) -> Call:
        """The next call to this phone; fails when none comes."""
        found = self._next(Call, to, within)
        assert isinstance(found, Call)
        return found

    def _next(self, kind: type[Thing], to: str, within: float) -> Thing:
        until = time.monotonic() + within
        while True:
            for one in list(self.made):
                if isinstance(one, kind) and one.to == to and not one.taken:
                    one.taken = True
                    return one
            if time.monotonic() > until:
                raise AssertionError(f"no {kind.__name__.lower()} to {to}; there are {self.made}")
            time.sleep(0.01)

    def writes(self, number: str, body: str, *, sid: str = "") -> str:
        """Somebody writes to our number; returns the text that they get back."""
        self.count = getattr(self, "count", 0) + 1
        form = {
            "MessageSid": sid or f"SM{self.count:032x}",
            "From": number,
            "To": FROM,
            "Body": body,
            "AccountSid": ACCOUNT,
        }
        document = self.fetch(f"{self.public}/in/twilio/sms/", form)
        return " ".join(verb.text or "" for verb in self.parse(document, {"Message": set()}))

    # Its way to us.

    def post(self, url: str, form: dict[str, str], *, signature: str | None = None) -> tuple[int, str]:
        """A signed request; what we answered."""
        assert self.reach is not None, "this test said that nothing would be called back"
        assert url.startswith(self.public), f"{url} is not at {self.public}"
        signature = sign(url, form) if signature is None else signature
        return self.reach(url.removeprefix(self.public), urlencode(form).encode(), {"X-Twilio-Signature": signature})

    def fetch(self, url: str, form: dict[str, str]) -> str:
        """As `post`, where TwiML is expected."""
        status, document = self.post(url, form)
        assert status == 200, f"an application error has occurred, goodbye: {status} {document[:200]}"
        return document

    def parse(self, document: str, verbs: dict[str, set[str]]) -> Element:
        """TwiML, as strictly as a phone system reads it."""
        root = fromstring(document)
        assert root.tag == "Response"
        for verb in root.iter():
            if verb is not root:
                assert verb.tag in verbs, f"no verb {verb.tag}"
                assert set(verb.keys()) <= verbs[verb.tag], f"{verb.tag} with {verb.attrib}"
                assert len(verb) == 0 or verb.tag == "Gather"
        return root

    # Our way to it.

    def _judge(self, request: Request) -> Reply:
        if not self._known(request):
            return refusal(401, 20003, "Authenticate")
        found = re.fullmatch(rf"/2010-04-01/Accounts/{ACCOUNT}/(Messages|Calls)(?:/(\w+))?\.json", request.path)
        assert found, "no such address"
        if found[2]:
            assert request.method == "GET"
            return self._tell(found[2])
        assert request.method == "POST"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        return self._create(found[1], parse_qs(request.body.decode(), strict_parsing=True))

    @staticmethod
    def _known(request: Request) -> bool:
        pair = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {pair}"

    def _tell(self, sid: str) -> Reply:
        thing = next((one for one in self.made if one.sid == sid), None)
        if thing is None:
            return refusal(404, 20404, "The requested resource was not found")
        return Reply(200, json.dumps({"sid": sid, "status": thing.status, "error_code": thing.error}).encode())

    def _create(self, kind: str, form: dict[str, list[str]]) -> Reply:
        assert set(form) <= FIELDS[kind], f"no field {set(form) - FIELDS[kind]}"
        one = {name: values[0] for name, values in form.items()}
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", one["To"]), f"{one['To']} is no number"
        if one["From"] != FROM:
            return refusal(400, 21606 if kind == "Messages" else 21210, "The From number is not yours")
        if one["To"] in MAGIC:
            code = MAGIC[one["To"]][kind == "Calls"]
            return refusal(400, code, f"The To number {one['To']} cannot be reached")
        if self.script and self.script[0] and self.script[0].status >= 400:
            return Reply()  # the script refuses it
        made = self._text(one) if kind == "Messages" else self._call(one, form.get("StatusCallbackEvent", []))
        self.made.append(made)
        if self.early:
            self.early(made)
        return Reply(201, json.dumps({"sid": made.sid, "status": "queued", "error_code": None}).encode())

    def _callback(self, form: dict[str, str]) -> str:
        callback = form.get("StatusCallback", "")
        assert not callback or callback.startswith(f"{self.public}/"), f"nobody could call back {callback}"
        return callback

    def _text(self, form: dict[str, str]) -> Text:
        assert 0 < len(form["Body"]) <= 1600
        sid = f"SM{len(self.made) + 1:032x}"
        return Text(self, sid, form["To"], self._callback(form), "queued", body=form["Body"])

    def _call(self, form: dict[str, str], events: list[str]) -> Call:
        url, twiml = form.get("Url", ""), form.get("Twiml", "")
        assert bool(url) != bool(twiml), "either Url or Twiml"
        assert len(twiml) <= 4000
        assert set(events) <= {"initiated", "ringing", "answered", "completed"}
        assert 5 <= int(form.get("Timeout", "60")) <= 600
        if twiml:
            self.parse(twiml, VERBS)
        sid = f"CA{len(self.made) + 1:032x}"
        return Call(self, sid, form["To"], self._callback(form), "queued", url=url, twiml=twiml)


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """The signature of a request (Twilio, "Validating requests"): the address, then names and values in order."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
