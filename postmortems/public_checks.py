"""Pure: what a text for customers must and must not hold (incident rules, section 5, public version)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from postmortems.requirements import Check, names_person

ENDINGS = "internal|intranet|intra|local|localdomain|localhost|lan|corp|private|svc|consul|home|test"
HOSTS = re.compile(
    rf"(?<![\w.@-])(?:[a-z0-9][a-z0-9_-]*\.)+(?:{ENDINGS})\b|\blocalhost\b|(?-i:\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+-\d{{1,4}}\b)"
    r"|\bip-\d+-\d+-\d+-\d+\b",
    re.IGNORECASE,
)
ADDRESSES = re.compile(
    r"(?<![\w.:])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d)|(?<![\w.:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])",
    re.IGNORECASE,
)
TICKETS = re.compile(r"\b(?!(?:UTF|SHA|ISO|TLS|HTTP|CVE|RFC|COVID|IPV|MD|AES|RSA)-)[A-Z][A-Z0-9]{1,9}-\d+\b")
DURATION = re.compile(
    r"\b(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|half)[\s\u00a0-]*"
    r"(?:h|hrs?|hours?|m|mins?|minutes?|seconds?|days?)\b",
    re.IGNORECASE,
)
FUNCTION = re.compile(
    r"\b(?:could not|couldn't|can't|cannot|unable|unavailable|not available|failed|failing|errors?|slow|slower|degraded"
    r"|interrupted|affected|outage|offline|rejected|delayed|missing|stopped working|did not work)\b",
    re.IGNORECASE,
)
NEXT = re.compile(
    r"\b(?:we will|we'll|we are going to|we plan|we have (?:added|changed|started|begun|already)|what we (?:do|are doing) next"
    r"|what we (?:do|change)|next steps?|from now on|to prevent)\b",
    re.IGNORECASE,
)
APOLOGY = re.compile(r"\b(?:sorry|apolog(?:y|ies|i[sz]e))\b", re.IGNORECASE)
EMPTY_APOLOGY = re.compile(
    r"\b(?:sorry|apolog(?:y|ies|i[sz]e))\b[^.!?]{0,30}\bany inconvenience\b[^.!?]*", re.IGNORECASE
)
CLOCK = re.compile(r"\b(?:[01]?\d|2[0-3]):[0-5]\d\b|\b(?:1[0-2]|[1-9])\s?[ap]m\b", re.IGNORECASE)
OTHER_ZONES = re.compile(r"\b(?:C?[EM]?EST|CES?T|BST|IST|[ECMP][SD]T|[ECMP]T|JST|AEST|AEDT|GMT)\b")


def checks(text: str, *, people: Collection[str], signed: bool) -> list[Check]:
    """The hard checks before publishing, in the order in which they are read. `people` are the names of staff."""
    honest = EMPTY_APOLOGY.sub("", text)
    return [
        Check("text", bool(text.strip()), _("Write what customers should know.")),
        Check("names", not names_person(text, people), _("Leave out names and e-mail addresses of staff.")),
        Check("hosts", not HOSTS.search(text), _found(_("Leave out internal host names"), HOSTS.findall(text))),
        Check("addresses", not private_addresses(text), _found(_("Leave out addresses"), private_addresses(text))),
        Check("tickets", not TICKETS.search(text), _found(_("Leave out ticket numbers"), TICKETS.findall(text))),
        Check("duration", bool(DURATION.search(text)), _("Say how long it lasted, e.g. “for 95 minutes”.")),
        Check("function", bool(FUNCTION.search(text)), _("Say what customers could not do.")),
        Check("next", bool(NEXT.search(text)), _("Say what you do next: “we will …”.")),
        Check(
            "apology",
            bool(APOLOGY.search(honest)),
            _("Apologise in plain words; “for any inconvenience” is not an apology."),
        ),
        Check("utc", _is_utc(text), _("Give times in UTC and say so.")),
        Check("signed", signed, _("The point of contact must sign it off.")),
    ]


def _found(sentence: str, found: Iterable[str]) -> str:
    named = ", ".join(dict.fromkeys(found))
    return f"{sentence}: {named[:200]}." if named else f"{sentence}."


def _is_utc(text: str) -> bool:
    """No clock time at all, or all of them in UTC."""
    return not CLOCK.search(text) or ("UTC" in text and not OTHER_ZONES.search(text))


def private_addresses(text: str) -> list[str]:
    """Addresses of machines that are nobody's business: private, loopback, link-local."""
    found = []
    for candidate in ADDRESSES.findall(text):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        if address.is_private or address.is_loopback or address.is_link_local:
            found.append(candidate)
    return found
