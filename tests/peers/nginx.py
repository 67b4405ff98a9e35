"""Debian's nginx on loopback, with the configuration that we ship."""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType

from tests.peers import peer
from tests.system import ROOT, free_port

MAIN = """\
daemon off; master_process on; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; include {folder}/status.conf; location = /plain.html {{ alias {folder}/plain.html; }} }}
}}
"""


class Nginx:
    """`with Nginx(folder, tree) as nginx:` serves the public `tree` until the block ends."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.program, self.folder, self.port = peer("nginx"), folder, free_port()
        ours = (ROOT / "deploy" / "nginx" / "status.conf").read_text()
        example = "/var/lib/sharp-end-status/default;"
        assert ours.count(example) == 1
        (folder / "status.conf").write_text(ours.replace(example, f"{tree};"))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, port=self.port, user=user))

    def __enter__(self) -> Nginx:
        words = [self.program, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        self.process = subprocess.Popen([*words, "-e", str(self.folder / "error.log")])
        for _try in range(100):
            try:
                self.get("/status/")
            except OSError:
                time.sleep(0.05)
            else:
                return self
        self.__exit__(None, None, None)
        raise AssertionError((self.folder / "error.log").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(10)

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers (their names in lower case)."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            line.close()
