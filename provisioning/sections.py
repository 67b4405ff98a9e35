"""Pure: what the organisation's file may say, section by section. The words are the surface that users rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from alerts.beats import CRON_LENGTH, LONGEST, SHORTEST
from alerts.kinds import KINDS
from alerts.models import Source
from oncall.limits import MOST_ACKNOWLEDGEMENTS, MOST_REPEATS, SHORTEST_WAIT
from oncall.models import EscalationStep
from paging.models import ContactMethod
from provisioning.day_kinds import Day, Region
from provisioning.kinds import Choice, Duration, Email, Number, Slug, Text, Truth, Whole, Zone
from provisioning.mappings import SenderMapping
from provisioning.rate_card import RATE_CARD
from provisioning.roster_records import ABSENCE, AGREEMENT, COVER, LAYER, NAME, OVERRIDE, TRAINING, USER
from provisioning.shape import ORGANISATIONS_ZONE, Field, List, Map, Match, Record, Refers, Target
from teams.models import Membership, Role, Service, Severity
from teams.setup import RESERVED

CLASS = Choice("a class", tuple(Severity.values))
RULE_CLASSES = Choice("a class", (*Severity.values, "default"))
SLUG = Field(Slug(), required=True)
METHODS = tuple(kind for kind in ContactMethod.Kind.values if kind != ContactMethod.Kind.WEBPUSH)
"""Kinds of methods that a file may name: a push is a subscription that one browser made, so it belongs to no file."""
TEAM, SERVICE, POLICY, SOURCE = (Refers(kind) for kind in ("team", "service", "policy", "source"))
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Section:
    """A section: its records, and the key (or keys) that tells them apart (None: their order does)."""

    record: Record
    identity: str | tuple[str, ...] | None = "slug"
    is_list: bool = True
    kind: str = ""

    @property
    def noun(self) -> str:
        """One record, without an article: "service"."""
        return self.record.noun.partition(" ")[2]

    def name_of(self, entry: Mapping[str, Any]) -> str | None:
        """What tells `entry` apart; None: its order does."""
        keys = (self.identity,) if isinstance(self.identity, str) else self.identity
        return " ".join(str(entry[key]) for key in keys) if keys else None


METHOD = Record(
    "a method",
    {
        "kind": Field(Choice("a kind of method", METHODS), required=True),
        "address": Field(Text(most=500, least=1), required=True),
        "verified": Field(Truth(), default=False),
    },
)
RULE = Record(
    "a rule",
    {"via": Field(Slug(most=60), required=True), "after": Field(Duration(), default=timedelta(0), always=True)},
)
STEP = Record(
    "a step",
    {
        "wait": Field(Duration(least=SHORTEST_WAIT), required=True),
        "notify": Field(List(Target(roles=True), "somebody to notify", least=1), required=True),
        "during": Field(Choice("when a step is taken", tuple(EscalationStep.During.values)), default="always"),
    },
)
PLAYBOOK = Record(
    "a playbook",
    {"title": NAME, "match": Field(Match(), default={}), "body": Field(Text(most=100_000, lines=True), default="")},
)
CLASS_FROM = Record(
    "a class rule",
    {
        "label": NAME,
        "map": Field(Map(Text(), CLASS), default={}),
        "default": Field(CLASS, default=""),
    },
)
WHO_WHAT_WHEN = ("person", "for", "on")

SECTIONS = {
    "organisation": Section(
        Record("an organisation", {"name": Field(Text(), kept=True), "timezone": Field(Zone(), kept=True)}),
        identity=None,
        is_list=False,
    ),
    "users": Section(
        Record(
            "a user",
            {
                "email": Field(Email(), required=True),
                "name": Field(Text(), kept=True, default=""),
                "timezone": Field(Zone(), kept=True, default=ORGANISATIONS_ZONE),
                "role": Field(Choice("a role", tuple(Role.values)), kept=True, default="responder", always=True),
                "active": Field(Truth(), default=True),
                "region": Field(Region(), kept=True, default=""),
                "first_day": Field(Day(), kept=True),
                "last_day": Field(Day(), kept=True),
                "absences": Field(List(ABSENCE, "an absence"), kept=True, default=[]),
                "methods": Field(Map(Slug(most=60), METHOD), kept=True, default={}),
                "rules": Field(Map(RULE_CLASSES, List(RULE, "a rule")), kept=True, default={}),
            },
        ),
        identity="email",
        kind="user",
    ),
    "teams": Section(
        Record(
            "a team",
            {
                "slug": SLUG,
                "name": NAME,
                "members": Field(
                    Map(USER, Choice("a place in a team", tuple(Membership.Place.values))), kept=True, default={}
                ),
                "manager": Field(USER),
                "director": Field(USER),
            },
        ),
        kind="team",
    ),
    "areas": Section(
        Record(
            "an area",
            {
                "slug": SLUG,
                "name": NAME,
                "lead": Field(USER),
                "teams": Field(List(TEAM, "a team"), kept=True, default=[]),
            },
        ),
        kind="area",
    ),
    "schedules": Section(
        Record(
            "a schedule",
            {
                "slug": Field(Slug(reserved=RESERVED["schedule"]), required=True),
                "name": Field(Text(), default=""),
                "team": Field(TEAM, required=True),
                "timezone": Field(Zone(), kept=True, default=ORGANISATIONS_ZONE),
                "region": Field(Region(), kept=True, default=""),
                "swaps_need_approval": Field(Truth(), kept=True, default=False),
                "layers": Field(List(LAYER, "a layer"), kept=True, default=[]),
                "overrides": Field(List(OVERRIDE, "an override"), kept=True, default=[]),
                "covers": Field(List(COVER, "a cover"), kept=True, default=[]),
            },
        ),
        kind="schedule",
    ),
    "policies": Section(
        Record(
            "a policy",
            {
                "slug": SLUG,
                "name": Field(Text(), default=""),
                "team": Field(TEAM),
                "repeat": Field(Whole(0, MOST_REPEATS), default=0),
                "acknowledgements": Field(Whole(1, MOST_ACKNOWLEDGEMENTS), default=1),
                "steps": Field(List(STEP, "a step", least=1), required=True),
                "catch_all": Field(
                    List(Target(roles=True), "somebody who is paged when nobody else answers", least=1), required=True
                ),
            },
        ),
        kind="policy",
    ),
    "services": Section(
        Record(
            "a service",
            {
                "slug": Field(Slug(reserved=RESERVED["service"]), required=True),
                "name": NAME,
                "team": Field(TEAM, required=True),
                "policy": Field(POLICY, kept=True),
                "target": Field(Number(most=100, places=3)),
                "exposure_per_hour": Field(Number(most=999_999_999_999, places=2)),
                "demand": Field(Choice("a demand", tuple(Service.Demand.values)), default="medium"),
                "customer_facing": Field(Truth(), default=True),
                "default_class": Field(CLASS, default=""),
                "covered": Field(Choice("when it is covered", tuple(Service.Covered.values)), default="always"),
                "playbooks": Field(List(PLAYBOOK, "a playbook"), kept=True, default=[]),
            },
        ),
        kind="service",
    ),
    "sources": Section(
        Record(
            "a source",
            {
                "slug": SLUG,
                "name": Field(Text(), default=""),
                "kind": Field(Choice("a kind of source", tuple(sorted(KINDS))), required=True),
                "key": Field(Text(), kept=True),
                "key_hash": Field(Text(), kept=True),
                "more_key_hashes": Field(List(Text(), "a hash"), kept=True, default=[]),
                "service": Field(SERVICE),
                "grouping": Field(Choice("a grouping", tuple(Source.Grouping.values)), default="labels"),
                "group_by": Field(List(Text(least=1), "a label"), default=[]),
                "resolve_hold": Field(Duration()),
                "class_from": Field(CLASS_FROM),
                "mapping": Field(SenderMapping()),
                "reopen_window": Field(Duration()),
                "group_window": Field(Duration(), default=HALF_AN_HOUR),
                "reconcile_urls": Field(List(Text(least=1, most=500), "an address", most=5), default=[]),
                "watching": Field(Truth(), default=False),
            },
        ),
        kind="source",
    ),
    "heartbeats": Section(
        Record(
            "a heartbeat",
            {
                "slug": Field(Slug(reserved=RESERVED["heartbeat"]), required=True),
                "name": Field(Text(), default=""),
                "key": Field(Text(), kept=True),
                "key_hash": Field(Text(), kept=True),
                "more_key_hashes": Field(List(Text(), "a hash"), kept=True, default=[]),
                "service": Field(SERVICE),
                "source": Field(SOURCE),
                "match": Field(Match(), default={}),
                "period": Field(Duration(least=SHORTEST, most=LONGEST), default=timedelta(days=1)),
                "cron": Field(Text(most=CRON_LENGTH), default=""),
                "timezone": Field(Zone(), default="UTC"),
                "grace": Field(Duration(least=SHORTEST, most=LONGEST), default=timedelta(hours=1)),
            },
        ),
        kind="heartbeat",
    ),
    "routes": Section(
        Record(
            "a route",
            {
                "source": Field(SOURCE),
                "match": Field(Match(), default={}),
                "service": Field(SERVICE, required=True),
                "class": Field(CLASS, default=""),
                "playbook": Field(Text(least=1), default=""),
            },
        ),
        identity=None,
    ),
    "components": Section(
        Record(
            "a component",
            {
                "slug": SLUG,
                "name": NAME,
                "service": Field(SERVICE, required=True),
                "group": Field(Text(), default=""),
                "public": Field(Truth(), default=True),
            },
        ),
        kind="component",
    ),
    "training": Section(TRAINING, identity=WHO_WHAT_WHEN),
    "agreements": Section(AGREEMENT, identity=WHO_WHAT_WHEN),
    "rate_cards": Section(RATE_CARD, identity="starts"),
}
"""In the order in which they are applied and written: each refers only to what stands before it."""
KEYED = frozenset(("sources", "heartbeats"))
"""Sections whose records have keys, which are kept as hashes."""
