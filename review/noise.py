"""The noise of a week, read from incidents, episodes and pages; and the one door of what is decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from alerts.models import Episode
from incidents.metrics import Window
from incidents.models import Incident, IncidentQuerySet, Kind, NotAllowed, TimelineEntry
from oncall.interruptions import Hours, Part, part_of
from paging.models import Page
from review.collect import COUNTED
from review.noise_rows import NoiseDecision
from review.noise_rules import Case, Noise, Rule, count
from teams.models import User
from teams.setup import one_at_a_time

NO_ACTS = (Kind.ACKNOWLEDGED, Kind.UNACKNOWLEDGED, Kind.QUIET)
LONGEST_NAME = 300


def noise_of(window: Window, reader: User) -> list[Noise]:
    """Each rule whose alerts opened an incident in `window` that `reader` may see, without drills, cancelled and merged ones."""
    seen = IncidentQuerySet(Incident).visible_to(reader)
    counted = seen.filter(COUNTED, detected_at__gte=window.start, detected_at__lt=window.end)
    rows = list(counted.order_by("pk"))
    ids = [one.pk for one in rows]
    firsts = Episode.objects.filter(incident__in=ids).order_by("incident_id", "opened_at", "pk").distinct("incident_id")
    rules = {one.incident_id: _rule(one) for one in firsts.select_related("alert", "incident")}
    beginnings, pages = _beginnings(ids), _pages(ids)
    acts = TimelineEntry.objects.filter(incident__in=ids, by__isnull=False).exclude(kind__in=NO_ACTS)
    acted = set(acts.values_list("incident", flat=True))
    return count(
        Case(
            rules[one.pk],
            *pages.get(one.pk, (0, 0)),
            acked=one.acked_at is not None,
            acted=one.pk in acted,
            by_itself=one.resolved_at is not None and one.stamp_sources.get("resolved_at") != "human",
            lasted=one.resolved_at - one.detected_at if one.resolved_at else None,
            beginnings=beginnings.get(one.pk, 1),
        )
        for one in rows
        if one.pk in rules
    )


def _rule(episode: Episode) -> Rule:
    """By the name of the alert, else by its title; an incident counts for the rule that opened it."""
    alert, incident = episode.alert, episode.incident
    name = str(alert.labels.get("alertname") or alert)[:LONGEST_NAME]
    return Rule(alert.source_id, incident.service_id if incident else None, name)


def _beginnings(ids: Iterable[int]) -> dict[int, int]:
    """How often the alert that began most often in each incident did."""
    found: dict[int, int] = {}
    rows = Episode.objects.filter(incident__in=ids).order_by().values_list("incident", "alert").annotate(n=Count("pk"))
    for incident, _alert, number in rows:
        found[incident] = max(found.get(incident, 0), number)
    return found


def _pages(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many pages each incident sent, and how many of them outside working hours of whom they went to."""
    hours, every, off = Hours(*settings.ONCALL_HOURS), Counter[int](), Counter[int]()
    rows = Page.objects.filter(incident__in=ids).values_list("incident", "created_at", "person__timezone")
    for incident, at, zone in rows:
        every[incident] += 1
        off[incident] += part_of(at, zone, hours) != Part.WORK
    return {pk: (number, off[pk]) for pk, number in every.items()}


@transaction.atomic
def decide(rule: Rule, *, week: str, verdict: str, because: str, by: User, at: datetime) -> NoiseDecision:
    """Write down what becomes of a rule; the same word twice is one. Raises NotAllowed without a reason."""
    if not because.strip():
        raise NotAllowed(_("Say what was changed, or why it stays."), fields={"because": [_("This is empty.")]})
    one_at_a_time(NoiseDecision)
    said = {"verdict": verdict, "because": because.strip()[:500], "by": by}
    about = {"source_id": rule.source, "service_id": rule.service, "rule": rule.name, "week": week}
    last = NoiseDecision.objects.filter(**about).first()
    if last and (last.verdict, last.because, last.by_id) == (verdict, said["because"], by.pk):
        return last
    return NoiseDecision.objects.create(**about, **said, at=at)


def decided(weeks: Iterable[str]) -> dict[tuple[str, Rule], NoiseDecision]:
    """The last word of each of `weeks` about each rule."""
    rows = NoiseDecision.objects.filter(week__in=list(weeks)).select_related("by", "source", "service").order_by("pk")
    return {(one.week, Rule(one.source_id, one.service_id, one.rule)): one for one in rows}
