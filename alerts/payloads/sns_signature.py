"""Amazon's signature on an SNS message, versions 1 and 2, and which addresses are Amazon's. Pure.

Source: "Verifying the signatures of Amazon SNS messages" in Amazon's guide.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+){1,3}-\d\.amazonaws\.com(\.cn)?")
CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
LONGEST = 1000
SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
NOTIFICATION = "Notification"


def certificate_url(envelope: Mapping[str, object]) -> str:
    """Where the message says that its certificate is, "" when that is not Amazon's."""
    url = envelope.get("SigningCertURL") or envelope.get("SigningCertUrl")
    if not isinstance(url, str) or not _is_amazons(url):
        return ""
    parts = urlsplit(url)
    return url if CERTIFICATE.fullmatch(parts.path) and not (parts.query or "#" in url or "?" in url) else ""


def confirmation_url(envelope: Mapping[str, object]) -> str:
    """What confirms the subscription that the message speaks of, "" when that is not Amazon's."""
    url = envelope.get("SubscribeURL")
    if not isinstance(url, str) or not _is_amazons(url):
        return ""
    asked = parse_qs(urlsplit(url).query, max_num_fields=20) if url.count("&") < 20 else {}  # noqa: PLR2004
    return url if asked.get("Action") == ["ConfirmSubscription"] else ""


def is_signed(envelope: Mapping[str, object], certificate: str) -> bool:
    """Whether the key of `certificate` (PEM) signed this message. False for whatever cannot be read."""
    algorithm = hashes.SHA256() if envelope.get("SignatureVersion") == "2" else hashes.SHA1()  # noqa: S303 - theirs
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        signature = base64.b64decode(str(envelope.get("Signature", "")), validate=True)
    except (ValueError, binascii.Error):
        return False
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, _signed(envelope), PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _signed(envelope: Mapping[str, object]) -> bytes:
    """Name and value of each signed field, a line each, by name; a subject only when there is one."""
    plain = envelope.get("Type") == NOTIFICATION
    names = [name for name in SIGNED if not (plain and name in ("SubscribeURL", "Token"))]
    names = [name for name in names if name != "Subject" or (plain and envelope.get(name) is not None)]
    return "".join(f"{name}\n{envelope.get(name, '')}\n" for name in names).encode(errors="replace")


def _is_amazons(url: str) -> bool:
    if not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        plain = parts.port is None and parts.username is None
    except ValueError:
        return False
    return len(url) <= LONGEST and parts.scheme == "https" and plain and bool(HOST.fullmatch(parts.netloc))
