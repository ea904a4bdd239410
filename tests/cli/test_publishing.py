from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.galleries import GalleryFolder, make_gallery
from tracer.cli import tracer


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path / "gallery")


def test_build_says_what_it_made_and_where(gallery: GalleryFolder) -> None:
    done = CliRunner().invoke(tracer, ["build", "--root", str(gallery.root)])
    assert done.exit_code == 0, done.output
    assert "\n1 graph, " in done.output  # behind a warning: addresses are missing
    assert (gallery.root / "public" / "index.html").exists()


def test_build_goes_where_it_is_told(gallery: GalleryFolder, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    CliRunner().invoke(tracer, ["build", "--root", str(gallery.root), "--out", str(out)])
    assert (out / "index.html").exists()
    assert not (gallery.root / "public").exists()


def test_drafts_only_when_asked_for(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "---\ndraft: true\n---\n")
    page = gallery.root / "public" / "graphs" / "france-paris" / "index.html"
    done = CliRunner().invoke(tracer, ["build", "--root", str(gallery.root)])
    assert not page.exists()
    assert "1 draft left out (--drafts shows them)" in done.output
    all_of_it = CliRunner().invoke(tracer, ["build", "--root", str(gallery.root), "--drafts"])
    assert "left out" not in all_of_it.output
    assert "This is a draft." in page.read_text()
