"""What rings for a person and when, and the ways that ring for no page because the rules were written before they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.ui.times import duration
from paging import methods, outbox
from paging.channels.known import available
from paging.models import ContactMethod, PersonalRule
from teams.models import Severity, User


def left_out(mine: Iterable[ContactMethod], rules: Sequence[PersonalRule]) -> list[ContactMethod]:
    """Those of a person's ways that could ring and that no rule of theirs names; none without any rules, for then all ring."""
    if not rules:
        return []
    named, kinds = {rule.method_id for rule in rules}, available()
    return [method for method in mine if method.usable and method.kind in kinds and method.pk not in named]


@transaction.atomic
def ring_too(user: User, method: ContactMethod) -> int:
    """Let this way ring at once for every class that has rules; returns how many rules were added. Raises NotAllowed."""
    classes = sorted(set(PersonalRule.objects.filter(user=user).values_list("severity", flat=True)))
    for severity in classes:
        methods.add_rule(user, severity=severity, method=method, after=timedelta())
    return len(classes)


def preview(whose: User, mine: list[ContactMethod]) -> list[dict[str, Any]]:
    """What would ring and when, by the pager's own plan."""
    by_key = {method.pk: method for method in mine}
    return [
        {
            "label": label,
            "lines": [
                (_("at once") if not ring.after else _("after %s") % duration(ring.after))
                + f": {by_key[ring.method_id]}"
                for ring in outbox.ways_of([whose.pk], name)[whose.pk]
            ],
        }
        for name, label in Severity.choices
    ]
