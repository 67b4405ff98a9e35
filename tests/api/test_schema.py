"""The API describes itself, and does what it says."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.api.conftest import Script, World


def test_the_schema_is_whole_and_valid() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "/api/v1/incidents/{number}/acknowledge/" in out.getvalue()


@pytest.mark.usefixtures("world")
def test_who_holds_a_token_reads_the_schema(ana: Script) -> None:
    response = ana.client.get(
        "/api/v1/schema/",
        headers={"authorization": f"Bearer {ana.secret}", "accept": "application/vnd.oai.openapi+json"},
    )
    assert response.status_code == 200
    schema: dict[str, Any] = response.json()
    assert schema["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert Client().get("/api/v1/schema/").status_code == 401


def test_an_incident_has_the_documented_fields(world: World, ana: Script) -> None:
    schema: dict[str, Any] = ana.client.get(
        "/api/v1/schema/",
        headers={"authorization": f"Bearer {ana.secret}", "accept": "application/vnd.oai.openapi+json"},
    ).json()
    made = ana.post("incidents/", {"title": "Nobody can pay", "service": "checkout"}, expect=201)
    assert set(schema["components"]["schemas"]["IncidentShape"]["properties"]) == set(made)
