from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.errors import Problems, TracerError
from tracer.site.build import build
from tracer.site.building.output import MARKER
from tracer.site.check import check
from tracer.site.pages.policy import POLICY

REPOSITORY = Path(__file__).parents[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_site_has_every_kind_of_page(gallery: GalleryFolder) -> None:
    make_graph().save(gallery.root / "graphs" / "france-paris" / "2.json")
    gallery.write("site_src/pages/how-to-read.md", "---\ntitle: How\n---\nx\n")
    report = build(gallery.root, gallery.root / "public")
    made = contents(gallery.root / "public")
    pages = {name for name in made if name.endswith(".html")}
    assert pages == {
        "index.html",
        "404.html",
        "compare/index.html",
        "search/index.html",
        "how-to-read/index.html",
        "graphs/france-paris/index.html",
        "graphs/france-paris/1/index.html",
        "models/index.html",
        "models/tiny/index.html",
        "features/index.html",
        *(f"features/tiny.neurons/{one}index.html" for one in ("", "0/", "1/")),
        *(f"features/tiny.neurons/{one}/index.html" for one in ("by-name", "by-graphs")),
        *(f"features/tiny.neurons/{one}/index.html" for one in ("0/7", "1/3", "1/9", "1/11")),
    }
    assert report.graphs == 1
    assert report.files == len(made) - 1  # the marker is not part of the site


def test_graph_files_are_published_as_they_are(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    path = "graphs/france-paris/1.json"
    assert (gallery.root / "public" / path).read_bytes() == (gallery.root / path).read_bytes()


def test_the_same_gallery_gives_the_same_bytes(gallery: GalleryFolder, tmp_path: Path) -> None:
    build(gallery.root, tmp_path / "one")
    for file in gallery.root.rglob("*"):
        os.utime(file, (1, 1))
    build(gallery.root, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_every_page_states_the_policy_and_breaks_none_of_it(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "| a |\n|--:|\n| 1 |\n")
    build(gallery.root, gallery.root / "public")
    for file in (gallery.root / "public").rglob("*.html"):
        text = file.read_text()
        assert text.count("Content-Security-Policy") == 1
        assert POLICY.replace("'", "&#39;") in text
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def test_no_page_but_the_missing_one_links_from_the_root(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    for file in (gallery.root / "public").rglob("*.html"):
        if file.name != "404.html":
            assert not re.search(r'(?:href|src)="/', file.read_text())


def test_a_site_of_texts_is_built_without_what_reads_graphs(tmp_path: Path) -> None:
    (tmp_path / "site_src" / "pages").mkdir(parents=True)
    (tmp_path / "site_src" / "pages" / "one.md").write_text("One $x$.\n")
    code = (
        "import sys, pathlib; from tracer.site.build import build\n"
        "root = pathlib.Path(sys.argv[1]); build(root, root / 'public')\n"
        "print(*(name for name in sys.modules if name.startswith('tracer.')))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "tracer.site.building.plan" in imported
    assert not {"tracer.site.content.entry", "tracer.documents.graph", "resvg"} & {*imported}


def test_the_missing_page_uses_the_public_addresss_path(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "base_url: https://example.org/sub/path\n")
    build(gallery.root, gallery.root / "public")
    text = (gallery.root / "public" / "404.html").read_text()
    assert 'href="/sub/path/assets/' in text


def test_a_failed_build_leaves_the_old_site_whole(gallery: GalleryFolder) -> None:
    out = gallery.root / "public"
    build(gallery.root, out)
    before = contents(out)
    gallery.write("site_src/write-ups/france-paris.md", "[x](node:9_9_9)\n")
    with pytest.raises(Problems, match=re.escape("france-paris.md:1:5")):
        build(gallery.root, out)
    assert contents(out) == before
    assert list(gallery.root.glob(".*.tmp")) == []


def test_what_is_gone_from_the_gallery_is_gone_from_the_site(gallery: GalleryFolder) -> None:
    page = gallery.write("site_src/pages/old.md", "x\n")
    build(gallery.root, gallery.root / "public")
    page.unlink()
    build(gallery.root, gallery.root / "public")
    assert not (gallery.root / "public" / "old").exists()


def test_a_broken_link_stops_the_build(gallery: GalleryFolder) -> None:
    gallery.write("site_src/pages/about.md", "[x](../nowhere/)\n")
    with pytest.raises(Problems, match=re.escape("site_src/pages/about.md:1:5: the link")):
        build(gallery.root, gallery.root / "public")


def test_the_galleries_own_templates_and_styles_come_first(gallery: GalleryFolder) -> None:
    gallery.write("templates/404.html", "<!doctype html><title>Mine</title>")
    gallery.write("assets/styles/tokens.css", ":root { --bg: red; }")
    build(gallery.root, gallery.root / "public")
    made = contents(gallery.root / "public")
    assert made["404.html"] == b"<!doctype html><title>Mine</title>"
    (tokens,) = (name for name in made if name.endswith("styles/tokens.css"))
    assert made[tokens] == b":root { --bg: red; }"
    assert any(name.endswith("styles/site.css") for name in made)


@pytest.mark.parametrize(
    ("template", "message"),
    [("{% if %}", "404.html:1: not a valid template"), ("\n{{ nothing }}", "404.html:2:")],
)
def test_a_broken_template_is_told_with_its_line(
    gallery: GalleryFolder, template: str, message: str
) -> None:
    gallery.write("templates/404.html", template)
    with pytest.raises(Problems, match=re.escape(message)):
        build(gallery.root, gallery.root / "public")


def test_assets_move_when_their_content_changes(gallery: GalleryFolder) -> None:
    def folder() -> str:
        build(gallery.root, gallery.root / "public")
        (one,) = (gallery.root / "public" / "assets").iterdir()
        return one.name

    before = folder()
    assert re.fullmatch(r"[0-9a-f]{8}", before)
    gallery.write("assets/styles/tokens.css", "")
    assert folder() != before


def test_the_viewers_data_are_named_by_their_content(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    (data,) = (gallery.root / "public" / "graphs" / "france-paris").glob("data.*.json")
    json.loads(data.read_text())
    page = (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()
    assert f'data-graph="{data.name}"' in page


def test_hostile_text_stays_text_on_every_page(gallery: GalleryFolder) -> None:
    hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    make_graph(prompt_tokens=["<bos>", "a", hostile, "b", "c", "d"]).save(
        gallery.root / "graphs" / "france-paris" / "1.json"
    )
    quoted = json.dumps(hostile)
    gallery.write("site_src/write-ups/france-paris.md", f"---\ntitle: {quoted}\n---\n{hostile}\n")
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        f'groups:\n  g: {{name: {quoted}, nodes: ["1_3_4"]}}\n'
        f"counterpoints: [{{name: {quoted}, date: 2026-01-01, text: {quoted}}}]\n",
    )
    build(gallery.root, gallery.root / "public")
    for file in (gallery.root / "public").rglob("*.html"):
        text = file.read_text()
        assert "<img" not in text
        assert "<script>" not in text


@pytest.mark.parametrize(
    ("annotated", "link"),
    [
        (True, "https://example.org/a/b/blob/HEAD/site_src/annotations/france-paris.yaml"),
        (False, "https://example.org/a/b/tree/HEAD/site_src/annotations"),
    ],
)
def test_a_page_leads_to_the_file_where_it_can_be_corrected(
    gallery: GalleryFolder, annotated: bool, link: str
) -> None:
    gallery.write("site_src/site.yaml", "repository: https://example.org/a/b/\n")
    if annotated:
        gallery.write("site_src/annotations/france-paris.yaml", "revision: 1\n")
    build(gallery.root, gallery.root / "public")
    page = (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()
    assert f'href="{link}"' in page
    assert "No approved counterpoints yet" in page


def test_groups_tell_who_named_them_and_why(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        'groups:\n  g: {name: City, nodes: ["1_3_4"], by: Ann, note: "*So* [x](node:1_9_5)"}\n',
    )
    build(gallery.root, gallery.root / "public")
    page = (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()
    assert "named by <bdi>Ann</bdi>" in page
    assert '<em>So</em> <a class="node-link" href="?clickedId=1_9_5#viewer"' in page


def test_a_bad_link_in_a_counterpoint_is_told_with_its_place(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        "counterpoints:\n  - {name: Bo, date: 2026-01-01, text: 'No: [x](node:9_9_9)'}\n",
    )
    with pytest.raises(Problems, match=r"france-paris\.yaml:2:40: the graph has no node `9_9_9`"):
        build(gallery.root, gallery.root / "public")


def test_an_older_revision_may_lack_what_the_newest_is_annotated_with(
    gallery: GalleryFolder,
) -> None:
    newest = make_graph()
    gone = "1_3_4"
    older = newest.model_copy(
        update={
            "nodes": tuple(node for node in newest.nodes if node.node_id != gone),
            "links": tuple(k for k in newest.links if gone not in (k.source, k.target)),
        }
    )
    older.save(gallery.root / "graphs" / "france-paris" / "1.json")
    newest.save(gallery.root / "graphs" / "france-paris" / "2.json")
    gallery.write("site_src/write-ups/france-paris.md", f"[x](node:{gone})\n")
    groups = f'groups:\n  g: {{name: g, nodes: ["{gone}"], note: "[x](node:{gone})"}}\n'
    gallery.write("site_src/annotations/france-paris.yaml", groups + f'pins: ["{gone}"]\n')
    build(gallery.root, gallery.root / "public")
    page = gallery.root / "public" / "graphs" / "france-paris"
    assert gone in (page / "index.html").read_text()
    assert gone not in (page / "1" / "index.html").read_text()
    assert "The newest is revision 2" in (page / "1" / "index.html").read_text()


@pytest.mark.parametrize(
    "out", [".", "..", "graphs", "features/x", "site_src/x", "graphs/france-paris/1.json"]
)
def test_an_output_folder_that_is_something_else_is_refused(
    gallery: GalleryFolder, out: str
) -> None:
    before = contents(gallery.root)
    with pytest.raises(TracerError, match="not replaced"):
        build(gallery.root, gallery.root / out)
    assert contents(gallery.root) == before


def test_the_home_folder_is_refused(
    gallery: GalleryFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(TracerError, match="holds more than a site"):
        build(gallery.root, home)


def test_a_folder_with_other_peoples_files_is_refused(gallery: GalleryFolder) -> None:
    thesis = gallery.write("public/thesis.txt", "ten years of work")
    with pytest.raises(TracerError, match=r"no build made: thesis\.txt"):
        build(gallery.root, gallery.root / "public")
    assert thesis.read_text() == "ten years of work"


def test_a_file_added_to_a_built_site_is_not_lost(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    added = gallery.write("public/CNAME", "example.org")
    with pytest.raises(TracerError, match="no build made: CNAME"):
        build(gallery.root, gallery.root / "public")
    assert added.exists()


def test_an_empty_folder_and_what_a_desktop_leaves_are_no_hindrance(gallery: GalleryFolder) -> None:
    (gallery.root / "public").mkdir()
    build(gallery.root, gallery.root / "public")
    for name in (".DS_Store", "._index.html", "Icon\r", "Thumbs.db"):
        gallery.write(f"public/{name}", "")
    build(gallery.root, gallery.root / "public")
    assert (gallery.root / "public" / MARKER).exists()


def test_a_place_that_cannot_be_written_is_one_clear_line(gallery: GalleryFolder) -> None:
    file = gallery.write("file", "")
    with pytest.raises(TracerError, match="choose another --out"):
        build(gallery.root, file / "public")


def test_check_writes_nothing_and_finds_what_would_stop_a_build(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "---\ndraft: true\n---\n[x](node:9_9_9)\n")
    before = contents(gallery.root)
    errors = [str(one.problem) for one in check(gallery.root) if one.level == "error"]
    assert [one.rpartition("/")[2].split(": ")[0] for one in errors] == ["france-paris.md:4:5"]
    assert contents(gallery.root) == before


def test_the_projects_own_gallery_has_no_mistakes() -> None:
    """Where a graph predicts badly its text says so, so nothing is left to warn of."""
    assert [str(one.problem) for one in check(REPOSITORY)] == []
