"""Commands are asked to end as Ctrl-C asks, by SIGTERM too, and they say how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.everyday import everyday
from tests.galleries import GalleryFolder, make_gallery

REPOSITORY = Path(__file__).parents[2]


class Running:
    """One `tracer` process."""

    def __init__(self, gallery: Path, *arguments: str, code: str = "") -> None:
        command = f"{code}\nfrom tracer.cli import main\nmain()"
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, *arguments],
            cwd=gallery,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ends(self) -> tuple[int, str]:
        said = self.process.communicate(timeout=20)
        return self.process.returncode, "".join(said)


# Work that says that it has begun, and that may take its time when it is asked to end.
SLOW = """
import time
import tracer.site.build
def build(*_, **__):
    try:
        print("begun")
        time.sleep(60)
    except KeyboardInterrupt:
        if {patient}:
            print("asked")
            time.sleep(60)
        raise
tracer.site.build.build = build
"""


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("command", ["build", "serve"])
def test_a_command_asked_to_end_says_how_to_go_on(
    gallery: GalleryFolder, command: str, number: int, status: int
) -> None:
    running = Running(gallery.root, command, code=SLOW.format(patient=False))
    assert running.line() == "begun", "a pipe gets each line when it ends"
    running.process.send_signal(number)
    found, said = running.ends()
    assert found == status
    assert said == "interrupted; what was finished stays, run the same command to go on\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_at_once(gallery: GalleryFolder, number: int) -> None:
    running = Running(gallery.root, "build", code=SLOW.format(patient=True))
    assert running.line() == "begun"
    running.process.send_signal(number)
    assert running.line() == "asked"
    began = time.monotonic()
    running.process.send_signal(number)
    found, said = running.ends()
    assert (found, said) == (128 + number, "")
    assert time.monotonic() - began < 5


def test_a_server_ends_well_when_asked(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "search: false\n")
    for number in (signal.SIGINT, signal.SIGTERM):
        running = Running(gallery.root, "serve")
        assert running.line().startswith("http://")
        time.sleep(0.5)
        running.process.send_signal(number)
        assert running.ends() == (0, "")


PLAIN_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "environment",
    everyday(
        [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"}, PLAIN_LOCALE],
        [PLAIN_LOCALE],
    ),
)
def test_any_code_page_shows_any_character(
    gallery: GalleryFolder, environment: dict[str, str]
) -> None:
    name = "Städte/日本"
    gallery.write("site_src/site.yaml", "search: false\n")
    gallery.write("site_src/pages/a.md", f"[a](../files/{name}.txt) → 日本")
    gallery.write(f"site_src/files/{name}.txt", "→")
    code = "from tracer.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    for command in (["build"], ["build", "--base-url", "→"], ["check"]):
        if command == ["check"]:  # a name that is no text in any encoding
            odd = os.fsencode(gallery.root) + b"/site_src/pages/\xff.md"
            Path(os.fsdecode(odd)).write_text("Odd.", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", code, *command],
            cwd=gallery.root,
            env=environment,
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode("latin-1")
        assert done.returncode == (command != ["build"])
        said = (done.stdout + done.stderr).decode("latin-1")
        assert command != ["check"] or "this name is not UTF-8" in said
    assert (gallery.root / "public" / "files" / f"{name}.txt").is_file()
