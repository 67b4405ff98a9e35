"""The holes that the other tools leave open: who owns which write, who knows whom, and how large a file may grow."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField

from tests.code import FRAMEWORKS, ROOT, called, chain, docstrings, imported, linter, nodes, pure, ranks, sources, tree

LIFECYCLE = [f"incidents/lifecycle/{name}.py" for name in ("row", "beginning", "holding", "changing", "ending")]
STATE_WRITERS = {
    *LIFECYCLE,
    "incidents/declaring.py",
    "provisioning/demo/history.py",  # it writes what is over, in bulk, into an installation that is empty
    "desk/style.py",  # samples that are never stored
}
WRITERS = [
    *LIFECYCLE,
    "incidents/declaring.py",
    "incidents/command.py",
    "incidents/alerts_end.py",
    "alerts/intake.py",
    "alerts/silencing.py",
    "oncall/writers.py",
    "paging/answers.py",
    "paging/asking.py",
    "paging/delivery.py",
    "paging/escalation.py",
    "paging/outbox.py",
    "status/publishing.py",
    "status/writers.py",
    "postmortems/blocked.py",
    "postmortems/deadline_acts.py",
    "postmortems/doors.py",
    "postmortems/draft.py",
    "postmortems/item_door.py",
    "postmortems/items.py",
    "postmortems/lifecycle.py",
    "postmortems/publication.py",
    "postmortems/reminders.py",
    "postmortems/writing.py",
    "review/payroll.py",
]
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "services", "managers", "shared", "base_utils"}
# `desk/services.py` shows the pages of services: the thing, not the habit.
NAMED_AFTER_A_THING = {"desk/services.py"}
SENDS_A_TASK = {"delay", "delay_on_commit", "apply_async", "send_task", "apply_async_on_commit"}
DATABASE_CLOCK = re.compile(r"\b(now\(\)|clock_timestamp\(|current_timestamp\b|statement_timestamp\()", re.IGNORECASE)
MAY_ASK_THE_DATABASE_FOR_THE_TIME = {"foundation/health.py"}  # it compares both clocks
LONGEST_FILE, LONGEST_FUNCTION = 300, 40  # lines
# Grown beyond the limit, each with the reason why it is still one piece.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS = {"alerts/payloads/reading.py:read_json": "the hooks of one decoder share what they found"}
# Plain functions of Django that need neither settings nor a database; the contract of import-linter allows not even these.
WORTH_KNOWING = ("django.core.exceptions", "django.core.validators", "django.utils.translation")
WORKPLACE = re.compile("/" + "work/|/" + "root/")
TEXT = {".py", ".html", ".txt", ".js", ".css", ".md", ".toml", ".yaml", ".yml", ".in", ".svg", ".json", ""}
NOT_OURS = {".venv", ".git", "var", "build", "node_modules", ".hypothesis", "__pycache__", "staticfiles"}


def test_every_room_is_installed_and_held_to_the_contracts() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert rooms == set(settings.ROOMS)
    assert rooms <= set(settings.INSTALLED_APPS)
    assert rooms <= set(linter()["root_packages"])
    assert rooms == set(ranks())


def test_foreign_keys_point_downwards() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        here = model._meta.app_label
        if here not in ranks():
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey | ManyToManyField):
                continue
            there = field.related_model._meta.app_label
            if there in ranks() and there != here and ranks()[there] >= ranks()[here]:
                wrong.append(f"{model._meta.label}.{field.name} -> {there}")
    assert wrong == []


def _writes_state(path: str) -> list[int]:
    """Lines that set the state of something that is, by its name or its room, an incident."""
    lines = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one for target in targets for one in getattr(target, "elts", [target])]
            lines += [node.lineno for one in names if _is_state_of_incident(one, path)]
        elif isinstance(node, ast.Call):
            sets = any(keyword.arg == "state" for keyword in node.keywords)
            if sets and (called(node) == "Incident" or (called(node) == "update" and "Incident" in chain(node))):
                lines.append(node.lineno)
            if called(node) == "setattr" and ast.unparse(node.args[1]) == "'state'":
                lines.append(node.lineno)
    return lines


def _is_state_of_incident(target: ast.AST, path: str) -> bool:
    if not isinstance(target, ast.Attribute) or target.attr != "state":
        return False
    return path.startswith("incidents/") or any("incident" in name.lower() for name in chain(target.value))


def test_only_the_lifecycle_writes_the_state_of_an_incident() -> None:
    found = {f"{path}:{line}" for path in sources() if path not in STATE_WRITERS for line in _writes_state(path)}
    assert found == set()
    assert all(_writes_state(path) for path in LIFECYCLE if "holding" not in path)  # else this test sees nothing


def test_pure_rules_know_no_framework() -> None:
    wrong = [
        f"{path}: {name}"
        for path in pure()
        for name in imported(path)
        if name.split(".")[0] in FRAMEWORKS and not name.startswith(WORTH_KNOWING)
    ]
    assert wrong == []
    assert len(pure()) > 10  # else this test sees nothing


@pytest.mark.parametrize("path", WRITERS)
def test_writers_know_no_requests(path: str) -> None:
    forbidden = (
        "django.http",
        "django.shortcuts",
        "django.contrib.messages",
        "rest_framework",
        "django.views",
        "django.urls",
    )
    assert [name for name in imported(path) if name.startswith(forbidden)] == []


def test_no_signals_and_no_receivers() -> None:
    def heard(name: str) -> bool:
        ours = name.startswith("celery.signals")  # a worker's start has no other door
        return not ours and (name.startswith("django.dispatch") or "signals" in name.split("."))

    assert [f"{path}: {name}" for path in sources() for name in imported(path) if heard(name)] == []


def test_no_file_is_named_after_nothing() -> None:
    assert [path for path in sources() if Path(path).stem in VAGUE and path not in NAMED_AFTER_A_THING] == []
    tests = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")]
    assert [path for path in tests if Path(path).stem in VAGUE] == []


def test_work_reaches_celery_through_the_dispatcher_only_and_never_by_a_clock_of_celery() -> None:
    wrong = []
    for path in sources():
        for call in nodes(path, ast.Call):
            if called(call) in SENDS_A_TASK and not path.startswith("foundation/dispatch/"):
                wrong.append(f"{path}:{call.lineno} hands over by itself")
            if {keyword.arg for keyword in call.keywords} & {"eta", "countdown"}:
                wrong.append(f"{path}:{call.lineno} waits inside the broker")
    assert wrong == []


def test_psycopg_3_is_not_there() -> None:
    assert importlib.util.find_spec("psycopg") is None


def test_the_application_has_one_clock() -> None:
    wrong = []
    for path in sources():
        told = docstrings(path)
        for text in nodes(path, ast.Constant):
            if isinstance(text.value, str) and text not in told and DATABASE_CLOCK.search(text.value):
                wrong.append(f"{path}:{text.lineno} asks the database for the time")
        for call in nodes(path, ast.Call):
            if chain(call.func)[-2:] in (
                ["date", "today"],
                ["datetime", "now"],
                ["datetime", "today"],
                ["time", "time"],
            ):
                wrong.append(f"{path}:{call.lineno} has a clock of its own")
    assert [one for one in wrong if one.split(":")[0] not in MAY_ASK_THE_DATABASE_FOR_THE_TIME] == []


# A lease is taken and a provider called at instants that lie apart, so these two read the clock between.
@pytest.mark.parametrize("path", sorted({*WRITERS, *pure()} - {"paging/delivery.py"}))
def test_rules_and_writers_are_told_the_time(path: str) -> None:
    asked = [call.lineno for call in nodes(path, ast.Call) if chain(call.func)[-2:] == ["timezone", "now"]]
    assert asked == []


def test_files_and_functions_stay_small() -> None:
    files = {path: len(text.splitlines()) for path, text in sources().items()}
    functions = {
        f"{path}:{one.name}": (one.end_lineno or one.lineno) - one.lineno + 1
        for path in sources()
        for one in nodes(path, ast.FunctionDef)
    }
    long = {path for path, lines in files.items() if lines > LONGEST_FILE}
    assert long == set(LONG_FILES), "split it, or say in LONG_FILES why it is one piece; take out what has shrunk"
    assert {name for name, lines in functions.items() if lines > LONGEST_FUNCTION} == set(LONG_FUNCTIONS)


def test_no_word_of_the_place_where_it_was_written() -> None:
    found = []
    for path in ROOT.rglob("*"):
        here = path.relative_to(ROOT)
        if (
            not path.is_file()
            or path.suffix not in TEXT
            or NOT_OURS & set(here.parts)
            or here.parts[0].endswith("_cache")
        ):
            continue
        if WORKPLACE.search(path.read_text(errors="replace")):
            found.append(str(here))
    assert found == []


def test_tests_replace_nothing_of_ours() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if re.search(r"^\s*(from|import) (unittest\.)?mock\b|mocker\b", path.read_text(), re.MULTILINE)
    ]
    assert [path for path in found if path != Path(__file__).relative_to(ROOT).as_posix()] == []
