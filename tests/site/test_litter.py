"""Whatever editors and systems leave in any folder of a gallery changes nothing of its site."""

from __future__ import annotations

from pathlib import Path

import pytest
from watchfiles import Change

from tests.documents.test_litter import LEFT_BEHIND
from tests.galleries import GalleryFolder
from tracer.documents.graph_folder import GraphFolder
from tracer.open_pages import _meant
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.starter import start_gallery

FOLDERS = [
    "site_src",
    "site_src/write-ups",
    "site_src/annotations",
    "site_src/labels",
    "site_src/pages",
    "site_src/comparisons",
    "site_src/files",
    "site_src/files/pictures",
    "site_src/schemas",
    "graphs",
    "graphs/france-paris",
    "features",
    "features/tiny.neurons",
    "templates",
    "templates/parts",
    "assets",
    "assets/styles",
]


def site(gallery: GalleryFolder) -> dict[str, bytes]:
    out = gallery.root / "public"
    build(gallery.root, out)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_in_every_folder_it_is_neither_read_nor_published(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "search: false\n")
    gallery.write("site_src/pages/contribute.md", "# Help\n")
    gallery.write("site_src/files/pictures/a.txt", "a")
    before, found = site(gallery), check(gallery.root)
    for folder in FOLDERS:
        for name in LEFT_BEHIND:
            gallery.write(f"{folder}/{name}", "{% nonsense\n---\nthe secret\n")
        gallery.write(f"{folder}/.hidden/x.md", "the secret")
        gallery.write(f"{folder}/__MACOSX.bak/x.md", "the secret")
    assert [str(one.problem) for one in check(gallery.root)] == [str(one.problem) for one in found]
    assert site(gallery) == before
    assert GraphFolder(gallery.root / "graphs").slugs() == ["france-paris"]


def test_a_link_to_such_a_file_is_told_why_it_leads_nowhere(gallery: GalleryFolder) -> None:
    gallery.write("site_src/files/data.bak", "x")
    gallery.write("site_src/pages/about.md", "[data](../files/data.bak)\n")
    (found,) = [one.problem for one in check(gallery.root) if one.level == "error"]
    assert "rename it" in str(found)


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_the_preview_takes_no_notice(tmp_path: Path, name: str) -> None:
    counts = _meant([tmp_path / ".venv" / "site_src"])
    folder = tmp_path / ".venv" / "site_src" / "pages"
    assert not counts(Change.added, str(folder / name))
    assert not counts(Change.modified, str(folder / name / "x.md"))
    assert counts(Change.modified, str(folder / "contribute.md"))


def test_a_new_gallery_begins_without_what_lies_beside_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = GalleryFolder(tmp_path / "checkout")
    checkout.write("pyproject.toml", "")
    for name in ("x.md", "x.md~", ".DS_Store"):
        checkout.write(f"site_src/pages/{name}", "x")
    checkout.write("starter/gitignore", "public/\n")
    checkout.write("starter/gitignore.orig", "public/\n")
    listed = Path(__file__).parents[2] / "starter" / "requirements.txt"
    checkout.write("starter/requirements.txt", listed.read_text(encoding="utf-8"))
    monkeypatch.setattr("tracer.site.starter._CHECKOUT", checkout.root)
    monkeypatch.setattr("tracer.site.starter.TAKEN_OVER", ("site_src/pages",))
    made = start_gallery(tmp_path / "gallery")
    written = [name for name in made if not name.startswith(("site_src/schemas/", "wheels/"))]
    assert written == [".gitignore", "requirements.txt", "site_src/pages/x.md"]
