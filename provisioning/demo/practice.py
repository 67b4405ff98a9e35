"""Something to practise with: whoever presses "Page yourself" has its pager for a while, and its alert is their own."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.keys import make_key
from alerts.models import Source
from alerts.sample import PRACTICE
from oncall.models import Coverage, EscalationPolicy, EscalationStep, Layer, LayerMember, Schedule
from provisioning.demo import names
from provisioning.demo.house import House
from teams.models import Service, Severity

OWNER = "insights"
"""The team that keeps it, and has its pager while nobody practises."""
TO_ANSWER = 5 * 60
NINE = time(9)


def write(house: House) -> None:
    """A service with a schedule, a policy and a source of their own; nothing else of the demo is touched by practising."""
    team = house.teams[OWNER]
    seed = next(one for one in names.TEAMS if one.slug == OWNER)
    schedule = Schedule.objects.create(slug=PRACTICE, name="Practice", team=team, timezone=seed.zone)
    day = house.at.astimezone(ZoneInfo(seed.zone)).date()
    monday = datetime.combine(day - timedelta(days=day.weekday() + 7), NINE)
    layer = Layer.objects.create(schedule=schedule, position=0, name="weekly", starts=monday)
    staff = [house.people[name] for name in seed.people]
    LayerMember.objects.bulk_create(LayerMember(layer=layer, position=turn, user=one) for turn, one in enumerate(staff))
    last = [f"user:{house.leads[OWNER].email}"]
    policy = EscalationPolicy.objects.create(slug=PRACTICE, name="Practice", team=team, repeat=0, catch_all=last)
    EscalationStep.objects.create(policy=policy, position=0, wait=TO_ANSWER, notify=[f"schedule:{PRACTICE}"])
    service = Service.objects.create(
        slug=PRACTICE,
        name="Practice",
        team=team,
        customer_facing=False,
        demand=Service.Demand.LOW,
        default_class=Severity.CRITICAL,
    )
    Coverage.objects.create(service=service, policy=policy)
    source = Source.objects.create(
        slug=PRACTICE,
        name="Practice",
        kind="generic",
        service=service,
        grouping=Source.Grouping.NONE,
        resolve_hold=timedelta(0),
        reopen_window=timedelta(seconds=1),
    )
    make_key(source, at=house.born)
