"""`tracer serve` as a process of its own, as people run it."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TRACER = [sys.executable, "-c", "from tracer.cli import main; main()"]


@dataclass
class Served:
    """A running server; `get` sends the path as it is, which browsers would tidy first."""

    port: int
    process: subprocess.Popen[str]
    workbench: str = ""  # its link, for one browser

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def get(self, path: str, *, host: str | None = None) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.port}")
        connection.endheaders()
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read().decode()
        connection.close()
        return answer.status, headers, text

    def interrupt(self) -> int:
        """Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=15)


@contextlib.contextmanager
def served(root: Path, *options: str, workbench: bool = False) -> Iterator[Served]:
    """Serve a gallery on a free port until the block ends."""
    if "--watch" in options and not workbench:
        options = (*options, "--no-workbench")
    process = subprocess.Popen(
        [*TRACER, "serve", "--root", str(root), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        more = ""
        if workbench:
            lines = iter(process.stdout.readline, "")
            more = next(one.split()[0] for one in lines if "/workbench/#" in one)
        match = re.search(r"127\.0\.0\.1:(\d+)/", line)
        assert match, line + process.stdout.read()
        yield Served(int(match[1]), process, more)
    finally:
        process.kill()
        process.wait(timeout=15)
