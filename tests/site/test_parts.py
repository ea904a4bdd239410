"""What lies packed beside a graph is published, and its picture follows it."""

from __future__ import annotations

from pathlib import Path

from tests.random_accounts import save_account
from tracer.site.build import build

FOLDER = Path("graphs") / "france-paris"


def test_parts_are_published_beside_the_graph_as_they_are(tmp_path: Path) -> None:
    save_account(tmp_path / "gallery")
    build(tmp_path / "gallery", tmp_path / "public")
    for name in ("1.flows.bin", "1.words.bin"):
        published = tmp_path / "public" / FOLDER / name
        assert published.read_bytes() == (tmp_path / "gallery" / FOLDER / name).read_bytes()


def test_a_page_follows_its_parts(tmp_path: Path) -> None:
    gallery, page = tmp_path / "gallery", tmp_path / "public" / FOLDER / "index.html"
    save_account(gallery)
    build(gallery, tmp_path / "public")
    assert "Whatever flows into a box flows out of it" in page.read_text("utf-8")
    (gallery / FOLDER / "1.flows.bin").unlink()
    build(gallery, tmp_path / "public")
    assert "the links that are drawn are summed" in page.read_text("utf-8")
    assert not (page.parent / "1.flows.bin").exists()
