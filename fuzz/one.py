"""`python -m fuzz.one PARSER FOLDER [libFuzzer's options]`: fuzz one parser until it fails or the time is over."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["alerts"]):
    from fuzz.targets import TARGETS

from fuzz.shapes import fed


def main() -> None:
    """Does not return: libFuzzer ends the process, with 0 unless something was found."""
    name, folder, *options = sys.argv[1:]

    def one(data: bytes) -> None:
        given = fed(name, data)
        try:
            TARGETS[name](given)
        except BaseException:  # what the parser was given, which is not always what the fuzzer keeps
            (Path(folder) / f"found-{hashlib.sha256(given).hexdigest()[:12]}").write_bytes(given)
            raise

    atheris.Setup([name, *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
