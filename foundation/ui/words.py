"""The word and the picture of each class and state: never a colour alone."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNDO = "undo:"
"""A message whose extra tags begin so can be taken back: what does it follows, as JSON: token, until (an instant), means."""

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
    "proposed": (_("proposed"), "circle-dashed"),
    "in_progress": (_("in progress"), "wrench"),
    "blocked": (_("cannot go on"), "ban"),
    "done": (_("done"), "check"),
    "declined": (_("declined"), "x"),
    "risk_accepted": (_("risk accepted"), "triangle-alert"),
    "superseded": (_("superseded"), "merge"),
}


ROLES: dict[str, str | Promise] = {
    "facilitator": _("leads"),
    "point_of_contact": _("speaks for us"),
    "scribe": _("writes it down"),
    "guide": _("guides"),
    "observer": _("watches"),
    "responder": _("helps"),
}
"""What somebody with a role does, to be said behind their name."""

NOT_SENT: dict[str, str | Promise] = {
    "answered": _("somebody had it already"),
    "over": _("it was over"),
    "silenced": _("it was quiet"),
    "person_inactive": _("no longer here"),
    "method_unusable": _("this way was switched off"),
    "anew": _("paging had started again"),
    "throttled": _("waits for its turn: it rang too often"),
}
"""Why a page was not sent any more, to be said behind it."""

# What was corrected, as the story says it.
FIELDS: dict[str, str | Promise] = {
    "title": _("the title"),
    "impact_started_at": _("when customers began to feel it"),
    "detected_at": _("when we noticed"),
    "declared_at": _("when it was declared"),
    "first_page_at": _("when the first page left"),
    "acked_at": _("when it was acknowledged"),
    "reacted_at": _("when somebody first acted"),
    "mitigated_at": _("when customers no longer felt it"),
    "resolved_at": _("when the response was over"),
    "closed_at": _("when it was closed"),
    "postmortem": _("what the postmortem must say"),
    "internal_deadline": _("the deadline of the postmortem"),
    "public_deadline": _("the deadline of the public postmortem"),
}
DONE: dict[tuple[str, str], str | Promise] = {
    ("postmortem", "filed"): _("filed the postmortem"),
    ("public_postmortem", "published"): _("published the postmortem"),
    ("public_postmortem", "unpublished"): _("took the public postmortem back"),
}


def edited(field: str, new: str) -> str:
    """What somebody did to a field: "corrected the title", "filed the postmortem"."""
    if found := DONE.get((field, new)):
        return str(found)
    if field.endswith("_deadline") and new.startswith("waived"):
        return str(_("waived %s")) % FIELDS.get(field, field)
    return str(_("corrected %s")) % FIELDS.get(field, field.replace("_", " "))


# What each kind of line in an incident's story looks like.
STORY: dict[str, str] = {
    "opened": "flag",
    "declared": "siren",
    "alert": "bell-ring",
    "alert_resolved": "bell-off",
    "acknowledged": "hand",
    "unacknowledged": "undo-2",
    "ack_expired": "timer",
    "handed_over": "arrow-right",
    "state": "activity",
    "mitigated": "wrench",
    "resolved": "circle-check",
    "reopened": "rotate-ccw",
    "cancelled": "ban",
    "closed": "archive",
    "merged": "merge",
    "class": "layers",
    "edited": "pencil",
    "impact": "users",
    "note": "message-square",
    "role": "circle-user-round",
    "pulled_in": "user-plus",
    "escalate": "siren",
    "paged": "phone",
    "not_paged": "bell-off",
    "sent": "send",
    "not_sent": "circle-alert",
    "exhausted": "triangle-alert",
    "quiet": "moon",
}


def story_icon(kind: str) -> str:
    """The icon of a kind of timeline entry."""
    return STORY.get(kind, "circle-dashed")


def state(name: str) -> tuple[str, str]:
    """Word and icon of a state. A state without a word of its own shows its name."""
    word, icon = STATES.get(name, (name.replace("_", " "), "circle-dashed"))
    return str(word), icon
