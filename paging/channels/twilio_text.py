"""A page in one text message: how long a text is on the air, and what is said first when there is little room. Pure.

A message takes 160 characters of the GSM alphabet (3GPP TS 23.038, 6.2.1), or 70 of UCS-2 when one character is not in it;
longer ones travel in parts of 153 or 67, and each part is paid for.
"""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Characters of the alphabet that take two places."""
SINGLE, PART = {True: 160, False: 70}, {True: 153, False: 67}
"""Places of a message that travels alone, and of a part of a longer one: in the GSM alphabet, and else."""
LONGEST = 1600
"""Characters that the provider takes in one message (error 21617 beyond)."""
ENOUGH = 24
"""Places for title and reason below which another part is worth its price."""
_TYPED = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "·": "-",
        "→": ">",
        "\u00a0": " ",
        "`": "'",
    }
)


def is_gsm(text: str) -> bool:
    """Whether every character is in the GSM alphabet."""
    return all(character in BASIC or character in EXTENDED for character in text)


def places(text: str) -> int:
    """Places that the text takes: septets of the GSM alphabet, else UTF-16 units."""
    return sum(_widths(text))


def _widths(text: str) -> list[int]:
    if is_gsm(text):
        return [2 if character in EXTENDED else 1 for character in text]
    return [2 if ord(character) > 0xFFFF else 1 for character in text]  # noqa: PLR2004 - a surrogate pair


def parts(text: str) -> int:
    """Messages that the text travels in; a character of two places is never cut in the middle."""
    gsm, count, used = is_gsm(text), 1, 0
    if places(text) <= SINGLE[gsm]:
        return 1
    for width in _widths(text):
        if used + width > PART[gsm]:
            count, used = count + 1, 0
        used += width
    return count


def capacity(count: int, *, gsm: bool) -> int:
    """Places of `count` parts."""
    return SINGLE[gsm] if count == 1 else count * PART[gsm]


def plain(text: str) -> str:
    """The same in the GSM alphabet as far as that keeps its meaning: typographic signs become typed ones, accents that the
    alphabet has not are left out, pictures go. What cannot be said so stays as it is."""
    kept = []
    for character in text.translate(_TYPED):
        if character in BASIC or character in EXTENDED:
            kept.append(character)
        elif (bare := unicodedata.normalize("NFKD", character)[:1]) in BASIC:
            kept.append(bare)
        elif unicodedata.category(character) not in {"So", "Sk", "Cf", "Mn", "Cn", "Co", "Cc"}:
            kept.append(character)
    return " ".join("".join(kept).split())


def cut(text: str, room: int) -> str:
    """The beginning of `text` in at most `room` places, with two dots where something is left out."""
    if places(text) <= room:
        return text
    while text and places(text) > room - 2:
        text = text[:-1]
    return f"{text.rstrip()}.." if text else ""


def fitted(head: str, title: str, why: str, tail: str) -> str:
    """`head`, then as much of title and reason as there is room for, then `tail` whole, in as few parts as that takes."""
    gsm = is_gsm(head + title + why + tail)
    fixed = len(head) + len(tail) if not gsm else places(head) + places(tail)
    count = 1
    while capacity(count, gsm=gsm) - fixed < min(ENOUGH, places(title)) and capacity(count + 1, gsm=gsm) < LONGEST:
        count += 1
    return f"{head}{_both(title, why, capacity(count, gsm=gsm) - fixed)}{tail}"[:LONGEST]


def _both(title: str, why: str, room: int) -> str:
    """Title and reason in `room` places: the reason gets what the title leaves, or a third when it leaves little."""
    whole = f"{title} ({why})" if why else title
    if places(whole) <= room:
        return whole
    for_why = max(room - places(title), room // 3) - 3
    if not why or for_why < ENOUGH // 3:
        return cut(title, room)
    said = cut(why, for_why)
    return f"{cut(title, room - places(said) - 3)} ({said})"
