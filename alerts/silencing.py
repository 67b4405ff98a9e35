"""The doors of silences and maintenance windows: made, given another end, ended. Who may is asked before.

What is open and matches becomes quiet with them, through the incident's lifecycle, and loud again when they are ended.
Locks: the one of all writers here, for each reads the others to say what is quiet; the silence; incidents by number.
A delivery holds the silences that keep its alerts quiet (`hold`) until it has committed, so that their end finds what it
made quiet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from alerts.matching import compile_match
from alerts.models import Silence
from alerts.quieted import change_over, end_over, speak_after
from alerts.quieting import Cover, Quiet
from alerts.silence_rules import longest, refusals, wide
from foundation.dispatch.registry import Key
from incidents.models import NotAllowed
from teams.models import Service, User
from teams.setup import one_at_a_time


class SilenceOver(Exception):  # noqa: N818 - a state of the silence, and no error of the delivery
    """A silence that was read as live has been ended, or ends sooner: decide anew."""


def hold(quiets: Collection[Quiet]) -> None:
    """Keep the silences behind these from being ended until the transaction is over. Raises SilenceOver for a changed one.

    Called with the locks of alerts, before those of incidents.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted({one.silence for one in quiets})])
        ends = dict(cursor.fetchall())
    if any(one.silence not in ends or ends[one.silence] < one.until for one in quiets):
        raise SilenceOver


_HOLD = """
SELECT id, ends_at FROM alerts_silence
WHERE id = ANY(%s) AND removed_at IS NULL AND settled_at IS NULL ORDER BY id FOR SHARE
"""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be quiet. `all_of_it` says that a match that fits nearly everything is meant."""

    kind: str
    match: Mapping[str, object]
    services: Sequence[Service]
    starts_at: datetime
    ends_at: datetime
    reason: str
    all_of_it: bool = False

    @property
    def is_maintenance(self) -> bool:
        """Whether it is planned work on whole services."""
        return self.kind == Silence.Kind.MAINTENANCE

    def cover(self) -> Cover:
        """What it would cover, without being stored. Raises ValueError for a match that cannot be compiled."""
        silence = Silence(kind=self.kind, match=dict(self.match), ends_at=self.ends_at, reason=self.reason)
        return Cover(silence, compile_match(self.match), frozenset(one.pk for one in self.services))


@transaction.atomic
def make(wish: Wish, *, by: User, at: datetime) -> Silence:
    """A silence or maintenance window as wished; the same one twice is one. Raises NotAllowed with its fields."""
    check(wish, at)
    one_at_a_time(Silence)
    starts_at = max(wish.starts_at, at)
    twins = Silence.objects.filter(
        removed_at=None, kind=wish.kind, match=dict(wish.match), ends_at=wish.ends_at, reason=wish.reason.strip(), by=by
    )
    wanted = {service.pk for service in wish.services}
    for twin in twins.prefetch_related("services"):
        if {service.pk for service in twin.services.all()} == wanted and twin.starts_at <= starts_at:
            return twin
    made = Silence.objects.create(
        kind=wish.kind,
        match=dict(wish.match),
        starts_at=starts_at,
        ends_at=wish.ends_at,
        reason=wish.reason.strip(),
        by=by,
    )
    made.services.set(wish.services)
    if starts_at <= at:
        _begin(made, at)
    return made


def check(wish: Wish, at: datetime) -> None:
    """Raises NotAllowed (with fields) for what no silence may be: without a reason, too long, or too wide by accident."""
    wrong = _times_refused(wish.starts_at, wish.ends_at, at, maintenance=wish.is_maintenance)
    if not wish.reason.strip():
        wrong["reason"] = _("Say why: whoever is not paged will ask.")
    if wish.is_maintenance and not wish.services:
        wrong["services"] = _("Name at least one service that is worked on.")
    try:
        too_wide = wide(wish.match) and not wish.is_maintenance and not wish.all_of_it
    except ValueError as error:
        wrong["match"], too_wide = str(error), False
    if too_wide:
        wrong["all_of_it"] = _("This fits alerts with none of these labels too. Say that all of them are meant.")
    _refuse(wrong)


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        raise NotAllowed(" ".join(wrong.values()), fields={name: [words] for name, words in wrong.items()})


def _times_refused(starts_at: datetime, ends_at: datetime, at: datetime, *, maintenance: bool) -> dict[str, str]:
    hours = longest(maintenance=maintenance) // timedelta(hours=1)
    sentences = {
        "past": _("This is over already: what was loud stays loud."),
        "far": _("Plan it at most 90 days ahead."),
        "backwards": _("The end must come after the beginning."),
        "over": _("Choose an end that is still ahead."),
        "long": _("At most %d hours for one decision; it can be extended when they are nearly over.") % hours,
    }
    found = refusals(starts_at=starts_at, ends_at=ends_at, at=at, maintenance=maintenance)
    return {name: sentences[why] for name, why in found.items()}


@transaction.atomic
def move_end(silence: Silence, *, ends_at: datetime, at: datetime) -> Silence:
    """Let it end at another instant: a new decision, with the same limit from now on. Raises NotAllowed."""
    found = _still_there(silence, at)
    wrong = _times_refused(max(found.starts_at, at), ends_at, at, maintenance=found.is_maintenance)
    _refuse(wrong)
    if ends_at == found.ends_at:
        return found
    found.ends_at = ends_at
    found.save(update_fields=["ends_at"])
    if found.begun_at:
        change_over(found, at)
    return found


@transaction.atomic
def end(silence: Silence, *, by: User, at: datetime) -> Silence:
    """It is over now: what still fires and nothing else keeps quiet pages. Twice is once; too late is NotAllowed."""
    found = _locked(silence.pk)
    if found.removed_at:
        return found
    found = _still_there(silence, at)
    found.removed_at, found.removed_by, found.settled_at = at, by, at
    found.save(update_fields=["removed_at", "removed_by", "settled_at"])
    end_over(found, at)
    speak_after(found, at)
    return found


def _locked(pk: int) -> Silence:
    one_at_a_time(Silence)
    return Silence.objects.select_for_update(no_key=True).get(pk=pk)


def _still_there(silence: Silence, at: datetime) -> Silence:
    """The locked row. Raises NotAllowed once it is over."""
    found = _locked(silence.pk)
    if found.removed_at or found.ends_at <= at:
        raise NotAllowed(_("It is over already."), lost_race=True)
    return found


def _begin(silence: Silence, at: datetime) -> None:
    change_over(silence, at)
    silence.begun_at = at
    silence.save(update_fields=["begun_at"])


def due(at: datetime, limit: int) -> list[Key]:
    """Silences whose time has come, and those whose time is over."""
    come = Q(begun_at=None, removed_at=None, starts_at__lte=at, ends_at__gt=at)
    over = Q(ends_at__lte=at, settled_at=None)
    return list(Silence.objects.filter(come | over).order_by("pk").values_list("pk", flat=True)[:limit])


@transaction.atomic
def look(key: Key, at: datetime) -> bool:
    """Begin one that has come, or let speak what one kept quiet that is over; whether there was anything to do.

    One that a delivery holds at this moment is looked at again.
    """
    one_at_a_time(Silence)
    rows = Silence.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=key)
    found = rows.first()
    if found is None:
        return False
    if found.removed_at is None and found.begun_at is None and found.starts_at <= at < found.ends_at:
        _begin(found, at)
        return True
    if found.settled_at is None and found.ends_at <= at:
        found.settled_at = at
        found.save(update_fields=["settled_at"])
        speak_after(found, at)
        return True
    return False
