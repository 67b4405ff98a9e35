"""Nothing of ours reaches the public: a marker in every internal text of every model, everything published, all of it read.

Models and fields are found by introspection, so what is added tomorrow is covered by itself. `PUBLIC` is the whole list of
what people write for the public.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.test import Client

from foundation.wallclock import WallClockField
from incidents import lifecycle
from incidents.models import Incident
from postmortems.models import Postmortem, Remediation
from status import tree
from status.models import Component
from teams.models import Organisation
from tests.factories import AT, make_incident, make_user
from tests.furniture import furnish
from tests.status.publicity import HOUR, make_component, make_report, owe, say

PUBLIC = {
    "teams.Organisation.name",
    "status.Component.name",
    "status.Component.group",
    "status.Component.code",
    "status.PublicIncident.title",
    "status.PublicIncident.code",
    "status.PublicUpdate.body",
    "status.PublicUpdate.code",
    "postmortems.Postmortem.published_text",
    "postmortems.Remediation.title",  # of an item that is marked public, in a public postmortem
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField)
LETTERS = 7
"""The length of a marker."""
pytestmark = pytest.mark.django_db


@dataclass
class Canary:
    """Gives each place a marker of its own and remembers where it is."""

    places: dict[str, str] = field(default_factory=dict)

    def marker(self, place: str) -> str:
        """Seven letters that nothing else holds."""
        number, letters = len(self.places), ""
        for _place in range(3):
            number, digit = divmod(number, 26)
            letters += chr(ord("a") + digit)
        self.places[f"zqxj{letters}"] = place
        return f"zqxj{letters}"

    def found_in(self, text: str) -> set[str]:
        """The places whose words stand in `text`."""
        return {self.places[one.lower()] for one in re.findall(r"zqxj[a-z]{3}", text, re.IGNORECASE)}


def rooms() -> list[type[models.Model]]:
    """Every model that is ours, with what pghistory remembers of it."""
    return [model for model in apps.get_models() if model._meta.app_label in settings.ROOMS]


def texts(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    """Fields that hold words; a choice is a word of the program, and what is shorter than a marker holds none (EUR)."""
    for one in model._meta.concrete_fields:
        free = isinstance(one, TEXTS) and not one.choices and not isinstance(one, models.UUIDField)
        if free and (one.max_length or LETTERS) >= LETTERS:
            yield one


def value(one: models.Field[Any, Any], marker: str) -> Any:
    """The marker in the shape of the field."""
    if isinstance(one, models.JSONField):
        return {marker: [marker]}
    if isinstance(one, models.BinaryField):
        return marker.encode()
    if isinstance(one, ArrayField):
        return [marker]
    if isinstance(one, models.EmailField):
        return f"{marker}@example.com"
    return f"https://example.com/{marker}" if isinstance(one, models.URLField) else marker


def some(model: type[models.Model]) -> models.Model:
    """A row of `model`: one that is there, else one made of the first thing that fits each field."""
    there = model._default_manager.order_by("-pk").first()
    if there is not None:
        return there
    values: dict[str, Any] = {}
    for one in model._meta.concrete_fields:
        if one.primary_key and isinstance(one, models.AutoField):
            continue
        if isinstance(one, models.ForeignKey):
            values[one.name] = some(one.related_model)
        elif not one.has_default() and not one.null and not one.blank:
            values[one.name] = first(one)
    return model._default_manager.create(**values)


def lift_checks() -> None:
    """For this test alone a row may be nonsense: rules between fields must not keep a marker out."""
    for model in rooms():
        for rule in model._meta.constraints:
            if isinstance(rule, models.CheckConstraint):
                with connection.schema_editor() as editor:
                    editor.remove_constraint(model, rule)


def first(one: models.Field[Any, Any]) -> Any:
    """Something that fits."""
    if one.choices:
        return next(iter(dict(one.flatchoices)))
    instants = {models.DateTimeField: AT, models.DateField: AT.date(), WallClockField: AT.replace(tzinfo=None)}
    for kind, instant in instants.items():
        if isinstance(one, kind):
            return instant
    if isinstance(one, models.BooleanField):
        return True
    if isinstance(one, (models.IntegerField, models.FloatField, models.DecimalField)):
        return 1
    return value(one, "x")


def mark(canary: Canary) -> None:
    """Put a marker into every text of every row of every model, but for what is public."""
    for model in rooms():
        some(model)
        rules = [rule for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
        alone = {name for rule in rules for name in rule.fields}
        for one in texts(model):
            place = f"{model._meta.app_label}.{model.__name__}.{one.name}"
            if place in PUBLIC:
                continue
            rows = model._default_manager.all()
            if one.unique or one.name in alone:
                for pk in list(rows.values_list("pk", flat=True)):
                    rows.filter(pk=pk).update(**{one.name: value(one, canary.marker(place))})
            else:
                rows.update(**{one.name: value(one, canary.marker(place))})


@pytest.fixture
def canary() -> Canary:
    """A house with one of everything, each text marked, the public texts too (to see that the test sees)."""
    canary = Canary()
    lift_checks()
    furnish()
    word = canary.marker
    Organisation.objects.update_or_create(pk=1, defaults={"name": word("public: organisation")})
    ana = make_user("Ana")
    checkout = make_component(name=word("public: component"), group=word("public: group"))
    make_component("hidden", name=word("component not public"), group=word("group not public"), public=False)
    make_component("gone", name=word("component archived"), archived_at=AT)
    told = make_incident(service=checkout.service)
    say(told, title=word("public: title"), body=word("public: body"), by=ana, checkout="major_outage")
    lifecycle.resolve(told, at=AT + HOUR, by=ana)
    say(told, "resolved", title="", body=word("public: last word"), by=ana, at=AT + HOUR)
    report = make_report(told, word("public: postmortem"))
    Remediation.objects.create(postmortem=report, title=word("public: item"), public=True, created_at=AT)
    Remediation.objects.create(postmortem=report, title=word("item not public"), created_at=AT)
    make_incident("nobody told", restricted=True)
    Postmortem.objects.create(incident=make_incident(), created_at=AT, published_text=word("unpublished text"))
    owing = make_incident(service=checkout.service)
    say(owing, title=word("public: second title"), body=word("public: second body"))
    owed = owe(owing).postmortem
    Incident.objects.filter(pk=owing.pk).update(restricted=True)
    Remediation.objects.create(postmortem=owed, title=word("item of no report"), public=True, created_at=AT)
    with pgtrigger.ignore():
        mark(canary)
    return canary


def published() -> set[str]:
    """What a visitor gets, by following every link from the front page, headers included."""
    seen, todo, said = set(), ["/status/", "/api/v2/summary.json", "/api/v2/status.json", "/status/nothing/"], set()
    todo += ["/api/v2/components.json", "/api/v2/incidents.json", "/api/v2/incidents/unresolved.json"]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        response = Client().get(path)
        text = response.content.decode()
        said.add(f"{response.headers}{text}")
        base = path.rsplit("/", 1)[0]
        for link in re.findall(r'(?:href|"shortlink")[=:]"([^"#]+)', text):
            todo += [one for one in [resolved(base, link)] if one]
    assert len(seen) > 10
    return said


def resolved(base: str, link: str) -> str:
    """A link of the public page as a path; nothing for one that leads elsewhere."""
    if link.startswith("http://testserver/"):
        return link.removeprefix("http://testserver")
    if ":" in link:
        return ""
    parts = base.split("/")
    for part in link.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) if parts[-1] else "/".join(parts[:-1]) + "/"


def test_no_internal_word_is_public(canary: Canary, root: Path) -> None:
    tree.publish(AT + HOUR)
    files = [path.read_bytes() for path in root.rglob("*") if path.is_file()]
    told = [gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in files]
    everything = "\n".join(body.decode() for body in told) + "\n".join(published())
    found = canary.found_in(everything)
    assert {place for place in found if not place.startswith("public: ")} == set()
    assert {place for place in canary.places.values() if place.startswith("public: ")} == found


def test_the_canary_is_everywhere(canary: Canary) -> None:
    places = set(canary.places.values())
    for expected in (
        "incidents.Incident.title",
        "incidents.TimelineEntry.text",
        "incidents.TimelineEntry.data",
        "postmortems.Postmortem.summary",
        "postmortems.Postmortem.public_text",
        "postmortems.Answer.text",
        "postmortems.Clock.waiver_text",
        "teams.User.email",
        "teams.Service.name",
        "alerts.Alert.labels",
        "status.Component.slug",
        "status.ComponentEvent.name",
    ):
        assert expected in places
    assert Component.objects.filter(slug__startswith="zqxj").exists()
