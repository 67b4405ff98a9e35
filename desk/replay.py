"""The difference that other rules would have made to the last seven days, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts.replay import Replay


def seen_again(seen: Replay) -> dict[str, Any]:
    """What `desk/_replay.html` shows."""
    return {"replay": seen, "sentences": sentences(seen)}


def sentences(seen: Replay) -> list[str]:
    """One line for each sort of difference; a change of nothing says so."""
    if not seen.alerts:
        return [_("No alert of the last seven days can be tried: there is nothing to compare.")]
    counted = [
        (
            seen.elsewhere,
            ngettext("%d alert would page somebody else.", "%d alerts would page somebody else.", seen.elsewhere),
        ),
        (seen.nobody, ngettext("%d alert would page nobody.", "%d alerts would page nobody.", seen.nobody)),
        (seen.lost, ngettext("%d alert would not fire.", "%d alerts would not fire.", seen.lost)),
        (
            seen.found,
            ngettext("%d alert would fire that does not now.", "%d alerts would fire that do not now.", seen.found),
        ),
        (seen.service, ngettext("%d would go to another service.", "%d would go to another service.", seen.service)),
        (seen.severity, ngettext("%d would have another class.", "%d would have another class.", seen.severity)),
    ]
    found = [words % number for number, words in counted if number]
    before, after = seen.incidents
    if before != after:
        words = ngettext(
            "They would be %(n)d group instead of %(before)d.",
            "They would be %(n)d groups instead of %(before)d.",
            after,
        )
        found.append(words % {"n": after, "before": before})
    return found or [_("Nothing would have been different.")]
