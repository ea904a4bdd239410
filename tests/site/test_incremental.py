"""A build that takes over what is fresh gives what a build from nothing gives."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.everyday import everyday
from tests.galleries import GalleryFolder, make_gallery
from tests.site.graph.test_claims import ANNOTATIONS, evidence
from tests.site.test_build import contents
from tracer.errors import Problems, TracerError
from tracer.site.build import Site, build
from tracer.site.building import output
from tracer.site.building.exchange import exchange
from tracer.site.building.output import MARKER
from tracer.site.preview import Preview

Edit = Callable[[GalleryFolder, random.Random], object]


def site(folder: Path) -> dict[str, bytes]:
    return contents(folder)


def graph(gallery: GalleryFolder, slug: str, revision: int, answer: str = " Paris") -> None:
    tokens = ["<|endoftext|>", "The", " capital", " of", f" {answer}", " is"]
    file = gallery.root / "graphs" / slug / f"{revision}.json"
    make_graph(slug=slug, prompt_tokens=tokens).save(file)


def remove(gallery: GalleryFolder, chance: random.Random) -> None:
    files = sorted(
        file
        for part in ("site_src/pages", "site_src/annotations", "site_src/write-ups", "templates")
        for file in (gallery.root / part).rglob("*.*")
    )
    if files:
        chance.choice(files).unlink()


def drop_graph(gallery: GalleryFolder, chance: random.Random) -> None:
    slugs = sorted(path.name for path in (gallery.root / "graphs").iterdir())
    slugs.remove("france-paris")  # pages show its picture
    if slugs:
        slug = chance.choice(slugs)
        shutil.rmtree(gallery.root / "graphs" / slug)
        for file in (gallery.root / "site_src").rglob(f"{slug}.*"):
            file.unlink()


def write_up(gallery: GalleryFolder, chance: random.Random) -> None:
    slug = chance.choice(sorted(path.name for path in (gallery.root / "graphs").iterdir()))
    number = chance.randrange(4)
    tags = f"tags: [t{number}]\ndate: 2026-01-0{number + 1}\n"
    gallery.write(
        f"site_src/write-ups/{slug}.md",
        f"---\ntitle: T{number}\ndraft: {str(number == 3 and slug != 'france-paris').lower()}\n"
        f"{tags}---\n"
        f"text {number} [a](node:1_3_4)\n",
    )


def annotate(gallery: GalleryFolder, chance: random.Random) -> None:
    slug = chance.choice(sorted(path.name for path in (gallery.root / "graphs").iterdir()))
    gallery.write(
        f"site_src/annotations/{slug}.yaml",
        f'groups:\n  g: {{name: N{chance.randrange(3)}, nodes: ["1_3_4"]}}\n',
    )


def meddle(gallery: GalleryFolder, _: random.Random) -> None:
    if (gallery.root / "public" / "index.html").exists():
        gallery.write("public/index.html", "somebody was here")


def file_or_folder(gallery: GalleryFolder, _: random.Random) -> None:
    """What was a file becomes a folder, and back."""
    place = gallery.root / "site_src" / "files" / "b.txt"
    if place.is_file():
        place.unlink()
        gallery.write("site_src/files/b.txt/c.txt", "in a folder")
    else:
        shutil.rmtree(place, ignore_errors=True)
        gallery.write("site_src/files/b.txt", "a file")


EDITS: list[Edit] = [
    write_up,
    annotate,
    remove,
    drop_graph,
    lambda g, c: g.write("site_src/site.yaml", f"title: S{c.randrange(3)}\nsearch: false\n"),
    lambda g, c: g.write("site_src/site.yaml", "base_url: https://example.org/a\nsearch: false\n"),
    lambda g, c: g.write("site_src/site.yaml", f"search: {str(c.random() < 0.2).lower()}\n"),
    lambda g, c: g.write(f"site_src/pages/p{c.randrange(3)}.md", f"# H{c.randrange(3)}\n"),
    lambda g, c: g.write("site_src/files/a.txt", f"file {c.randrange(3)}"),
    lambda g, c: g.write(
        "site_src/labels/tiny.neurons.yaml", f"labels: {{1_3: {{text: L{c.randrange(3)}}}}}\n"
    ),
    lambda g, c: g.write(
        f"site_src/pages/p{c.randrange(3)}.md", "::: circuit france-paris\nCaption\n:::\n"
    ),
    lambda g, c: g.write(
        f"features/tiny.neurons/{c.choice(['1_3', '0_7'])}.json",
        f'{{"index": 3, "examples_quantiles": [], "top_logits": ["w{c.randrange(3)}"]}}',
    ),
    lambda g, c: g.write("templates/parts/facts.html", f"<p>{c.randrange(3)}</p>"),
    lambda g, c: g.write("assets/styles/tokens.css", f":root {{ --x: {c.randrange(3)} }}"),
    lambda g, c: graph(g, c.choice(["a", "b", "c"]), c.randrange(1, 4), c.choice(["x", "y"])),
    meddle,
    file_or_folder,
    lambda g, c: (g.root / "public" / "404.html").unlink(missing_ok=True),
    lambda g, c: shutil.rmtree(g.root / "public", ignore_errors=True),
    lambda g, c: g.write(".tracer/builds/damaged.json", "{"),
]


@pytest.mark.parametrize("seed", everyday(range(4), (0, 2)))
def test_after_any_edits_the_bytes_are_those_of_a_build_from_nothing(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "search: false\n")
    for step in range(8):
        for edit in chance.choices(EDITS, k=chance.randrange(1, 3)):
            edit(gallery, chance)
        drafts = chance.random() < 0.2
        build(gallery.root, gallery.root / "public", drafts=drafts)
        cold = tmp_path / f"cold-{step}"
        build(gallery.root, cold, drafts=drafts)
        assert site(gallery.root / "public") == site(cold), step
        shutil.rmtree(cold)


def test_the_site_before_the_last_is_kept_as_it_was_and_brought_up_to_date(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    out = gallery.root / "public"
    sites = []
    for title in ("One", "Two", "Three"):
        gallery.write("site_src/site.yaml", f"title: {title}\nsearch: false\n")
        gallery.write(f"site_src/pages/only-{title.lower()}.md", f"{title}\n")
        if title == "Three":
            (gallery.root / "site_src/pages/only-one.md").unlink()
        build(gallery.root, out)
        sites.append(site(out))
    (spare,) = (one for one in (gallery.root / ".tracer" / "builds").iterdir() if one.is_dir())
    assert site(spare) == sites[1]
    build(gallery.root, tmp_path / "cold")
    assert sites[2] == site(tmp_path / "cold")
    assert not (out / "only-one").exists()


def test_what_somebody_did_to_the_kept_site_never_comes_back(gallery: GalleryFolder) -> None:
    out = gallery.root / "public"
    for _ in range(2):
        build(gallery.root, out)
    before = site(out)
    (spare,) = (one for one in (gallery.root / ".tracer" / "builds").iterdir() if one.is_dir())
    (spare / "index.html").unlink()
    (spare / "index.html").write_text("somebody was here")
    (spare / "404.html").unlink()
    (spare / "404.html").mkdir()
    (spare / "404.html" / "inside").touch()
    (spare / "stray.html").touch()
    build(gallery.root, out)
    assert site(out) == before


def named(gallery: GalleryFolder) -> dict[Path, bytes]:
    """What a watcher would look at: every source with its content."""
    parts = ("site_src", "graphs", "templates", "assets")
    files = (file for part in parts for file in (gallery.root / part).rglob("*"))
    return {file: file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("seed", everyday(range(4), (0, 2)))
def test_after_any_edits_a_preview_shows_what_a_build_from_nothing_gives(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    gallery = make_gallery(tmp_path / "gallery")
    gallery.write("site_src/site.yaml", "search: false\n")
    preview = Preview(gallery.root, gallery.root / ".tracer" / "preview")
    preview.look()
    for step in range(10):
        before = named(gallery)
        for edit in chance.choices(EDITS, k=chance.randrange(1, 3)):
            edit(gallery, chance)
        after = named(gallery)
        every = before.keys() | after.keys()
        preview.look({file for file in every if before.get(file) != after.get(file)})
        cold = tmp_path / f"cold-{step}"
        build(gallery.root, cold, drafts=True)
        whole = site(cold)
        made = {path: preview.page(path) for path in whole}
        shown = {path: content for path, content in made.items() if content is not None}
        assert shown == {path: whole[path] for path in shown}, step
        wanted = {path for path in whole if path.startswith(("graphs/", "files/"))}
        assert {path for path in wanted if not path.endswith("card.png")} <= shown.keys()


def test_where_the_files_that_changed_are_named_no_other_is_looked_at(
    gallery: GalleryFolder,
) -> None:
    write_up = gallery.write("site_src/write-ups/france-paris.md", "First.\n")
    os.utime(write_up.parent, (time.time() - 60,) * 2)
    preview = Preview(gallery.root, gallery.root / ".tracer" / "preview")
    preview.look()
    write_up.write_text("Second.\n")
    unnamed = gallery.write("site_src/pages/unnamed.md", "Nobody said that this is here.\n")
    preview.look({write_up})
    assert b"Second." in (preview.page("graphs/france-paris/index.html") or b"")
    assert preview.page("unnamed/index.html") is None
    preview.look({unnamed})  # which was not there before, so everything is looked at
    assert preview.page("unnamed/index.html") is not None
    write_up.write_text("Third.\n")
    preview.build()
    assert b"Third." in (preview.page("graphs/france-paris/index.html") or b"")


def test_what_changed_in_a_look_that_broke_off_is_seen_by_the_next(gallery: GalleryFolder) -> None:
    write_up = gallery.write("site_src/write-ups/france-paris.md", "First.\n")
    page = gallery.write("site_src/pages/other.md", "First.\n")
    for file in (write_up, page):
        os.utime(file.parent, (time.time() - 60,) * 2)
    preview = Preview(gallery.root, gallery.root / ".tracer" / "preview")
    preview.look()
    write_up.write_text("Second.\n", encoding="utf-8")
    no_folder = gallery.write("features", "")
    with pytest.raises(TracerError, match="features"):
        preview.look({write_up, no_folder})
    no_folder.unlink()
    page.write_text("Second.\n", encoding="utf-8")
    preview.look({page})
    assert b"Second." in (preview.page("graphs/france-paris/index.html") or b"")


def test_of_two_looks_at_once_the_one_that_began_later_is_shown(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_up = gallery.write("site_src/write-ups/france-paris.md", "First.\n")
    looked = Preview(gallery.root, gallery.root / ".tracer" / "preview")

    def slow(*given: object) -> object:
        """Somebody saves, and the other look is through, before this one is."""
        monkeypatch.setattr("tracer.site.preview.Site", Site)
        write_up.write_text("Second.\n", encoding="utf-8")
        looked.look()
        return Site(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("tracer.site.preview.Site", slow)
    looked.look()
    assert b"Second." in (looked.page("graphs/france-paris/index.html") or b"")


def test_what_a_page_keeps_of_a_graph_goes_when_its_evidence_changes(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS)
    for one in gallery.root.rglob("*.*"):  # what was just written is read again in any case
        os.utime(one, (time.time() - 60,) * 2)
    looked = Preview(gallery.root, gallery.root / ".tracer" / "preview")
    file = gallery.root / "graphs" / "france-paris" / "1.evidence.json"
    data = []
    for step, found in enumerate(
        (evidence(), evidence().model_copy(update={"faithfulness": None}))
    ):
        found.save(file)
        looked.look()
        build(gallery.root, tmp_path / f"cold-{step}", drafts=True)
        whole = site(tmp_path / f"cold-{step}")
        made = looked.beside("graphs/france-paris/index.html")
        assert made == {path: whole[path] for path in made}
        data += [path for path in made if "/data." in path]
    assert len(set(data)) == 2, "what was measured is among what the viewer loads"


def test_nothing_is_made_again_when_nothing_changed(gallery: GalleryFolder) -> None:
    first = build(gallery.root, gallery.root / "public")
    again = build(gallery.root, gallery.root / "public")
    assert first.made == first.files == again.files
    assert again.made == 0


def test_one_edit_makes_its_own_pages_and_the_lists_again(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "search: false\n")
    for slug in ("a", "b"):
        graph(gallery, slug, 1)
    build(gallery.root, gallery.root / "public")
    gallery.write("site_src/write-ups/a.md", "New words.\n")
    report = build(gallery.root, gallery.root / "public")
    assert report.made == 5  # the page, its data, what edits it, its features, the graph: one unit
    gallery.write("site_src/write-ups/a.md", "---\ntitle: New\n---\nNew words.\n")
    report = build(gallery.root, gallery.root / "public")
    # And what lists the title: gallery and model, with what programs read of each, comparing, and
    # its four features, each with what viewers look up.
    assert report.made == 5 + 5 + 8


def test_many_pages_are_made_by_many_processes_alike(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    for number in range(80):
        gallery.write(f"site_src/pages/page-{number}.md", f"Page *{number}*\n")
    build(gallery.root, tmp_path / "one", processes=1)
    build(gallery.root, tmp_path / "two", processes=2)
    assert site(tmp_path / "one") == site(tmp_path / "two")


def test_mistakes_found_by_other_processes_keep_their_places(gallery: GalleryFolder) -> None:
    for number in range(80):
        gallery.write(f"site_src/pages/page-{number}.md", "[x](node:1_3_4)\n")
    with pytest.raises(Problems, match=r"page-7\.md:1:5: `node:1_3_4` needs a graph") as caught:
        build(gallery.root, gallery.root / "public", processes=2)
    assert len(caught.value.problems) == 80


def test_a_killed_build_leaves_the_old_site_and_the_next_one_goes_on(
    gallery: GalleryFolder,
) -> None:
    out = gallery.root / "public"
    build(gallery.root, out)
    before = site(out)
    gallery.write("site_src/site.yaml", "title: Other\n")
    code = (
        "import sys, time, pathlib; from tracer.site import build as b\n"
        "b.link_problems = lambda *a: (print('now', flush=True), time.sleep(60))\n"
        "b.build(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1]) / 'public')\n"
    )
    command = [sys.executable, "-c", code, str(gallery.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    assert site(out) == before
    (left,) = gallery.root.glob(".public.*.tmp")
    os.utime(left, (time.time() - 7200,) * 2)
    build(gallery.root, out)
    assert b"Other" in site(out)["index.html"]
    assert list(gallery.root.glob(".public.*.tmp")) == []


def test_there_is_a_site_at_every_moment(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).touch()
    if not exchange(one, other):
        pytest.fail("this system cannot exchange folders; builds fall back to two renames")
    assert (one / "other").exists() and (other / "one").exists()


def test_a_system_that_cannot_exchange_folders_replaces_them_too(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "exchange", lambda one, other: False)
    build(gallery.root, gallery.root / "public")
    gallery.write("site_src/site.yaml", "title: Other\n")
    build(gallery.root, gallery.root / "public")
    assert b"Other" in site(gallery.root / "public")["index.html"]


def test_a_file_system_without_second_names_gets_copies(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not here")

    build(gallery.root, gallery.root / "public")
    before = site(gallery.root / "public")
    monkeypatch.setattr(os, "link", refuse)
    build(gallery.root, gallery.root / "public")
    assert site(gallery.root / "public") == before


def test_a_read_only_output_is_one_clear_line(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(gallery.root, gallery.root / "public")
    before = site(gallery.root / "public")
    gallery.write("site_src/site.yaml", "title: Other\n")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(TracerError, match=r"public: this folder is read-only; make it writable"):
        build(gallery.root, gallery.root / "public")
    assert site(gallery.root / "public") == before


def test_a_gallery_that_cannot_be_written_builds_all_the_same(
    gallery: GalleryFolder, tmp_path: Path
) -> None:
    gallery.write(".tracer", "in the way")
    build(gallery.root, tmp_path / "public")
    report = build(gallery.root, tmp_path / "public")
    assert report.made == report.files
    assert (tmp_path / "public" / MARKER).exists()


def test_another_address_is_another_site(gallery: GalleryFolder) -> None:
    out = gallery.root / "public"
    build(gallery.root, out, base_url="https://example.org/sub")
    made = site(out)
    assert b'href="https://example.org/sub/graphs/' in made["graphs/france-paris/index.html"]
    assert b'href="/sub/assets/' in made["404.html"]
    with pytest.raises(TracerError, match="nonsense is no web address"):
        build(gallery.root, out, base_url="nonsense")


def test_strict_builds_stop_at_warnings(gallery: GalleryFolder) -> None:
    gallery.write("site_src/files/a.png", "")
    build(gallery.root, gallery.root / "public")
    with pytest.raises(Problems, match=r"a\.png: nothing reads this"):
        build(gallery.root, gallery.root / "public", strict=True)
