"""`./run bench newcomer [--write]`: clone, start, and walk to the first own page, timed; the acts of the person counted.

The machine's seconds are measured. The person's are not: every act is taken to last `SECONDS_AN_ACT`.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from config.home import ROOT
from tests.browser.newcomer import Newcomer, walk
from tests.browser.visitor import Visitor, chromium
from tests.fakes.smtp import MailServer
from tests.system import System

SECONDS_AN_ACT = 10
PROMISED = 300
"""Seconds from clone to the first own page, human steps included."""
WRITTEN = ROOT / "docs" / "setting-up.md"
BEGIN, END = "<!-- acts -->\n", "<!-- /acts -->"


@dataclass(frozen=True)
class Told:
    """Stages with the machine's seconds, the acts with their screens, and the names of the screens."""

    took: dict[str, float]
    acts: list[tuple[str, str]]
    screens: list[str]
    complaints: list[str]


def measure() -> Told:
    """From a clone of what is committed, with the virtual environment that is here. Leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="sharp-end-newcomer-") as folder, MailServer() as mails:
        begun = time.monotonic()
        clone = Path(folder) / "sharp-end"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        took = {"clone": time.monotonic() - begun}
        Path(folder).chmod(0o711)
        (clone / ".venv").symlink_to(ROOT / ".venv")
        begun = time.monotonic()
        with System(root=clone, EMAIL_URL=mails.url) as system:
            took["first start until it answers"] = time.monotonic() - begun
            with chromium() as browser, Visitor(browser, system) as visitor:
                new = Newcomer(visitor.page)
                took |= walk(new, system, mails)
                return Told(took, new.acts, new.screens, visitor.complaints)


def acts_table(acts: Sequence[tuple[str, str]]) -> str:
    """The acts as the documents show them."""
    lines = ["| # | Where | Act |", "|---|---|---|"]
    lines += [f"| {number} | {where} | {act} |" for number, (where, act) in enumerate(acts, start=1)]
    return "\n".join(lines) + "\n"


def seconds_table(told: Told) -> str:
    """What the machine needs, and what a person does."""
    lines = ["| What | Seconds |", "|---|---|"]
    lines += [f"| {name} | {seconds:.1f} |" for name, seconds in told.took.items()]
    human = len(told.acts) * SECONDS_AN_ACT
    lines.append(f"| {len(told.acts)} acts of a person, {SECONDS_AN_ACT} s each (taken, not measured) | {human} |")
    whole = sum(told.took.values()) + human
    lines.append(f"| **all of it** (promised: {PROMISED}) | **{whole:.0f}** |")
    return "\n".join(lines) + "\n"


def text_of(told: Told) -> str:
    """What stands between the marks in the documents."""
    return (
        f"{acts_table(told.acts)}\nMeasured on {machine.today()} by `./run bench newcomer` ({machine.machine()}), with the "
        f"Python packages there; fetching them is the network's time.\n\n{seconds_table(told)}"
    )


def main(words: Sequence[str]) -> int:
    """Print, and with `--write` keep in docs/setting-up.md; 1 when it takes longer than promised."""
    told = measure()
    text = text_of(told)
    print(text)
    if "--write" in words:
        page = WRITTEN.read_text(encoding="utf-8")
        marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        WRITTEN.write_text(marked.sub(lambda _found: f"{BEGIN}{text}{END}", page), encoding="utf-8")
    whole = sum(told.took.values()) + len(told.acts) * SECONDS_AN_ACT
    return 1 if whole > PROMISED or told.complaints else 0
