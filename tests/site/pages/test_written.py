from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.errors import Problems
from tracer.site.build import build
from tracer.site.content.addresses import page_here, write_up_here
from tracer.site.content.texts import load_markdown
from tracer.site.pages.written import Prose
from tracer.site.survey.survey import load_gallery
from tracer.site.wording.direction import direction

TEMPLATES = Path(__file__).parents[3] / "templates"


def page(gallery: GalleryFolder, path: str) -> str:
    return (gallery.root / "public" / path / "index.html").read_text()


def built(gallery: GalleryFolder, path: str) -> str:
    build(gallery.root, gallery.root / "public")
    return page(gallery, path)


@pytest.fixture
def two(gallery: GalleryFolder) -> GalleryFolder:
    make_graph().save(gallery.root / "graphs" / "other" / "1.json")
    return gallery


def test_a_figure_is_a_picture_with_caption_and_link_on_any_page(two: GalleryFolder) -> None:
    two.write("site_src/pages/about.md", "# A\n\n::: circuit other\nHow *it* goes.\n:::\n\nmore\n")
    html = built(two, "about")
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert '<svg class="circuit narrow"' in figure
    assert '<figcaption dir="auto">How <em>it</em> goes.</figcaption>' in figure
    assert '<a href="../graphs/other/">Open this graph</a>' in figure
    assert '<p dir="auto">more</p>' in html


def test_boxes_of_a_figure_select_nodes_on_their_own_graphs_page(two: GalleryFolder) -> None:
    two.write("site_src/pages/about.md", "::: circuit other\n")
    html = built(two, "about")
    assert re.search(r'href="\.\./graphs/other/\?\w+=[^"]+#viewer"', html)
    assert "data-nodes" not in html


def test_a_figure_of_the_pages_own_graph_selects_in_place(gallery: GalleryFolder) -> None:
    gallery.write("site_src/write-ups/france-paris.md", "::: circuit france-paris\nHere.\n")
    html = built(gallery, "graphs/france-paris")
    figure = html[html.index('<figure class="circuit-figure"') :]
    figure = figure[: figure.index("</figure>")]
    assert 'href="?' in figure and "data-nodes" in figure
    assert "Open this graph" not in figure


def test_two_circuits_stand_side_by_side(two: GalleryFolder) -> None:
    two.write("site_src/pages/about.md", "::: compare france-paris other\n")
    html = built(two, "about")
    assert html.count("<figure") == 1
    assert html.count('<div class="circuit-frame">') == 2


@pytest.mark.parametrize("there", [True, False])
def test_two_circuits_link_to_the_page_that_compares_where_there_is_one(
    two: GalleryFolder, there: bool
) -> None:
    text = two.write("site_src/pages/about.md", "::: compare france-paris other\nBoth.\n")
    gallery = load_gallery(two.root)

    def show(template: str, **values: Any) -> str:
        environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
        environment.filters["direction"] = direction
        return environment.get_template(template).render(**values)

    prose = Prose(gallery, show, comparing=there)
    html = str(prose.page("about", load_markdown(text)))
    assert ('href="../compare/?a=france-paris&amp;b=other"' in html) == there


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n\n::: circuit othr", ":3:1: there is no graph `othr`; did you mean `other`?"),
        ("- ::: circut other", ":1:3: there is no figure `circut`; did you mean `circuit`?"),
        ("::: compare other", ":1:1: `::: compare` takes 2 slugs, not 1"),
        ("::: circuit ../../etc", ":1:1: there is no graph `../../etc`"),
    ],
)
def test_a_wrong_figure_is_told_with_its_place(two: GalleryFolder, text: str, message: str) -> None:
    two.write("site_src/pages/about.md", text)
    with pytest.raises(Problems, match=re.escape(f"about.md{message}")):
        build(two.root, two.root / "public")


def test_a_link_may_name_the_source_file(two: GalleryFolder) -> None:
    two.write("site_src/write-ups/other.md", "## Roads\n\nx\n")
    two.write("site_src/pages/about.md", "[x](../write-ups/other.md#roads) [y](about.md)\n")
    html = built(two, "about")
    assert 'href="../graphs/other/#roads"' in html
    assert 'href="../about/"' in html


def test_links_of_a_write_up_hold_on_the_page_of_an_older_revision_too(two: GalleryFolder) -> None:
    make_graph().save(two.root / "graphs" / "other" / "2.json")
    two.write("site_src/write-ups/other.md", "[x](../france-paris/) ![w](../files/a.svg)\n")
    two.write("site_src/files/a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert 'href="../../graphs/france-paris/"' in built(two, "graphs/other")
    assert 'href="../../../graphs/france-paris/"' in page(two, "graphs/other/1")
    assert 'src="../../../files/a.svg"' in page(two, "graphs/other/1")


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("../graphs/othr/", "leads nowhere; did you mean"),
        ("../write-ups/othr.md", "leads nowhere; did you mean"),
        ("../graphs/other/#nowhere", "names a place that the page `graphs/other/index.html` has"),
        ("../../../../etc/passwd", "leads nowhere"),
    ],
)
def test_a_broken_link_or_anchor_is_told_at_its_source(
    two: GalleryFolder, link: str, message: str
) -> None:
    two.write("site_src/pages/about.md", f"---\ntitle: A\n---\nsee\nthe [x]({link})\n")
    with pytest.raises(Problems, match=re.escape(message)) as caught:
        build(two.root, two.root / "public")
    (problem,) = caught.value.problems
    assert str(problem.place).endswith("site_src/pages/about.md:5:9")


def test_a_broken_link_of_a_note_is_told_in_the_annotation_file(gallery: GalleryFolder) -> None:
    gallery.write(
        "site_src/annotations/france-paris.yaml",
        "counterpoints:\n  - {name: Bo, date: 2026-01-01, text: 'No: [x](../othr/)'}\n",
    )
    with pytest.raises(Problems, match=r"france-paris\.yaml:2:40: the link"):
        build(gallery.root, gallery.root / "public")


def test_a_file_that_lies_outside_is_not_published(two: GalleryFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("s")
    (two.root / "site_src" / "files").mkdir(parents=True)
    (two.root / "site_src" / "files" / "a.txt").symlink_to(secret)
    with pytest.raises(Problems, match=r"files/a\.txt: this is a link to a file elsewhere"):
        build(two.root, two.root / "public")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.html", "<script>alert(1)</script>", "`.html` files are not published from here"),
        ("a.svg", "<svg><script>alert(1)</script></svg>", "this is no drawing"),
        ("a.js", "alert(1)", "`.js` files are not published from here"),
    ],
)
def test_files_that_could_run_are_refused(
    two: GalleryFolder, name: str, text: str, message: str
) -> None:
    two.write(f"site_src/files/{name}", text)
    with pytest.raises(Problems, match=message):
        build(two.root, two.root / "public")


def test_two_files_that_differ_only_in_capitals_are_refused(two: GalleryFolder) -> None:
    two.write("site_src/files/Plot.png", "x")
    two.write("site_src/files/plot.png", "y")
    with pytest.raises(Problems, match=r"differs from Plot\.png only in capital letters"):
        build(two.root, two.root / "public")


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("x/", "../graphs/a/x/"),
        ("../b/", "../graphs/b/"),
        ("b.md", "../graphs/b/"),
        ("../pages/p.md?q=1#r", "../p/?q=1#r"),
        ("../files/a b.png", "../files/a b.png"),
        ("../..", "../"),
        ("#x", "#x"),
        ("https://example.org/x.md", "https://example.org/x.md"),
        ("/x", "/x"),
        ("mailto:a@example.org", "mailto:a@example.org"),
        ("?q=1", "?q=1"),
    ],
)
def test_addresses(link: str, written: str) -> None:
    assert write_up_here("a", "../").address(link) == written


def test_a_pages_links_are_below_its_own_address() -> None:
    assert page_here("about").address("../how/") == "../how/"
    assert page_here("about").address("x/") == "../about/x/"
