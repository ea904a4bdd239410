from __future__ import annotations

import json
import re

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.documents.front_matter import FrontMatter
from tracer.errors import Problems
from tracer.site.build import build
from tracer.site.graph.summary import Summary
from tracer.site.pages import paged
from tracer.site.pages.listings import by_behaviour, listing_folder, listings
from tracer.site.survey.survey import survey


def test_each_tag_and_model_has_a_page_with_its_graphs(gallery: GalleryFolder) -> None:
    make_graph(scan="x").save(gallery.root / "graphs" / "other" / "1.json")
    gallery.write("site_src/write-ups/france-paris.md", "---\ntags: [multi-step, Köln]\n---\n")
    gallery.write("site_src/write-ups/other.md", "---\ntags: [multi-step]\n---\n")
    build(gallery.root, gallery.root / "public")

    def page(path: str) -> str:
        return (gallery.root / "public" / path / "index.html").read_text()

    both = page("tags/multi-step")
    assert 'href="../../graphs/france-paris/"' in both and 'href="../../graphs/other/"' in both
    (one,) = set(re.findall(r'href="\./(tags/k[^"]+)"', page("")))
    assert 'href="../../graphs/other/"' not in page(one)
    assert "multi-step</a>: 2 graphs" in page("tags")
    assert "tiny</a>: 2 graphs" in page("models")
    assert 'href="../../tags/multi-step/"' in page("graphs/other")


def test_a_gallery_without_tags_has_no_page_of_tags(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    assert not (gallery.root / "public" / "tags").exists()
    assert 'href="./tags/"' not in (gallery.root / "public" / "index.html").read_text()


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("multi-step", "tags/multi-step/"),
        ("Two words", "tags/two-words/"),
        ("C", "tags/c/"),
        ("../../etc", "tags/etc-"),
        ("C++", "tags/c-"),
        ("東京", "tags/"),
    ],
)
def test_any_tag_has_an_address_of_its_own(name: str, folder: str) -> None:
    made = listing_folder("tags", name)
    assert made.startswith(folder)
    assert re.fullmatch(r"tags/[a-z0-9-]+/", made)


def test_tags_that_differ_only_in_capitals_are_told(gallery: GalleryFolder) -> None:
    make_graph().save(gallery.root / "graphs" / "other" / "1.json")
    gallery.write("site_src/write-ups/france-paris.md", "---\ntags: [Code]\n---\n")
    gallery.write("site_src/write-ups/other.md", "---\ntitle: x\ntags: [a, code]\n---\n")
    (problem,) = survey(gallery.root).problems
    assert "other.md:3:11: the tag `code` is written `Code` elsewhere" in str(problem)


def test_a_navigation_of_ones_own(gallery: GalleryFolder) -> None:
    gallery.write("site_src/pages/about.md", "x\n")
    gallery.write(
        "site_src/site.yaml",
        "navigation: [{title: A, to: about/}, {title: B, to: 'https://example.org/'}]\n",
    )
    build(gallery.root, gallery.root / "public")
    page = (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()
    assert '<a href="../../about/" dir="auto">A</a>' in page
    assert '<a href="https://example.org/" dir="auto">B</a>' in page


def test_a_navigation_that_leads_nowhere_is_told_once_with_its_place(
    gallery: GalleryFolder,
) -> None:
    gallery.write("site_src/site.yaml", "navigation:\n  - {title: A, to: abuot/}\n")
    gallery.write("site_src/pages/about.md", "x\n")
    with pytest.raises(Problems) as caught:
        build(gallery.root, gallery.root / "public")
    (problem,) = caught.value.problems
    assert re.search(r"site\.yaml:2:20: the link `.*abuot/` leads nowhere", str(problem))
    assert "did you mean `about/index.html`?" in str(problem)


def test_colours_are_a_style_sheet_of_the_assets(gallery: GalleryFolder) -> None:
    build(gallery.root, gallery.root / "public")
    (before,) = (gallery.root / "public" / "assets").iterdir()
    gallery.write("site_src/site.yaml", "theme: {light: {accent: '#123456'}}\n")
    build(gallery.root, gallery.root / "public")
    (after,) = (gallery.root / "public" / "assets").iterdir()
    assert after.name != before.name
    assert "--accent: #123456" in (after / "styles" / "theme.css").read_text()
    page = (gallery.root / "public" / "index.html").read_text()
    order = [page.index(f"styles/{name}.css") for name in ("tokens", "theme", "site")]
    assert order == sorted(order)
    assert "style=" not in page


def test_an_author_with_an_address_is_a_link(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", "authors: [{name: Ann, url: 'https://example.org/ann'}]\n")
    gallery.write("site_src/write-ups/france-paris.md", "---\nauthors: [Ann, Bo]\n---\n")
    build(gallery.root, gallery.root / "public")
    page = (gallery.root / "public" / "graphs" / "france-paris" / "index.html").read_text()
    assert 'By <a href="https://example.org/ann" dir="auto">Ann</a>, <bdi>Bo</bdi>.' in page


def test_names_stand_by_the_alphabet_and_pages_in_the_gallerys_order() -> None:
    tags = {"zebra": ["gamma", "Beta"], "ant": ["beta", "alpha", "Beta"], "cat": ["Beta"]}
    pages = [
        Summary(folder=name, title=name, meta=FrontMatter(), tags=(*t,)) for name, t in tags.items()
    ]
    found = listings("tags", pages)
    assert [one.name for one in found] == ["alpha", "Beta", "beta", "gamma"]
    assert [page.title for page in found[1].pages] == ["zebra", "ant", "cat"]


def test_the_gallery_shows_featured_graphs_first_then_by_order_then_by_name(
    gallery: GalleryFolder,
) -> None:
    for slug, matter in {
        "d-first": "featured: true\norder: 2",
        "e-second": "featured: true",
        "f-third": "order: 1",
        "c-fourth": "order: 2",
        "a-fifth": "title: A",
    }.items():
        make_graph(slug=slug).save(gallery.root / "graphs" / slug / "1.json")
        gallery.write(f"site_src/write-ups/{slug}.md", f"---\n{matter}\n---\n")
    build(gallery.root, gallery.root / "public")
    page = (gallery.root / "public" / "index.html").read_text()
    shown = list(dict.fromkeys(re.findall(r'href="\./graphs/([^/"]+)/"', page)))
    assert shown == ["d-first", "e-second", "f-third", "c-fourth", "a-fifth", "france-paris"]


def test_long_lists_are_told_on_several_pages_that_need_no_script(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paged, "ON_A_PAGE", 2)
    for number in range(4):
        make_graph(slug=f"g-{number}").save(gallery.root / "graphs" / f"g-{number}" / "1.json")
        gallery.write(f"site_src/write-ups/g-{number}.md", "---\ntags: [many]\n---\n")
    build(gallery.root, gallery.root / "public")
    public, seen = gallery.root / "public", []
    page = public / "index.html"
    for _ in range(3):
        text = page.read_text()
        seen += re.findall(r'<h2 dir="auto"><a href="(?:\.\./)*(?:\./)?graphs/([^/"]+)/"', text)
        onward = re.search(r'rel="next" href="([^"]+)"', text)
        if onward is None:
            break
        page = page.parent / onward[1] / "index.html"
    assert sorted(seen) == ["france-paris", "g-0", "g-1", "g-2", "g-3"]
    assert page.resolve() == (public / "page" / "3" / "index.html").resolve()
    assert "1 to 2 of 5" in (public / "index.html").read_text()
    tag = (public / "tags" / "many" / "page" / "2" / "index.html").read_text()
    assert tag.count('class="card"') == 2 and "4 graphs with this tag" in tag
    assert 'href="../../../../tags/many/"' in tag


def test_the_front_page_groups_graphs_by_what_the_model_does() -> None:
    def card(name: str, *tags: str) -> Summary:
        return Summary(folder=f"graphs/{name}/", title=name, meta=FrontMatter(), tags=tags)

    cards = [card("a", "copying"), card("b", "facts", "copying"), card("c", "copying"), card("d")]
    groups = by_behaviour(cards)
    told = [(name, [one.title for one in found]) for name, found in groups]
    assert told == [("copying", ["a", "c"]), ("others", ["b", "d"])]
    assert by_behaviour(cards[1:]) == [("", cards[1:])]  # each alone with its tag
    assert by_behaviour([cards[0], cards[2]]) == [("", [cards[0], cards[2]])]


def test_the_front_page_begins_with_a_circuit_and_what_was_found(gallery: GalleryFolder) -> None:
    text = "---\ntitle: Paris\nsummary: It reads France.\n---\n"
    gallery.write("site_src/write-ups/france-paris.md", text)
    build(gallery.root, gallery.root / "public")
    front = (gallery.root / "public" / "index.html").read_text()
    shown = front.partition('<figure class="front-picture">')[2].partition("</figure>")[0]
    assert "<svg" in shown and "It reads France." in shown
    assert 'href="./graphs/france-paris/"' in shown


def test_each_page_of_a_list_is_there_for_programs_and_leads_to_the_next(
    gallery: GalleryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paged, "ON_A_PAGE", 1)
    make_graph(scan="x").save(gallery.root / "graphs" / "other" / "1.json")
    gallery.write("site_src/write-ups/other.md", "---\ntags: [multi-step]\n---\n")
    build(gallery.root, gallery.root / "public", processes=1)
    public, address, found = gallery.root / "public", "index.json", []
    while address:
        page = json.loads((public / address).read_text(encoding="utf-8"))
        html = (public / address).with_suffix(".html").read_text(encoding="utf-8")
        assert '<link rel="alternate" type="application/json" href="index.json">' in html
        found += page["cards"]
        address = page["next"]
    assert page["total"] == page["pages"] == len(found) == 2
    for one in found:
        assert (public / one["page"] / "index.html").is_file() and (public / one["json"]).is_file()
    (tagged,) = json.loads((public / "tags" / "multi-step" / "index.json").read_text())["cards"]
    assert tagged["page"] == "graphs/other/" and tagged["tags"] == ["multi-step"]
    graph = (public / "graphs" / "other" / "index.html").read_text(encoding="utf-8")
    assert 'type="application/json" href="../../graphs/other/1.json"' in graph
