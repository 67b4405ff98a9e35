"""Amazon SNS: signatures, subscriptions, and what is asked of Amazon outside the request."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from alerts import sns
from alerts.models import AmazonCall, Body, RejectedDelivery
from alerts.payloads import Mark
from foundation.dispatch.registry import named
from foundation.egress.addresses import NotReached
from foundation.egress.http import Answer
from incidents.models import OPEN, Incident
from teams.models import Notice
from tests.alerts.posting import AT, KEY, make_am, minutes, only, post
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db
CERTIFICATE = f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
ALARM = {"AlarmName": "Too slow", "NewStateValue": "ALARM", "AlarmArn": "arn:aws:cloudwatch:x:alarm:slow"}
THEIRS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PLAIN = {"Type": "Notification", "MessageId": "1", "TopicArn": TOPIC, "Message": json.dumps(ALARM)}
PLAIN |= {"Timestamp": "2026-11-21T02:03:10.512Z", "SigningCertURL": CERTIFICATE}
SUBSCRIBE = PLAIN | {"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": CONFIRM, "Message": "You ..."}


def pem() -> str:
    """A certificate as Amazon publishes it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(THEIRS.public_key())
    builder = builder.serial_number(1).not_valid_before(AT - timedelta(days=1)).not_valid_after(AT + timedelta(days=1))
    return builder.sign(THEIRS, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


PEM = pem()


def signed(message: dict[str, Any], version: str = "1") -> dict[str, Any]:
    """The message as Amazon signs it: written out here once more, from Amazon's guide."""
    if message["Type"] == "Notification":
        names = [
            "Message",
            "MessageId",
            *(["Subject"] if "Subject" in message else []),
            "Timestamp",
            "TopicArn",
            "Type",
        ]
    else:
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - theirs
    signature = THEIRS.sign(text, PKCS1v15(), algorithm)
    return message | {"SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}


def send(message: dict[str, Any], at: datetime = AT) -> Any:
    return post(message, at=at, path=f"/api/in/sns/{KEY}", content_type="text/plain; charset=UTF-8")


def know(source: Any) -> None:
    AmazonCall.objects.create(url=CERTIFICATE, source=source, answer=PEM)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "ALARM"}])
def test_a_known_certificate_is_asked(version: str, more: dict[str, str]) -> None:
    know(make_am(kind="sns"))
    assert send(signed(PLAIN | more, version)).status_code == 202
    assert only().title == "Too slow"
    assert Body.objects.get().outcome["marks"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"Message": json.dumps(ALARM | {"NewStateValue": "OK"})},
        {"TopicArn": "arn:aws:sns:eu-west-1:666:other"},
        {"Signature": "bm9wZQ=="},
        {"Signature": "%%%"},
        {"SignatureVersion": "2"},
        {"SigningCertURL": "https://evil.example.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example.com/a.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com:99999/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.txt"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": f"{CERTIFICATE}?a=b"},
        {"SigningCertURL": CERTIFICATE.replace("eu-west-1", "evil")},
        {"SigningCertURL": ["x"]},
    ],
    ids=str,
)
def test_a_wrong_signature_is_refused_and_listed(changed: dict[str, Any]) -> None:
    know(make_am(kind="sns"))
    assert send(signed(PLAIN) | changed).status_code == 401
    assert RejectedDelivery.objects.get().reason == "signature"
    assert not Body.objects.exists()
    assert AmazonCall.objects.count() == 1


def test_an_unknown_certificate_loses_nothing_and_is_fetched() -> None:
    make_am(kind="sns")
    assert send(signed(PLAIN)).status_code == 202
    assert only().is_open
    assert Body.objects.get().outcome["marks"] == [Mark.NOT_VERIFIED]
    send(signed(PLAIN), at=minutes(1))
    (row,) = AmazonCall.objects.all()
    assert (row.url, row.due_at, row.confirms) == (CERTIFICATE, AT, False)
    asked: list[tuple[str, str]] = []

    def amazon(method: str, url: str) -> Answer:
        asked.append((method, url))
        return Answer(200, {}, PEM.encode())

    assert sns.due(AT, 10) == [row.pk]
    assert sns.run(row.pk, AT, amazon)
    assert not sns.run(row.pk, AT, amazon)
    assert asked == [("GET", CERTIFICATE)]
    assert sns.due(minutes(600), 10) == []
    assert send(signed(PLAIN) | {"Message": "{}"}).status_code == 401


def test_a_subscription_is_confirmed_once_and_later() -> None:
    make_am(kind="sns")
    for _twice in range(2):
        assert send(signed(SUBSCRIBE)).json() == {"accepted": 0, "incidents": []}
    row = AmazonCall.objects.get(confirms=True)
    assert row.url == CONFIRM
    assert sns.run(row.pk, AT, lambda _method, _url: Answer(200, {}, b"<ConfirmSubscriptionResponse/>"))
    row.refresh_from_db()
    assert (row.answer, row.due_at) == ("confirmed", None)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        "https://sns.eu-west-1.amazonaws.com/",
        "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://[::1/?Action=ConfirmSubscription",
        "x" * 3000,
        7,
        None,
    ],
    ids=str,
)
def test_no_other_address_is_ever_asked(url: object) -> None:
    make_am(kind="sns")
    assert (
        send(
            {key: said for key, said in SUBSCRIBE.items() if key != "SubscribeURL"} | {"SubscribeURL": url}
        ).status_code
        == 202
    )
    assert not AmazonCall.objects.filter(confirms=True).exists()


def test_amazon_out_of_reach_is_asked_again_and_then_told() -> None:
    ana = make_user("Ana")
    source = make_am(make_service("checkout", team=make_team(lead=ana)), kind="sns")
    row = AmazonCall.objects.create(url=CONFIRM, source=source, confirms=True, due_at=AT)
    at = AT

    def nobody(_method: str, _url: str) -> Answer:
        raise NotReached("No answer within 10 s.")

    for tries in range(1, sns.MOST_TRIES + 1):
        assert sns.run(row.pk, at, nobody)
        row.refresh_from_db()
        assert row.tries == tries
        at = row.due_at or at
    assert row.due_at is None
    assert Notice.objects.get(person=ana).subject.startswith("A subscription of Amazon SNS")


def test_an_ended_subscription_is_told_once_an_hour_when_amazon_says_so() -> None:
    ana = make_user("Ana")
    source = make_am(make_service("checkout", team=make_team(lead=ana)), kind="sns")
    ended = SUBSCRIBE | {"Type": "UnsubscribeConfirmation"}
    assert send(ended).status_code == 202
    assert not Notice.objects.exists()
    know(source)
    for when in (AT, minutes(59)):
        assert send(signed(ended), at=when).status_code == 202
    assert "posts no more" in Notice.objects.get(person=ana).subject


def test_a_message_without_a_signature_is_marked_where_none_ever_had_one() -> None:
    know(make_am(kind="sns"))
    assert send(PLAIN).status_code == 202
    assert Body.objects.get().outcome["marks"] == [Mark.NOT_VERIFIED]


@pytest.mark.parametrize(
    "unsigned",
    [PLAIN, {**PLAIN, "Signature": ""}, ALARM, {**signed(PLAIN), "SigningCertURL": "https://evil.example/x.pem"}],
    ids=["envelope", "empty", "raw", "foreign"],
)
def test_once_amazon_signed_nothing_unsigned_is_taken(unsigned: dict[str, Any]) -> None:
    ana = make_user("Ana")
    know(make_am(make_service("checkout", team=make_team(lead=ana)), kind="sns"))
    assert send(ALARM).status_code == 202
    assert send(signed(PLAIN)).status_code == 202
    kept = Body.objects.count()
    assert send(unsigned, at=minutes(1)).status_code == 401
    assert Body.objects.count() == kept
    assert RejectedDelivery.objects.get().reason == "signature"
    assert Notice.objects.filter(person=ana).count() == 1


def test_a_new_certificate_is_waited_for_where_amazon_signs() -> None:
    source = make_am(kind="sns")
    know(source)
    send(signed(PLAIN))
    newer = signed(PLAIN | {"MessageId": "2", "SigningCertURL": CERTIFICATE.replace("0" * 32, "1" * 32)})
    assert send(newer).status_code == 503
    assert Body.objects.count() == 1
    (key,) = sns.due(AT, 10)
    assert sns.run(key, AT, lambda *_asked: Answer(200, {}, PEM.encode()))
    assert send(newer).status_code == 202
    assert Body.objects.order_by("-pk")[0].outcome["marks"] == []


def test_amazon_out_of_reach_does_not_lose_alarms_and_no_such_certificate_signs_none() -> None:
    source = make_am(kind="sns")
    know(source)
    send(signed(PLAIN))
    newer = signed(PLAIN | {"MessageId": "2", "SigningCertURL": CERTIFICATE.replace("0" * 32, "1" * 32)})
    send(newer)
    row = AmazonCall.objects.get(answer="")
    AmazonCall.objects.filter(pk=row.pk).update(tries=sns.WAITED_FOR)
    assert send(newer).status_code == 202
    assert Body.objects.order_by("-pk")[0].outcome["marks"] == [Mark.NOT_VERIFIED]
    assert sns.run(row.pk, minutes(30), lambda *_asked: Answer(404, {}, b""))
    assert send(newer).status_code == 401


def test_an_old_message_is_refused_and_one_that_came_before_decides_nothing() -> None:
    know(make_am(kind="sns"))
    over = signed(PLAIN | {"MessageId": "2", "Message": json.dumps(ALARM | {"NewStateValue": "OK"})})
    for step, message in enumerate((signed(PLAIN), over, signed(PLAIN | {"MessageId": "3"}))):
        assert send(message, at=minutes(step)).status_code == 202
    assert Incident.objects.filter(state__in=OPEN).count() == 1
    again = send(dict(reversed(over.items())), at=minutes(60))  # other bytes, signed all the same
    assert (again.status_code, again.json()["accepted"]) == (202, 0)
    assert Body.objects.order_by("-pk")[0].outcome["marks"] == [Mark.REPLAYED]
    assert Incident.objects.filter(state__in=OPEN).count() == 1
    assert send(over, at=minutes(66)).status_code == 401


@pytest.mark.parametrize("odd", ["\x00", "\ud800"])
def test_odd_characters_are_never_a_500(odd: str) -> None:
    make_am(make_service("checkout", team=make_team(lead=make_user("Ana"))), kind="sns")
    for kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation", "Notification"):
        strange = {"TopicArn": TOPIC + odd, "SubscribeURL": CONFIRM + odd, "Type": kind}
        assert send(SUBSCRIBE | strange).status_code == 202


def test_what_was_given_up_is_asked_again_for_the_next_message() -> None:
    source = make_am(kind="sns")
    AmazonCall.objects.create(url=CERTIFICATE, source=source, tries=sns.MOST_TRIES, due_at=None)
    assert send(signed(PLAIN)).status_code == 202
    row = AmazonCall.objects.get()
    assert (row.due_at, row.tries) == (AT, 0)


def test_one_source_has_a_few_addresses_asked() -> None:
    make_am(kind="sns")
    for number in range(sns.MOST_OF_A_SOURCE + 5):
        url = CERTIFICATE.replace("0" * 32, f"{number:032x}")
        assert send(signed(PLAIN | {"SigningCertURL": url})).status_code == 202
    assert AmazonCall.objects.count() == sns.MOST_OF_A_SOURCE


def test_it_is_due_work() -> None:
    work = named("alerts.amazon")
    assert work is not None
    assert work.due(AT, 5) == []
