"""What cannot go on, for whoever gets the pager: it will ring for it again until somebody clears the way."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from postmortems.models import Remediation
from teams.models import Service

SHOWN = 10
"""Items told by name."""


def stuck_lines(services: Sequence[Service]) -> list[str]:
    """Blocked items of incidents of these services, and whose they are; those of restricted incidents are not told by mail."""
    blocked = Remediation.objects.filter(
        state=Remediation.State.BLOCKED,
        postmortem__incident__service__in=services,
        postmortem__incident__restricted=False,
    )
    found = list(blocked.select_related("owner").order_by("pk")[: SHOWN + 1])
    if not found:
        return []
    count = len(found) if len(found) <= SHOWN else blocked.count()
    said = [ngettext("%d repair cannot go on:", "%d repairs cannot go on:", count) % count]
    said += [f"- {one.title} ({one.owner.short_name if one.owner else _('nobody has it')})" for one in found[:SHOWN]]
    return [*said, _("and %d more.") % (count - SHOWN)] if count > SHOWN else said
