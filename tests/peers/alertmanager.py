"""A real Alertmanager on loopback, for tests that ask it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.peers import peer
from tests.system import free_port

CONFIG = """\
route: {receiver: sharp-end, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 4h,
        routes: [{matchers: [team="others"], receiver: others}]}
receivers: [{name: sharp-end}, {name: others}]
"""
INHIBITING = CONFIG + (
    "inhibit_rules: [{source_matchers: [alertname=SiteDown], target_matchers: [alertname=Slow], equal: [site]}]\n"
)


class Alertmanager:
    """One that tells nobody, so that a test decides what was heard."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "alertmanager.log").open("wb")
        self.start(config)

    def start(self, config: str = CONFIG) -> None:
        """Start it, with whatever it has stored."""
        (self.folder / "alertmanager.yml").write_text(config)
        words = [peer("prometheus-alertmanager"), f"--config.file={self.folder}/alertmanager.yml"]
        words += [f"--storage.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([*words, "--cluster.listen-address="], stdout=self.log, stderr=self.log)
        self.until(lambda: self.get("status")["uptime"])

    def reload(self, config: str) -> None:
        """Read another configuration without a restart."""
        (self.folder / "alertmanager.yml").write_text(config)
        self.process.send_signal(signal.SIGHUP)
        self.until(lambda: "inhibit_rules" in self.get("status")["config"]["original"])

    def stop(self) -> None:
        """End it; what it has stored stays."""
        self.process.terminate()
        self.process.wait(20)

    def get(self, path: str) -> Any:
        """Ask it."""
        with urllib.request.urlopen(f"{self.url}/api/v2/{path}", timeout=5) as answer:
            return json.load(answer)

    def post(self, path: str, content: Any) -> Any:
        """Tell it."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v2/{path}", json.dumps(content).encode(), headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.loads(answer.read() or b"null")

    def delete(self, path: str) -> None:
        """End something there."""
        request = urllib.request.Request(f"{self.url}/api/v2/{path}", method="DELETE")
        urllib.request.urlopen(request, timeout=5).close()

    def until(self, holds: Any) -> Any:
        """Wait for what must come, for at most ten seconds."""
        for _try in range(100):
            try:
                if found := holds():
                    return found
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("that did not come")
