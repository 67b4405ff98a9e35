"""`./run fuzz [--seconds N] [PARSER ...]`: each parser in turn, and what was found."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from config.home import ROOT
from fuzz.seeds import seeds, words
from fuzz.targets import TARGETS

FOLDER = Path(ROOT) / "build" / "fuzz"
SLOW, MEMORY, LONGEST = 10, 2048, 64 * 1024
"""Seconds, MB and bytes of one input: what takes more is found too."""


def main(arguments: Sequence[str]) -> int:
    """0 when nothing was found."""
    reader = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    reader.add_argument("--seconds", type=int, default=60, help="for each parser (60)")
    reader.add_argument("parsers", nargs="*", metavar="PARSER", help=", ".join(TARGETS))
    asked = reader.parse_args(arguments)
    if unknown := sorted(set(asked.parsers) - TARGETS.keys()):
        reader.error(f"there is no parser {unknown[0]}: there are {', '.join(TARGETS)}")
    failed = [name for name in asked.parsers or TARGETS if fuzz(name, asked.seconds)]
    for name in failed:
        kept = [*(FOLDER / name).glob("found-*")] or [*(FOLDER / name).glob("*-*")]
        found = max(kept, key=lambda path: path.stat().st_mtime, default="no input was kept")
        print(f"{name}: {found} (what happened: build/fuzz/{name}.log)")
    if failed:
        print("Mend it, and keep the input as a case: copy it to tests/fixtures/fuzzed/PARSER/.")
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one parser for so long, from what was learned before; whether something was found."""
    corpus, begin = FOLDER / name / "corpus", FOLDER / name / "seeds"
    for folder in (corpus, begin):
        folder.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(seeds(name)):
        (begin / f"{number:04}").write_bytes(body)
    known = FOLDER / name / "words"
    known.write_text("".join(json.dumps(word) + "\n" for word in words()))
    options = [f"-max_total_time={seconds}", f"-timeout={SLOW}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}"]
    options += [f"-dict={known}", f"-artifact_prefix={FOLDER / name}/", str(corpus), str(begin)]
    log = FOLDER / f"{name}.log"
    with log.open("wb") as out:
        code = subprocess.call(
            [sys.executable, "-m", "fuzz.one", name, str(FOLDER / name), *options], cwd=ROOT, stdout=out, stderr=out
        )
    said = next((line for line in reversed(log.read_text(errors="replace").splitlines()) if "exec" in line), "")
    print(f"{name}: {'FOUND SOMETHING' if code else 'nothing found'}. {said.strip()}", flush=True)
    return bool(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
