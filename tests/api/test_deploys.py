"""Deploys by the API: told, listed, refused."""

from __future__ import annotations

from incidents.changes import Change
from tests.api.conftest import Script, World
from tests.factories import AT, make_service


def test_told_and_listed(world: World, ana: Script) -> None:
    body = {"title": "Deploy 1.2", "service": world.service.slug, "version": "1.2", "url": "https://ci.example/1"}
    made = ana.post("deploys/", body, expect=201)
    assert (made["title"], made["by"], made["at"]) == ("Deploy 1.2", "ana@example.com", "2026-11-21T02:04:00Z")
    assert made["links"] == [{"label": "Link", "url": "https://ci.example/1"}]
    ana.post("deploys/", {"title": "Switch", "at": "2026-11-21T01:00:00Z"}, expect=201)
    assert [one["title"] for one in ana.get("deploys/")["results"]] == ["Switch", "Deploy 1.2"]
    assert Change.objects.get(title="Deploy 1.2").at == AT


def test_refused(world: World, ana: Script) -> None:
    for bad in ({}, {"title": ""}, {"title": "x", "url": "javascript:x"}):
        assert ana.call("POST", "deploys/", bad).status_code == 400
    for broken in ({"service": "nobody"}, {"at": "9999-01-01T00:00:00Z"}):
        assert ana.call("POST", "deploys/", {"title": "x", **broken}).status_code == 422
    assert not Change.objects.exists()


def test_not_of_tomorrow_and_not_about_services_of_others(world: World, ana: Script) -> None:
    make_service("search")
    assert ana.call("POST", "deploys/", {"title": "x", "at": "2026-11-23T02:04:00Z"}).status_code == 422
    assert ana.call("POST", "deploys/", {"title": "x", "service": "search"}).status_code == 403
    assert not Change.objects.exists()
