"""What the schema promises, tried by a machine: any request that it allows, and many that it does not, is below 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from config.wsgi import application
from tests.api.conftest import World
from tests.factories import make_incident, make_token


@pytest.fixture
def same_connection() -> Iterator[None]:
    """Keep the connection that holds the test's transaction: a server drops it with each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


described = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
schema = schemathesis.openapi.from_dict(described)
schema.app = application
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schema.parametrize()
@FEW
def test_any_request(case: Any, world: World, same_connection: None) -> None:
    if "number" in case.path_parameters:  # an address that is made up answers 404 and tries nothing
        case.path_parameters["number"] = make_incident(service=world.service).number
    if "slug" in case.path_parameters:
        case.path_parameters["slug"] = "am" if "sources" in case.path else "payments-primary"
    secret = make_token(world.ada, scope="write")
    # The transport of the tests asks for packed answers, and does not unpack them.
    response = case.call(headers={"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"})
    checks: list[Any] = [not_a_server_error]
    if response.status_code < 300:
        checks.append(response_schema_conformance)
    case.validate_response(response, checks=checks)
