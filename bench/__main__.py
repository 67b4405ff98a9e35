"""`./run bench [--quick] [--write] [--verbose] [FIGURE ...]`, or `newcomer`: measure, and print the table."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import (
    intake,
    look,
    machine,
    newcomer,
    offered,
    pages,
    paging,
    parsing,
    rosters,
    starting,
    stopped,
    storm,
    views,
)
from bench.doors import POSTMARK
from bench.figures import FULL, QUICK, Result, Scale, table
from bench.house import House, progress
from bench.places import PAGE_PLACES
from config.home import ROOT
from tests.fakes.smtp import MailServer
from tests.system import System

FIGURES = (
    "starting",
    "statements",
    "latency",
    "storm",
    "singles",
    "beside",
    "offered",
    "hundreds",
    "mass",
    "stopped",
    "parsing",
    "look",
    "rosters",
    "pages",
    "views",
)
NOTES = """\
- pgbench repeats every statement of one such POST, from BEGIN to COMMIT and the NOTIFY, with 8 clients over the same
  socket, in another database on the same server; the two are measured in turn.
- The dispatcher and the worker are stopped (SIGSTOP) where the table says so: that is the intake alone.
- POSTs are offered by one process over kept connections, a new one whenever all others wait for an answer, 900 at most: a
  connection that is refused, reset or silent for 30 s counts as broken. Each alert has a key of its own, and the keys that were
  answered 2xx are looked up in the database afterwards.
- Intake addresses are asked one after the other, each on a connection of its own, right after PostgreSQL was stopped.
- Reading is from bytes to alerts in one process without a database, bodies of 1000 alerts where the format has lists; "per alert
  and KB" is the time of the body divided by its KB, the best of five. It includes Python's own `json.loads`, shown beside it as
  the measure of the machine.
- A group is one delivery of an Alertmanager with new alerts of a new group, so it opens one incident.
- Handed over means that the mail server has the last byte of the page. Each page goes to another person by a schedule.
- Without a broker means that its socket is gone and its connections are ended; the stream of alerts is new groups of an
  Alertmanager. In the storm each alert opens an incident of its own, half of the services are critical, and times count from
  the answer to those alerts.
- Statements are counted in one process: the intake, the look at the incident, the sending. The dispatcher's own looks
  are the last lines of the table: each kind of due work once, with 50 rows due of each, however many are open.
- Pages are all those of `./run shots` and the lists of the API, as the demo's administrator, manager, engineer and a
  stranger. They are read in one process through the real middleware, templates and database, each as the median after a
  first look: the time is that of the server, without the network. The reference set is the demo with ten years of
  incidents before it, built by `./run manage reference`; the plain demo stands in another database on the same server.
  Statements may be two more than with the plain demo, for rows of a kind that it does not have. The time of a page is
  promised with 100000 incidents; `--incidents 1000000` measures with more.
- A first view is every byte that a browser with an empty cache gets from the address to the drawn page, headers included.
- Memory is what belongs to the processes alone plus their share of what they have in common (PSS).
"""
WRITTEN = ROOT / "docs" / "figures.md"


def measure(scale: Scale, wanted: Sequence[str] = FIGURES) -> Result:
    """Start a system of its own, measure what is wanted one after the other, and leave nothing behind."""
    total = Result()
    with contextlib.ExitStack() as stack:
        mails = stack.enter_context(MailServer())
        system = System(EMAIL_URL=mails.url, MAIL_PROVIDERS=f"postmark={POSTMARK}")
        stack.callback(system.__exit__, None, None, None)
        house = House(system)
        parts: dict[str, Callable[[House, Scale], Result]] = {
            "starting": starting.starting,
            "statements": paging.statements,
            "latency": lambda house, scale: paging.latency(house, mails, scale),
            "storm": lambda house, scale: storm.storm(house, mails, scale),
            "singles": intake.singles,
            "beside": intake.singles_beside_paging,
            "offered": offered.offered,
            "hundreds": intake.hundreds,
            "mass": intake.mass,
            "stopped": stopped.stopped,
            "parsing": parsing.parsing,
            "look": look.look,
            "rosters": rosters.rosters,
            "pages": pages.pages,
            "views": views.views,
        }
        if "starting" in wanted:
            _add(total, "starting", partial(starting.starting, house, scale))
        else:
            system.start()
        house.inside("world", str(PAGE_PLACES.stop))
        house.warm()
        for name in (name for name in FIGURES[1:] if name in wanted):
            _add(total, name, partial(parts[name], house, scale))
    return total


def _add(total: Result, name: str, part: Callable[[], Result]) -> None:
    with progress(name):
        result = part()
    total.rows += result.rows
    total.details += result.details


def report(total: Result, scale: Scale, load_before: str) -> str:
    """The table with what one must know to read it."""
    lines = [
        "# Figures",
        "",
        f"Measured on {machine.today()} by `./run bench`"
        + (f": medians of {scale.runs} runs (lowest to highest)." if scale.runs > 1 else ", once."),
        "The load is made, and the mail is taken, on the same machine.",
        "",
        f"- Machine: {machine.machine()}; load before: {load_before}; after: {machine.load()}",
        f"- Versions: {machine.versions()}",
        "",
        table(total.rows),
        "",
        "## How it is measured",
        "",
        NOTES,
    ]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Measure and print; 1 when a figure falls short of its target."""
    if words[:1] == ["newcomer"]:
        return newcomer.main(words[1:])
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure what was promised.")
    parser.add_argument("--quick", action="store_true", help="small and once: shows that it works, measures nothing")
    parser.add_argument("--write", action="store_true", help=f"keep the table as {WRITTEN.relative_to(ROOT)}")
    parser.add_argument("--verbose", action="store_true", help="print each statement and each kind of look as well")
    parser.add_argument(
        "--incidents",
        type=int,
        action="append",
        help="size of the reference set behind the figure pages, instead of 100000; given twice: both sizes",
    )
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"only these: {', '.join(FIGURES)}")
    options = parser.parse_args(words)
    if unknown := set(options.figures) - set(FIGURES):
        parser.error(f"there is no figure called {', '.join(sorted(unknown))}: choose from {', '.join(FIGURES)}")
    scale, before = (QUICK if options.quick else FULL), machine.load()
    if options.incidents:
        scale = replace(scale, history=tuple(options.incidents))
    total = measure(scale, options.figures or FIGURES)
    text = report(total, scale, before)
    print(text)
    if options.verbose:
        print("\n".join(total.details))
    if options.write:
        _write(WRITTEN, text)
    return 1 if any(row.good is False for row in total.rows) else 0


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
