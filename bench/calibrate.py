"""The calibration: pgbench with the very SQL that one POST of one new alert runs."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from config.engines import find_postgres

TOKEN = "q7token"
FIRST_ID = 7_000_000_000
"""The captured incident's number: one that is found again in the SQL that follows its INSERT."""
HASH = re.compile(r"""(?<=['"])([0-9a-f]{64})(?=['"])""")
RANDOM_DIGITS = 15


def script_of(statements: list[str], *, keep: str) -> str:
    """A pgbench script: the captured statements with whatever was unique to the request drawn anew each time.

    Unique are the alert's name (`TOKEN`), its hashes but for `keep` (the hash of the sender's key), the advisory lock that
    is made of the group's hash, and the incident's id, which is taken from the INSERT's own answer.
    """
    lines = [
        f"\\set r random({10 ** (RANDOM_DIGITS - 1)}, {10**RANDOM_DIGITS - 1})",
        "\\set lock random(1, 1000000000000000000)",
    ]
    locks = {str(int(found[:15], 16)) for sql in statements for found in HASH.findall(sql)}
    for sql in statements:
        line = " ".join(sql.split()).rstrip(";").replace(TOKEN, ":r").replace(str(FIRST_ID), ":incident_id")
        for lock in locks:
            line = line.replace(lock, ":lock")
        line = HASH.sub(lambda hit: hit[0] if hit[0] == keep else f":r-{hit[0][RANDOM_DIGITS + 1 :]}", line)
        opens = "INSERT INTO incidents_incident" in line
        lines.append(f"{line} \\gset incident_" if opens else f"{line};")
    return "\n".join(lines) + "\n"


def tps(url: str, script: str, *, clients: int = 8, seconds: int = 5) -> float:
    """Transactions per second that pgbench reaches with this script. Raises RuntimeError with what it said when it fails."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        words = [str(Path(find_postgres(os.environ)) / "pgbench"), "-n", "-f", file.name, "-c", str(clients)]
        words += ["-j", "2", "-T", str(seconds), "-h", host, "-U", parts.username or "", parts.path.lstrip("/")]
        environment = {**os.environ, "PGPASSWORD": parts.password or ""}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    failed = re.search(r"number of failed transactions: ([1-9]\d*)", done.stdout)
    if done.returncode or not found or failed:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])
