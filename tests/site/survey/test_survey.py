from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.errors import Problems, TracerError
from tracer.site.content.texts import load_markdown
from tracer.site.survey.survey import load_gallery, survey


def messages(gallery: GalleryFolder) -> list[str]:
    return [
        str(problem).replace(f"{gallery.root}/", "") for problem in survey(gallery.root).problems
    ]


def test_a_graph_nobody_has_written_about_is_an_entry(gallery: GalleryFolder) -> None:
    (entry,) = load_gallery(gallery.root).entries
    assert (entry.slug, entry.revision, entry.write_up, entry.tags) == ("france-paris", 1, None, ())


def test_front_matter_and_prompt_list_both_give_tags(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "---\ntags: [b, a]\n---\nx\n")
    prompts = "graphs:\n  - {slug: france-paris, prompt: x, tags: [a, c]}\n"
    gallery.write("site_src/prompts.yaml", prompts)
    assert load_gallery(gallery.root).entries[0].tags == ("a", "c", "b")


def test_front_matter_is_read_and_the_body_keeps_its_line_numbers(gallery: GalleryFolder) -> None:
    text = "---\ntitle: T\ndate: 2026-01-02\nauthors: [Ann]\n---\nfirst\n"
    page = load_markdown(gallery.write("site_src/pages/p.md", text))
    assert page.meta.title == "T"
    assert page.meta.date == datetime.date(2026, 1, 2)
    assert page.body.split("\n")[5] == "first"


def test_windows_line_ends_make_no_difference(gallery: GalleryFolder) -> None:
    file = gallery.root / "x.md"
    file.write_bytes(b"---\r\ntitle: T\r\n---\r\nbody\r\n")
    assert load_markdown(file).meta.title == "T"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\ntitel: T\n---\n", ":2:1: unknown key `titel`; did you mean `title`?"),
        ("---\ntitle: T\n", ":1:1: the front matter has no end; close it with a line `---`"),
        ("---\na: 1\norder: high\n---\n", ":2:1: unknown key `a`"),
        ("---\ndate: soon\n---\n", ":2:7: `date`:"),
    ],
)
def test_a_mistake_in_front_matter_is_told_with_its_place(
    gallery: GalleryFolder, text: str, message: str
) -> None:
    file = gallery.write("x.md", text)
    with pytest.raises(TracerError) as caught:
        load_markdown(file)
    assert f"{file}{message}" in str(caught.value)


def test_dangling_references_of_annotations_are_told_with_place_and_near_match(
    gallery: GalleryFolder,
) -> None:
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        'labels:\n  "1_3_5": {text: x}\n'
        'groups:\n  g: {name: g, nodes: ["1_9_5", "0_8_4"]}\n'
        'pins: ["8_8_8"]\n',
    )
    assert messages(gallery) == [
        "site_src/annotations/france-paris.yaml:2:3: no node matches `1_3_5`; the feature is there "
        "at another position; `1_3` means all of them",
        "site_src/annotations/france-paris.yaml:4:33: no node matches `0_8_4`; did you mean "
        "`0_7_4`?",
        "site_src/annotations/france-paris.yaml:5:8: no node matches `8_8_8`; node ids are in the "
        "graph's file and in the viewer's node panel",
    ]


def test_annotations_for_a_revision_that_is_not_there(gallery: GalleryFolder) -> None:
    gallery.write("site_src/annotations/france-paris.yaml", "revision: 7\n")
    assert messages(gallery) == [
        "site_src/annotations/france-paris.yaml:1:11: the graph has no revision 7; there is 1"
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("site_src/write-ups/france-pari.md", "did you mean `france-paris`?"),
        ("site_src/annotations/france-paris.yml", "only `.yaml` files belong here"),
        ("site_src/pages/Über uns.md", "a slug is lower-case words"),
        ("site_src/pages/graphs.md", "an address that the site itself uses"),
    ],
)
def test_a_file_that_belongs_to_nothing_is_an_error(
    gallery: GalleryFolder, path: str, message: str
) -> None:
    gallery.write(path, "")
    assert any(path in found and message in found for found in messages(gallery))


def test_what_is_left_of_a_graph_is_a_warning(gallery: GalleryFolder) -> None:
    gallery.write("site_src/annotations/zebra.yaml", "")
    found = survey(gallery.root)
    assert messages(gallery) == []
    told = [str(one).replace(f"{gallery.root}/", "") for one in found.warnings]
    what = "there is no graph `zebra`, so nobody sees this; trace it, or remove zebra.yaml"
    assert told == [f"site_src/annotations/zebra.yaml: {what}"]


def test_all_mistakes_are_told_at_once(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "titel: x\n")
    gallery.write("site_src/prompts.yaml", "graphs: 3\n")
    gallery.write("graphs/cut/1.json", '{"metadata": ')
    with pytest.raises(Problems) as caught:
        load_gallery(gallery.root)
    assert len(caught.value.problems) >= 3
    assert "graphs/cut/1.json:1" in str(caught.value)
    assert "cut short" in str(caught.value)


def test_what_is_only_odd_is_a_note(gallery: GalleryFolder) -> None:
    gallery.write("site_src/prompts.yaml", "graphs:\n  - {slug: other, prompt: x}\n")
    found = survey(gallery.root)
    assert not found.problems
    notes = [str(note) for note in found.notes]
    assert any("france-paris: this graph is not on the prompt list" in note for note in notes)
    assert any("yaml:2:5: `other` has no graph yet" in note for note in notes)


def test_drafts_are_left_out_unless_asked_for(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "---\ndraft: true\n---\n")
    assert load_gallery(gallery.root).entries == ()
    assert len(load_gallery(gallery.root, drafts=True).entries) == 1


def test_featured_then_order_then_slug(gallery: GalleryFolder) -> None:
    for slug, meta in [("a", ""), ("b", "order: 1"), ("c", "featured: true")]:
        make_graph().save(gallery.root / "graphs" / slug / "1.json")
        gallery.write(f"site_src/write-ups/{slug}.md", f"---\n{meta}\n---\n")
    slugs = [entry.slug for entry in load_gallery(gallery.root).entries]
    assert slugs == ["c", "b", "a", "france-paris"]


def test_a_folder_that_is_no_gallery(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="is no gallery"):
        load_gallery(tmp_path)
