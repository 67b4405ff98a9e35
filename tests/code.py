"""The application's own source, read as trees: what the architecture tests look at."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

Node = TypeVar("Node", bound=ast.AST)
ROOT = Path(settings.BASE_DIR)
FRAMEWORKS = {"django", "rest_framework", "celery", "kombu", "psycopg2", "allauth", "pghistory", "drf_spectacular"}


@cache
def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def linter() -> dict[str, Any]:
    """The settings of import-linter."""
    found: dict[str, Any] = project()["tool"]["importlinter"]
    return found


def contract(kind: str) -> dict[str, Any]:
    """The first contract of this type."""
    found: dict[str, Any] = next(one for one in linter()["contracts"] if one["type"] == kind)
    return found


@cache
def ranks() -> dict[str, int]:
    """Room -> height: 0 is the lowest. Rooms of one height may not know each other."""
    layers = contract("layers")["layers"]
    return {room.strip(): height for height, layer in enumerate(reversed(layers)) for room in layer.split("|")}


@cache
def sources() -> dict[str, str]:
    """Path below the root -> text, of every module of the rooms and of config; migrations are written by a program."""
    found = (path for room in ["config", *settings.ROOMS] for path in sorted((ROOT / room).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in found if "migrations" not in path.parts}


@cache
def tree(path: str) -> ast.Module:
    """A module as a tree."""
    return ast.parse(sources()[path])


def nodes(path: str, *kinds: type[Node]) -> Iterator[Node]:
    """Every node of these kinds in a module."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, kinds))


def imported(path: str) -> set[str]:
    """The dotted names that a module imports, wherever it does; `from a import b` counts as `a` and as `a.b`."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def called(call: ast.Call) -> str:
    """The last name of what is called: `delay` of `task.delay(1)`."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def chain(node: ast.AST) -> list[str]:
    """The names of `a.b(...).c` from its root: ["a", "b", "c"]."""
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    if isinstance(node, ast.Call):
        return chain(node.func)
    return [node.id] if isinstance(node, ast.Name) else []


def docstrings(path: str) -> set[ast.expr]:
    """The docstrings of a module, as nodes."""
    found = set()
    for node in ast.walk(tree(path)):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        if documented and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            found |= {first.value for first in node.body[:1] if isinstance(first, ast.Expr)}
    return found


def module_of(path: str) -> str:
    """`oncall.rotation` of `oncall/rotation.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def pure() -> frozenset[str]:
    """Modules that promise to know no framework: listed in the contract, or by the first word of their docstring."""
    listed = tuple(contract("forbidden")["source_modules"])
    say = {path for path in sources() if (ast.get_docstring(tree(path)) or "").startswith("Pure")}
    below = {path for path in sources() if any(f"{module_of(path)}.".startswith(f"{name}.") for name in listed)}
    return frozenset(say | below)
