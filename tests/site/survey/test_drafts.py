"""A draft is never published: no word of it, in no file, whatever was there before."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.site.build import build
from tracer.site.check import check

SECRET = "zymurgyzz"
WRITE_UP = "site_src/write-ups/hush.md"
FRONT = f"---\ntitle: {SECRET}\nsummary: {SECRET}\ntags: [{SECRET}]\n{{more}}---\n"


def write_all(gallery: GalleryFolder, *, draft: bool) -> None:
    """A graph, a page and a comparison full of one word, with files that only they use."""
    front = FRONT.format(more="draft: true\n" if draft else "")
    info = make_graph().metadata.tracer
    assert info is not None
    theirs = info.model_copy(
        update={"features": info.features.model_copy(update={"source": f"{SECRET}.neurons"})}
    )
    graph = make_graph(slug="hush", prompt=f"A {SECRET} is", tracer=theirs.model_dump())
    graph.save(gallery.root / "graphs" / "hush" / "1.json")
    graph.save(gallery.root / "graphs" / "hush" / "2.json")
    gallery.write(WRITE_UP, f"{front}{SECRET} ![a]( ../files/{SECRET}-1.png )\n")
    gallery.write(
        "site_src/annotations/hush.yaml",
        f"groups: {{g: {{name: {SECRET}, nodes: ['1_3'], note: '![a](../files/{SECRET}-2.png)'}}}}",
    )
    gallery.write(
        "site_src/pages/plan.md",
        f"{front}![a](../files/both.png) ![a](../files/d%20{SECRET}/4.png) <!-- x -->\n",
    )
    gallery.write(
        "site_src/comparisons/france-paris--hush.md", f"![a](../files/{SECRET}-3.png) {SECRET}"
    )
    gallery.write("site_src/pages/about.md", "![a](../files/both.png) words of about\n")
    for name in (f"{SECRET}-1.png", f"{SECRET}-2.png", f"{SECRET}-3.png", f"d {SECRET}/4.png"):
        picture = gallery.write(f"site_src/files/{name}", "")
        picture.write_bytes(b"\x89PNG\r\n\x1a\n" + SECRET.encode())
    gallery.write("site_src/files/both.png", "")
    gallery.write("site_src/files/nobody.png", "")
    gallery.write("site_src/site.yaml", "base_url: https://example.org/\n")


def published(out: Path) -> set[str]:
    return {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}


def telling(out: Path) -> list[str]:
    """Files whose name or content has the word, unpacked where it is packed."""
    import gzip

    found = []
    for file in out.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        if SECRET.encode() in content or re.search(f"{SECRET}|hush|plan", file.as_posix()):
            found.append(file.relative_to(out).as_posix())
    return found


@pytest.mark.parametrize("first", ["published", "with drafts", "nothing"])
def test_no_file_of_a_site_tells_a_word_of_it(gallery: GalleryFolder, first: str) -> None:
    out = gallery.root / "public"
    if first != "nothing":
        write_all(gallery, draft=first == "with drafts")
        build(gallery.root, out, drafts=first == "with drafts")
        assert len(telling(out)) > 15
    write_all(gallery, draft=True)
    report = build(gallery.root, out)
    assert report.drafts == 2
    assert telling(out) == []
    assert {"files/both.png", "files/nobody.png", "about/index.html"} <= published(out)


def test_examples_of_features_wait_for_the_graph_that_alone_has_them(
    gallery: GalleryFolder,
) -> None:
    write_all(gallery, draft=True)
    text = '{"index": 3, "examples_quantiles": []}'
    gallery.write(f"features/{SECRET}.neurons/1_3.json", text)
    gallery.write("features/tiny.neurons/1_3.json", text)
    out = gallery.root / "public"
    build(gallery.root, out)
    assert "features/tiny.neurons/1_3.json" in published(out)
    assert not [one for one in published(out) if SECRET in one]
    build(gallery.root, out, drafts=True)
    assert f"features/{SECRET}.neurons/1_3.json" in published(out)


def test_check_names_the_files_that_wait(gallery: GalleryFolder) -> None:
    write_all(gallery, draft=True)
    told = [str(one.problem) for one in check(gallery.root) if one.level == "note"]
    assert [one.partition(":")[0].rpartition("/")[2] for one in told] == [
        "4.png",
        f"{SECRET}-1.png",
        f"{SECRET}-2.png",
        f"{SECRET}-3.png",
    ]
    assert all("only a draft uses this file" in one for one in told)
