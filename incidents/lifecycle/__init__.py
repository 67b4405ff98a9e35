"""The only writer of an incident's state. Each door locks the incident row first, checks, stamps, and tells the story.

`incidents` knows nothing of paging: it sets `page_due_at` (when paging must look next) and `page_fence` (which grows when
earlier pages no longer count), and wakes whoever looks. Nothing here calls anybody.
"""

from __future__ import annotations

from incidents.lifecycle.beginning import Opening, open_many, open_one, rehearse
from incidents.lifecycle.changing import change_class, change_state, merge, retitle
from incidents.lifecycle.ending import cancel, close, mitigate, reopen, resolve
from incidents.lifecycle.holding import (
    acknowledge,
    acknowledge_at_sender,
    acknowledgement_expired,
    escalate,
    hand_over,
    hold,
    let_go_at_sender,
    page_again,
    quiet_until,
    silence,
    unacknowledge,
)
from incidents.lifecycle.row import (
    CLOCKS,
    PAGING,
    QUIET_CRITICAL,
    QUIET_OTHERS,
    clocks_looked,
    end_impact,
    end_quiet,
    impact_of,
    look_at_clocks,
    next_look,
    page_left,
    reacted,
    save,
    waits,
)

__all__ = [
    "CLOCKS",
    "Opening",
    "PAGING",
    "QUIET_CRITICAL",
    "QUIET_OTHERS",
    "acknowledge",
    "acknowledge_at_sender",
    "acknowledgement_expired",
    "cancel",
    "change_class",
    "change_state",
    "clocks_looked",
    "close",
    "end_impact",
    "end_quiet",
    "escalate",
    "hand_over",
    "hold",
    "impact_of",
    "let_go_at_sender",
    "look_at_clocks",
    "merge",
    "mitigate",
    "next_look",
    "open_many",
    "open_one",
    "page_again",
    "page_left",
    "quiet_until",
    "reacted",
    "rehearse",
    "reopen",
    "resolve",
    "retitle",
    "save",
    "silence",
    "unacknowledge",
    "waits",
]
