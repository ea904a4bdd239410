"""The file that lets the viewer edit annotations, and where changes go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.galleries import GalleryFolder
from tracer.documents.site_config import SiteConfig
from tracer.documents.yaml_spans import spans
from tracer.site.build import build
from tracer.site.content.forge import forge_for

FILE = "site_src/annotations/france-paris.yaml"


def edit_file(gallery: GalleryFolder, out: Path) -> dict[str, Any]:
    build(gallery.root, out)
    [file] = (out / "graphs" / "france-paris").glob("edit.*.json")
    page = (out / "graphs" / "france-paris" / "index.html").read_text("utf-8")
    assert f'data-edit="{file.name}"' in page
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def test_it_holds_the_annotations_as_written(gallery: GalleryFolder, tmp_path: Path) -> None:
    text = 'labels:\r\n  "1_3": {text: France}  # sure\r\n'
    (gallery.write(FILE, "")).write_bytes(text.encode())
    found = edit_file(gallery, tmp_path / "public")
    assert found["file"] == FILE
    assert found["text"] == text
    assert found["annotations"]["labels"] == {"1_3": {"text": "France"}}
    [section] = found["tree"]["items"]
    [label] = section["node"]["items"]
    assert text[slice(*label["node"]["at"])] == "{text: France}"
    assert len(found["circuit"]["gain"]) == 13
    assert found["circuit"]["target"] == "3_42_5"


def test_without_annotations_there_is_nothing_written(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    found = edit_file(gallery, tmp_path / "public")
    assert found["text"] is None and found["tree"] is None
    assert found["circuit"]["automatic"]


def test_it_tells_which_groups_something_else_names(gallery: GalleryFolder, tmp_path: Path) -> None:
    nodes = '{name: n, nodes: ["1_9_5"]}'
    groups = f"groups:\n  a: {nodes}\n  b: {nodes}\n  c: {nodes}\n"
    expect = 'expect: {token: " Paris", p_falls_by: 0.1}'
    claims = f"claims:\n  - {{id: one, set: {{group:a: 0, 1_9_5: 0}}, {expect}}}\n"
    gallery.write(FILE, f"{groups}{claims}  - {{id: two, ablate: [a], {expect}}}\n")
    gallery.write("site_src/write-ups/france-paris.md", "See [this](group:b).\n")
    assert edit_file(gallery, tmp_path / "public")["named"] == {
        "a": {"claims": ["one", "two"], "linked": False},
        "b": {"claims": [], "linked": True},
    }


def test_an_older_revision_is_not_edited(gallery: GalleryFolder, tmp_path: Path) -> None:
    folder = gallery.root / "graphs" / "france-paris"
    (folder / "2.json").write_bytes((folder / "1.json").read_bytes())
    build(gallery.root, tmp_path / "public")
    page = tmp_path / "public" / "graphs" / "france-paris" / "1" / "index.html"
    assert "data-edit" not in page.read_text("utf-8")
    assert not list(page.parent.glob("edit.*.json"))


@pytest.mark.parametrize(
    ("repository", "edit", "new"),
    [
        ("https://github.com/a/b/", "edit/trunk/x/y.yaml", "new/trunk/x"),
        ("https://www.github.com/a/b.git", "edit/trunk/x/y.yaml", "new/trunk/x"),
        ("https://gitlab.example.org/a/b", "-/edit/trunk/x/y.yaml", "-/new/trunk/x"),
        ("https://codeberg.org/a/b", "_edit/trunk/x/y.yaml", "_new/trunk/x"),
    ],
)
def test_forges_are_known_by_their_host(repository: str, edit: str, new: str) -> None:
    config = SiteConfig(repository=repository, branch="trunk")
    forge = forge_for(config, "x/y.yaml")
    assert forge is not None
    base = repository.rstrip("/").removesuffix(".git")
    assert forge["edit"] == f"{base}/{edit}"
    assert forge["new"] == f"{base}/{new}"
    assert forge["fills"] == ("github" in repository)


def test_an_unknown_host_is_opened_as_it_is_and_none_means_none() -> None:
    forge = forge_for(SiteConfig(repository="https://example.org/r"), "x/y.yaml")
    assert forge is not None and forge["edit"] == "https://example.org/r"
    assert forge_for(SiteConfig(), "x/y.yaml") is None


def test_offsets_count_as_javascript_does() -> None:
    text = "\ufeff# 🙂\nlabels:\n  a: {text: '🙂'}\n"
    tree = spans(text, depth=3)
    assert tree is not None
    start, end = tree["items"][0]["node"]["items"][0]["node"]["at"]
    units = text.encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "{text: '🙂'}"


def test_a_changed_comment_is_in_the_file_too(gallery: GalleryFolder, tmp_path: Path) -> None:
    text = 'labels:\n  "1_3": {text: France}  # {0}\n'
    gallery.write(FILE, text.replace("{0}", "one"))
    edit_file(gallery, tmp_path / "public")
    gallery.write(FILE, text.replace("{0}", "two"))
    assert edit_file(gallery, tmp_path / "public")["text"].endswith("# two\n")


def test_labels_of_all_graphs_are_shared_and_not_written_here(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    gallery.write("site_src/labels/tiny.neurons.yaml", 'labels:\n  "1_3": {text: France}\n')
    gallery.write(FILE, 'labels:\n  "1_9": {text: is}\n')
    found = edit_file(gallery, tmp_path / "public")
    assert found["annotations"]["labels"] == {"1_9": {"text": "is"}}
    assert found["shared"] == {"1_3": {"text": "France"}}
