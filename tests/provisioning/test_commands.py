"""The commands: what they print, where, and with which exit code."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config import environment
from provisioning.management.commands.config import rows_of
from teams.models import User
from tests.provisioning.organisations import CONTRACT


def said(*words: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def org(tmp_path: Path) -> Path:
    """The documented example as a file."""
    path = tmp_path / "org.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_plan_then_apply_then_nothing(org: Path) -> None:
    planned = said("apply", "--plan", str(org))
    assert planned.endswith("13 changes planned. Nothing was changed.\n")
    assert not User.objects.exists()
    applied = said("apply", str(org))
    assert applied.endswith("13 changes applied.\n")
    assert applied.splitlines()[:-1] == planned.splitlines()[:-1]
    assert said("apply", str(org)) == "Nothing to change.\n"


@pytest.mark.django_db
def test_a_refusal_names_file_and_line(org: Path) -> None:
    org.write_text(CONTRACT.replace("role: manager", "role: manger"), encoding="utf-8")
    with pytest.raises(CommandError) as refusal:
        said("apply", str(org))
    assert str(refusal.value) == (
        f"{org}:7: 'role' of a user: 'manger' is not a role. Did you mean 'manager'?\nNothing was changed."
    )
    assert not User.objects.exists()


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none.yaml cannot be read: No such file or directory."):
        said("apply", str(tmp_path / "none.yaml"))


@pytest.mark.django_db
def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CONTRACT.encode())))
    assert "13 changes applied." in said("apply", "-")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"uers: []")))
    with pytest.raises(CommandError, match="stdin:1: 'uers' is not a section. Did you mean 'users'?"):
        said("apply", "-")


@pytest.mark.django_db
def test_export_prints_the_file(org: Path, tmp_path: Path) -> None:
    said("apply", str(org))
    copy = tmp_path / "copy.yaml"
    copy.write_text(said("export"), encoding="utf-8")
    assert said("apply", str(copy)) == "Nothing to change.\n"


def test_config_prints_every_setting_and_no_secret() -> None:
    out = said("config")
    assert [line.split()[0] for line in out.splitlines()] == [setting.name for setting in environment.SETTINGS]
    assert settings.SECRET_KEY not in out
    assert environment.MASK in out
    assert ["SHARPEND_HOME", "environment", str(settings.SHARPEND_HOME)] in [line.split() for line in out.splitlines()]


def test_config_names_the_sources(tmp_path: Path, settings: pytest.FixtureRequest) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "SECRET_KEY").write_text("made\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "engines.json").write_text('{"REDIS_URL": "unix:///somewhere"}')
    (tmp_path / "run" / "sockets").write_text("/run/somewhere\n")
    (tmp_path / "token").write_text("1234")
    settings.SHARPEND_HOME = tmp_path  # type: ignore[attr-defined]
    given = {
        "SECRET_KEY": "made",  # handed down by ./run
        "VAPID_PRIVATE_KEY": "own",
        "TELEGRAM_TOKEN_FILE": str(tmp_path / "token"),
        "DATABASE_URL": "postgres://a:b@/c?host=/run/somewhere",
        "SHARPEND_URL": "https://pager.example.com",
    }
    rows = {name: (source, value) for name, source, value in rows_of(environment.read(given))}
    assert rows["SECRET_KEY"] == ("first start", environment.MASK)
    assert rows["VAPID_PRIVATE_KEY"] == ("environment", environment.MASK)
    assert rows["REDIS_URL"] == ("embedded", environment.MASK)
    assert rows["DATABASE_URL"] == ("embedded", environment.MASK)
    assert rows["TELEGRAM_TOKEN"] == ("file", environment.MASK)
    assert rows["SHARPEND_URL"] == ("environment", "https://pager.example.com")
    assert rows["EMAIL_URL"] == ("default", f"file://{tmp_path / 'mail'}")
