from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.galleries import GalleryFolder, make_gallery
from tracer.cli import tracer
from tracer.errors import Problems


@pytest.fixture
def gallery(tmp_path: Path) -> GalleryFolder:
    return make_gallery(tmp_path / "gallery")


def test_build_says_what_it_made_and_where(gallery: GalleryFolder) -> None:
    done = CliRunner().invoke(tracer, ["build", "--root", str(gallery.root)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 graph, ")
    assert (gallery.root / "public" / "index.html").exists()


def test_build_goes_where_it_is_told(gallery: GalleryFolder, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    CliRunner().invoke(tracer, ["build", "--root", str(gallery.root), "--out", str(out)])
    assert (out / "index.html").exists()
    assert not (gallery.root / "public").exists()


def test_drafts_only_when_asked_for(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "---\ndraft: true\n---\n")
    page = gallery.root / "public" / "graphs" / "france-paris" / "index.html"
    CliRunner().invoke(tracer, ["build", "--root", str(gallery.root)])
    assert not page.exists()
    CliRunner().invoke(tracer, ["build", "--root", str(gallery.root), "--drafts"])
    assert "This is a draft." in page.read_text()


def test_check_without_mistakes(gallery: GalleryFolder) -> None:
    done = CliRunner().invoke(tracer, ["check", "--root", str(gallery.root)])
    assert (done.exit_code, done.output) == (0, "No mistakes found.\n")


def test_check_with_mistakes_names_each(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "titel: x\n")
    gallery.write("site_src/write-ups/nobody.md", "x\n")
    done = CliRunner().invoke(tracer, ["check", "--root", str(gallery.root)])
    assert isinstance(done.exception, Problems)
    assert len(done.exception.problems) == 2
