"""What a build reads lies in the gallery: links out of it, pipes and devices are one error each."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.galleries import GalleryFolder, make_gallery
from tracer.documents.enclosure import enclose_folder, open_regular
from tracer.documents.files import read_bytes
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check

SECRET = "the build host's own"
FILES = [
    "site_src/site.yaml",
    "site_src/prompts.yaml",
    "site_src/pages/leak.md",
    "site_src/write-ups/france-paris.md",
    "site_src/annotations/france-paris.yaml",
    "site_src/comparisons/france-paris--other.md",
    "site_src/labels/leak.yaml",
    "site_src/files/leak.txt",
    "graphs/france-paris/2.json",
    "graphs/france-paris/1.evidence.json",
    "graphs/leak/1.json",
    "features/leak/0_1.json",
    "templates/base.html",
    "assets/styles/leak.css",
]
FOLDERS = [
    "site_src/pages",
    "site_src/comparisons",
    "site_src/files",
    "graphs/leak",
    "features",
    "features/leak",
    "templates",
    "assets",
]


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    found = make_gallery(tmp_path / "gallery")
    found.write("graphs/other/1.json", (found.root / "graphs/france-paris/1.json").read_text())
    return found


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    file = tmp_path / "outside" / "secret"
    file.parent.mkdir()
    file.write_text(SECRET, encoding="utf-8")
    return file


def refused(gallery: GalleryFolder) -> str:
    """What a build says; the site is not there, and check finds the same."""
    with pytest.raises(TracerError) as caught:
        build(gallery.root, gallery.root / "public")
    assert not (gallery.root / "public").exists()
    said = str(caught.value)
    try:
        found = "\n".join(str(one.problem) for one in check(gallery.root) if one.level == "error")
    except TracerError as error:
        found = str(error)
    assert said.split("; ")[0] in found
    return said


@pytest.mark.parametrize("name", FILES)
def test_no_link_to_a_file_leads_out(gallery: GalleryFolder, outside: Path, name: str) -> None:
    link = gallery.root / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    said = refused(gallery)
    assert said.startswith(str(link)) and "\n" not in said
    assert SECRET not in said


@pytest.mark.parametrize("name", FOLDERS)
def test_no_link_to_a_folder_leads_out(gallery: GalleryFolder, outside: Path, name: str) -> None:
    link = gallery.root / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside.parent)
    said = refused(gallery)
    assert said.startswith(str(link)) and "outside" in said and "\n" not in said


def test_the_environment_of_the_build_host_stays_there(gallery: GalleryFolder) -> None:
    environment = Path("/proc/self/environ")
    if not environment.exists():
        pytest.skip("there is no /proc here")
    link = gallery.write("site_src/pages/a.md", "").parent / "leak.md"
    link.symlink_to(environment)
    assert "leads from here to /proc/" in refused(gallery)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket must be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _nowhere(path: Path) -> None:
    path.symlink_to("gone")


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


ODD: dict[str, Callable[[Path], object]] = {
    "a named pipe": _pipe,
    "a socket": _socket,
    "a folder": Path.mkdir,
    "a device": _device,
    "too many levels": _loop,
    "leads nowhere": _nowhere,
    "1,099,511,627,776 bytes": _sparse,
}


@pytest.mark.parametrize("said", ODD)
@pytest.mark.parametrize("name", [*FILES[1:3], *FILES[8:10], FILES[11]])
def test_what_is_no_file_is_one_error(gallery: GalleryFolder, name: str, said: str) -> None:
    file = gallery.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    ODD[said](file)
    found = refused(gallery)
    assert found.startswith(str(file)) and said.lower() in found.lower()
    assert "\n" not in found


@pytest.mark.parametrize("make", [_pipe, _socket, _loop, _nowhere])
def test_what_is_no_file_is_not_published(gallery: GalleryFolder, make: Any) -> None:
    file = gallery.write("site_src/files/read.txt", "a").parent / "leak.txt"
    make(file)
    assert refused(gallery).startswith(str(file))


def test_links_within_the_gallery_are_followed(gallery: GalleryFolder) -> None:
    gallery.write("texts/about.md", "About it.")
    gallery.write("texts/more/inner.md", "More of it.")
    pages = gallery.root / "site_src" / "pages"
    pages.mkdir(parents=True)
    (pages / "about.md").symlink_to("../../texts/about.md")
    (gallery.root / "graphs" / "third").symlink_to("other")
    build(gallery.root, gallery.root / "public")
    assert "About it." in (gallery.root / "public" / "about" / "index.html").read_text()
    assert (gallery.root / "public" / "graphs" / "third" / "index.html").is_file()


def test_a_gallery_may_be_reached_by_a_link(gallery: GalleryFolder, tmp_path: Path) -> None:
    gallery.write("site_src/pages/about.md", "About it.")
    (tmp_path / "here").symlink_to(gallery.root)
    assert build(tmp_path / "here", tmp_path / "public").graphs == 2


def test_a_folder_of_graphs_may_be_on_another_disk(gallery: GalleryFolder, outside: Path) -> None:
    elsewhere = outside.parent / "graphs"
    (gallery.root / "graphs").rename(elsewhere)
    (gallery.root / "graphs").symlink_to(elsewhere)
    assert GraphFolder(gallery.root / "graphs").load("other", 1).nodes
    (elsewhere / "other" / "2.json").symlink_to(outside)
    with pytest.raises(TracerError, match="outside"):
        GraphFolder(gallery.root / "graphs").load("other", 2)


def test_what_is_opened_is_what_was_looked_at(
    gallery: GalleryFolder, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = gallery.write("site_src/pages/about.md", "About it.")
    enclose_folder(gallery.root)
    real = os.open

    def swapped(path: Path, flags: int) -> int:
        file.unlink()
        file.symlink_to(outside)
        return real(path, flags)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(TracerError, match="outside"), open_regular(file):
        pass


def test_a_file_that_grows_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    status = Path("/proc/self/status")  # of size 0, as it says
    if not status.exists():
        pytest.skip("there is no /proc here")
    assert read_bytes(status).startswith(b"Name:")
    with pytest.raises(TracerError, match="more than the 10 allowed"):
        read_bytes(status, max_bytes=10)


@pytest.fixture
def odd_name(gallery: GalleryFolder) -> Path:
    gallery.write("site_src/pages/about.md", "About it.")
    name = os.fsdecode(os.fsencode(gallery.root / "site_src" / "pages") + b"/\xff.md")
    try:
        Path(name).write_text("Odd.", encoding="utf-8")
    except OSError:
        pytest.skip("file names are text on this file system")
    return Path(name)


def test_a_name_that_is_no_text_is_one_error(gallery: GalleryFolder, odd_name: Path) -> None:
    assert "not UTF-8; rename it" in refused(gallery)
