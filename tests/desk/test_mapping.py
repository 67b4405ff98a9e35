"""The mapping of a source: seen against its last bodies before it is saved, and only saved when it works."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from alerts.models import Body, Source
from alerts.payloads.mapping import compile_mapping
from alerts.payloads.presets import NAMES, written
from desk.mapping_form import MappingForm, fields_of
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_source

pytestmark = pytest.mark.django_db
PAGE = "/services/sources/ci/mapping/"
SignIn = Callable[[User], Client]
TYPED = {
    "title": "job.name\nwhat",
    "title_join": ": ",
    "dedup_key": "job.id",
    "status": "result",
    "status_words": "broken = firing\nfine = resolved",
    "labels": "branch = job.branch",
    "labels_from": "tags",
    "links": "Job = url",
    "when": "job.id = *",
}
SAID = {
    "title": {"paths": ["job.name", "what"], "join": ": "},
    "dedup_key": ["job.id"],
    "status": {"paths": ["result"], "words": {"broken": "firing", "fine": "resolved"}},
    "labels": {"branch": "job.branch"},
    "labels_from": ["tags"],
    "links": {"Job": "url"},
    "when": {"job.id": "*"},
}
CAME = {"job": {"id": 7, "name": "Nightly", "branch": "main"}, "what": "it broke", "result": "broken", "odd key": "x"}


@pytest.fixture
def ci(world: World) -> Source:
    """A generic source of payments that heard one body."""
    source = make_source("ci", kind="generic", service=world.service, key="a-long-enough-key-0002")
    content = json.dumps(CAME).encode()
    Body.objects.create(source=source, received_at=AT, digest="x", content=content, size=len(content), accepted=1)
    return source


def test_preview_then_save(world: World, mia: User, sign_in: SignIn, ci: Source, now: object) -> None:
    browser = sign_in(mia)
    seen = browser.post(PAGE, TYPED | {"act": "preview"})
    (one,) = seen.context["seen"]
    ((alert, word),) = one.said
    assert (alert.title, alert.dedup_key, alert.labels, str(word)) == (
        "Nightly: it broke",
        "7",
        {"branch": "main"},
        "fires",
    )
    assert ("job.id", "7") in one.places
    assert ('["odd key"]', "x") in one.places
    ci.refresh_from_db()
    assert ci.mapping == {}
    saved = browser.post(PAGE, TYPED | {"act": "save"})
    assert (saved.status_code, saved["Location"]) == (303, "/services/sources/ci/")
    ci.refresh_from_db()
    assert ci.mapping == SAID
    assert browser.get(PAGE).context["form"].initial["title"] == "job.name\nwhat"
    response = Client().post("/api/in/generic/a-long-enough-key-0002", json.dumps(CAME), "application/json")
    assert response.json()["incidents"]
    browser.post(PAGE, {"act": "remove"})
    ci.refresh_from_db()
    assert ci.mapping == {}


def test_the_live_preview_is_a_part(mia: User, sign_in: SignIn, ci: Source, now: object) -> None:
    response = sign_in(mia).post(PAGE, TYPED, headers={"HX-Request": "true"})
    assert b"Nightly: it broke" in response.content
    assert b"<html" not in response.content


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "required"),
        ({"title": "a[["}, "not a path"),
        ({"status_words": "broken"}, "is not a line"),
        ({"status_words": "broken = asleep"}, "is no state"),
        ({"title_match": "("}, "RE2"),
        ({"labels": "x = {"}, "JSON"),
        ({"title": "{1"}, "JSON"),
        ({"title": "a\x00b"}, "control character"),
        ({"labels": "x = {" + "[" * 5000}, "JSON"),
    ],
)
def test_what_does_not_work_is_not_saved(
    mia: User, sign_in: SignIn, ci: Source, now: object, typed: dict[str, str], sentence: str
) -> None:
    response = sign_in(mia).post(PAGE, TYPED | typed | {"act": "save"})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    ci.refresh_from_db()
    assert ci.mapping == {}


@pytest.mark.parametrize(("name", "place"), [(name, n) for name in sorted(NAMES) for n in range(len(written(name)))])
def test_every_preset_can_be_begun_with(name: str, place: int) -> None:
    shape = {key: said for key, said in written(name)[place].items() if key != "name"}
    form = MappingForm(fields_of(shape))
    assert form.is_valid(), form.errors
    assert compile_mapping(form.cleaned_data["mapping"]) == compile_mapping(shape)


def test_who_may(world: World, mia: User, sign_in: SignIn, ci: Source, now: object) -> None:
    for user, status in ((mia, 200), (world.ada, 200), (world.ana, 403), (world.olga, 403)):
        assert sign_in(user).get(PAGE).status_code == status
        assert sign_in(user).post(PAGE, TYPED).status_code == status
    assert sign_in(mia).get(f"{PAGE}?from=datadog:0").context["form"].initial["status_words"]
    for odd in ("x", "datadog:9", "datadog:-1", "../../etc:0", "%00:0", "datadog:١"):
        assert sign_in(mia).get(f"{PAGE}?from={odd}").status_code == 200


def test_not_for_every_kind_and_not_over_the_file(
    world: World, mia: User, sign_in: SignIn, ci: Source, now: object
) -> None:
    make_source("am", service=world.service)
    assert sign_in(mia).get("/services/sources/am/mapping/").status_code == 404
    Source.objects.filter(pk=ci.pk).update(from_file=True)
    assert sign_in(mia).get(PAGE).status_code == 200
    assert sign_in(mia).post(PAGE, TYPED | {"act": "save"}).status_code == 422
    ci.refresh_from_db()
    assert ci.mapping == {}


def test_bodies_that_cannot_be_shown(mia: User, sign_in: SignIn, ci: Source, now: object) -> None:
    for content in (b"{", b"", b"x" * 70_000, b"[1, []]", b'"text"'):
        Body.objects.create(source=ci, received_at=AT, digest="y", content=content, size=1)
        assert sign_in(mia).post(PAGE, TYPED).status_code == 200


def test_a_signing_secret_is_kept_and_never_shown(mia: User, sign_in: SignIn, ci: Source, now: object) -> None:
    def save(**more: Any) -> Any:
        form = browser.get("/setup/source/ci/").context
        typed = {"name": "ci", "kind": "generic", "service": "checkout", "grouping": "labels", "was": form["was"]}
        typed["service"] = ci.service.slug if ci.service else ""
        response = browser.post("/setup/source/ci/", typed | {"classes-count": "0"} | more)
        ci.refresh_from_db()
        return response

    browser = sign_in(mia)
    assert save(signing_secret="s3cret-of-theirs", unsigned="on").status_code == 303
    assert ci.signing_secret == "s3cret-of-theirs"
    for path in ("/setup/source/ci/", "/services/sources/ci/", "/setup/"):
        assert b"s3cret" not in browser.get(path).content
    save()
    assert ci.signing_secret == "s3cret-of-theirs"
    for broken in ("whsec_", "whsec_\u00e9"):
        refused = save(signing_secret=broken)
        assert (refused.status_code, ci.signing_secret) == (422, "s3cret-of-theirs")
        assert "in base64" in refused.content.decode()
    save(unsigned="on")
    assert ci.signing_secret == ""


def test_the_last_seven_days_are_read_with_it(ci: Source, sign_in: SignIn, mia: User, now: object) -> None:
    typed = {**TYPED, "status_words": "broken = resolved", "act": "look"}
    text = sign_in(mia).post(PAGE, typed).content.decode()
    assert "1 alert would not fire." in text
    ci.refresh_from_db()
    assert ci.mapping == {}
