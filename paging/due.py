"""Due work of this room: looks at incidents, deliveries, leases that ran out, news and notices."""

from __future__ import annotations

from datetime import timedelta

from foundation.dispatch.periodic import periodic
from foundation.dispatch.registry import Work, register
from incidents.lifecycle import PAGING
from paging import (
    audit,
    delivery,
    edits,
    escalation,
    gap_words,
    handovers,
    heartbeat,
    notices,
    receipts,
    team_words,
    weekly,
)
from paging.outbox import SENDING
from paging.slack import channels

register(
    Work(
        PAGING,
        "page",
        due=escalation.due,
        run=escalation.escalate_one,
        oldest=escalation.oldest,
        late_after=timedelta(seconds=30),
        failed=escalation.put_aside,
    )
)
register(
    Work(
        SENDING,
        "page",
        due=delivery.due,
        run=delivery.send_one,
        oldest=delivery.oldest,
        late_after=timedelta(seconds=60),
    )
)
register(Work("leases", "page", due=delivery.leases_over, run=delivery.recover))
register(Work("receipts", "callback", due=receipts.due, run=receipts.missed))
register(Work("announcing", "default", due=notices.to_announce, run=notices.announce))
register(Work("notices", "default", due=notices.due, run=notices.send_one, outside=True))
register(Work("edits", "default", due=edits.due, run=edits.edit_one, outside=True))
register(Work("incident channels", "default", due=channels.due, run=channels.look, outside=True))
register(Work("team words", "default", due=team_words.due, run=team_words.tell_one))
register(Work("weekly tests", "default", due=weekly.due, run=weekly.run))
periodic("paging.weekly", weekly.PLANNED_EVERY, weekly.plan)
periodic("paging.handovers", handovers.EVERY, handovers.tell)
periodic("paging.gaps", gap_words.EVERY, gap_words.tell)
periodic("paging.audit", audit.EVERY, audit.audit)
periodic("paging.heartbeat", heartbeat.EVERY, heartbeat.beat)
