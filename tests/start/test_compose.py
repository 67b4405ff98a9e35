"""The container files cannot be run here; their shape can be checked."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml

from config.environment import KNOWN
from config.home import ROOT
from paging.channels.known import MEDIA

CHATS = ("slack", "telegram", "matrix")
"""Roles that connect to a chat from here."""
CHECK = {
    "type": "object",
    "required": ["test", "interval", "timeout", "retries"],
    "properties": {
        "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
        "interval": {"type": "string", "pattern": r"^\d+s$"},
        "timeout": {"type": "string", "pattern": r"^\d+s$"},
        "start_period": {"type": "string", "pattern": r"^\d+s$"},
        "retries": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}
SERVICE = {
    "type": "object",
    "required": ["image", "command", "restart"],
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z/-]+:[\w.-]+$"},
        "build": {"const": "."},
        "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "restart": {"enum": ["unless-stopped", "no"]},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "secrets": {"type": "array", "items": {"enum": ["secret_key", "database_url", "postgres_password"]}},
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^(state|database|queue):/"}},
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:"}},
        "profiles": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "read_only": {"type": "boolean"},
        "tmpfs": {"type": "array"},
        "cap_drop": {"const": ["ALL"]},
        "security_opt": {"const": ["no-new-privileges:true"]},
        "shm_size": {"type": "string"},
        "stop_grace_period": {"type": "string", "pattern": r"^\d+s$"},
        "healthcheck": CHECK,
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
            },
        },
    },
    "additionalProperties": False,
}
COMPOSE = {
    "type": "object",
    "required": ["services", "volumes", "secrets"],
    "properties": {
        "services": {
            "type": "object",
            "required": ["web", "worker", "dispatch", "migrate", "slack", "telegram", "matrix", "postgres", "valkey"],
            "additionalProperties": SERVICE,
        },
        "volumes": {"type": "object"},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": {"type": "string"},
            },
        },
    },
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
}


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def test_shape(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, COMPOSE)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", ["web", "worker", "dispatch", "postgres", "valkey"])
def test_whatever_keeps_running_has_a_health_check(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]


def test_roles_wait_for_the_tables_and_name_only_settings_that_exist(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "dispatch", *CHATS):
        service = compose["services"][name]
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert service["command"][0] == name
        assert {variable.removesuffix("_FILE") for variable in service["environment"]} <= set(KNOWN)
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_is_a_role_that_starts_when_it_is_asked_for(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["profiles"] == [name]
    assert service["restart"] == "unless-stopped"
    assert (ROOT / "paging" / "management" / "commands" / f"{name}.py").exists()


def test_every_role_knows_every_medium_whose_settings_the_environment_gives(compose: dict[str, Any]) -> None:
    needed = {setting for _path, settings in MEDIA.values() for setting in settings} - {"VAPID_PRIVATE_KEY"}
    for name in ("web", "worker", "dispatch", *CHATS):
        assert needed <= set(compose["services"][name]["environment"])


def test_volumes_are_declared(compose: dict[str, Any]) -> None:
    used = {
        volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"])


def test_image_is_debian_slim_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert all(re.fullmatch(r"python:3\.1[123]-slim-\w+", base) for base in bases)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in {"root", "0"}
    last_root_step = max(number for number, line in enumerate(lines) if line.startswith(("RUN ", "COPY ")))
    assert lines.index(f"USER {users[-1]}") > last_root_step


def test_image_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text
    assert "requirements/runtime.txt" in text


def test_no_requirements_file_holds_an_address_to_download_from() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert len(re.findall(r"^[\w.-]+(\[[\w,]+\])?==", text, re.MULTILINE)) > 1
        assert "--hash=sha256:" in text
