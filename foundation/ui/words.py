"""The word and the picture of each class and state: never a colour alone."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CLASSES: dict[str, str | Promise] = {"critical": _("critical"), "major": _("major"), "standard": _("standard")}

# state: (word, icon). Incidents, alerts, deliveries and sources speak one language.
STATES: dict[str, tuple[str | Promise, str]] = {
    "triage": (_("triage"), "inbox"),
    "investigating": (_("investigating"), "search"),
    "mitigating": (_("mitigating"), "wrench"),
    "monitoring": (_("monitoring"), "activity"),
    "resolved": (_("resolved"), "circle-check"),
    "closed": (_("closed"), "archive"),
    "cancelled": (_("cancelled"), "ban"),
    "merged": (_("merged"), "merge"),
    "firing": (_("firing"), "bell-ring"),
    "silenced": (_("silenced"), "bell-off"),
    "queued": (_("queued"), "clock"),
    "sending": (_("sending"), "send"),
    "sent": (_("sent"), "send"),
    "delivered": (_("delivered"), "check"),
    "read": (_("seen"), "check"),
    "failed": (_("could not be delivered"), "circle-alert"),
    "unknown": (_("outcome unknown"), "circle-help"),
    "verified": (_("verified"), "circle-check"),
    "unverified": (_("not verified yet"), "circle-dashed"),
    "accepted": (_("accepted"), "check"),
    "rejected": (_("rejected"), "circle-alert"),
}


def state(name: str) -> tuple[str, str]:
    """Word and icon of a state. A state without a word of its own shows its name."""
    word, icon = STATES.get(name, (name.replace("_", " "), "circle-dashed"))
    return str(word), icon
