"""What whoever comes by a link finds: what this is, where to start, pages at the foot."""

from __future__ import annotations

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.errors import Problems
from tracer.site.build import build

STEPS = """\
start:
  - {title: How, to: how-to-read/, about: In steps.}
  - {title: Paris, to: graphs/france-paris/}
"""


@pytest.fixture
def begun(gallery: GalleryFolder) -> GalleryFolder:
    gallery.write("site_src/pages/how-to-read.md", "---\ntitle: How\norder: 1\n---\nA text.\n")
    gallery.write(
        "site_src/pages/glossary.md", "---\ntitle: Words\nfoot: true\n---\n## Logit\n\nA.\n"
    )
    gallery.write("site_src/site.yaml", STEPS)
    return gallery


def made(gallery: GalleryFolder, path: str) -> str:
    build(gallery.root, gallery.root / "public")
    return (gallery.root / "public" / path / "index.html").read_text(encoding="utf-8")


def test_every_graph_and_the_front_page_say_what_this_is(begun: GalleryFolder) -> None:
    sentence = "An attribution graph is a map of"
    page, front = made(begun, "graphs/france-paris"), made(begun, ".")
    assert sentence in page and '<a href="../../how-to-read/">How to read one</a>' in page
    assert sentence in front and '<a href="./how-to-read/">How to read one</a>' in front
    begun.write("site_src/site.yaml", "")
    (begun.root / "site_src" / "pages" / "how-to-read.md").unlink()
    assert sentence in made(begun, ".") and "How to read one" not in made(begun, ".")


def test_start_here_lists_its_steps_and_each_leads_to_the_next(begun: GalleryFolder) -> None:
    front = made(begun, ".")
    assert '<li><a href="./how-to-read/" dir="auto">How</a> <span dir="auto">In steps.' in front
    how = made(begun, "how-to-read")
    assert 'Start here”, 1 of 2. Next: <a href="../graphs/france-paris/" dir="auto">Paris' in how
    assert "Start here" not in made(begun, "graphs/france-paris")


def test_a_comparison_is_found_from_the_front_and_from_both_of_its_graphs(
    begun: GalleryFolder,
) -> None:
    make_graph(slug="rome").save(begun.root / "graphs" / "rome" / "1.json")
    text = begun.write(
        "site_src/comparisons/france-paris--rome.md", "---\ntitle: Two cities\n---\nA text.\n"
    )
    link = '<a href="{}compare/france-paris/rome/" dir="auto">{}</a>'
    assert link.format("./", "Two cities") in made(begun, ".")
    for graph in ("france-paris", "rome"):
        assert link.format("../../", "Two cities") in made(begun, f"graphs/{graph}")
    text.write_text("---\ntitle: Cities\n---\nA text.\n", encoding="utf-8")
    assert link.format("../../", "Cities") in made(begun, "graphs/rome")
    text.write_text("A text.\n", encoding="utf-8")
    assert link.format("./", "france-paris · rome") in made(begun, ".")
    text.unlink()
    assert "compare/france-paris" not in made(begun, ".") + made(begun, "graphs/rome")


def test_a_step_that_leads_nowhere_is_told_at_its_line(begun: GalleryFolder) -> None:
    begun.write("site_src/site.yaml", STEPS.replace("france-paris", "france"))
    with pytest.raises(Problems) as caught:
        build(begun.root, begun.root / "public")
    assert any("site.yaml:3:" in str(one) for one in caught.value.problems)


def test_pages_of_the_foot_are_not_in_the_head(begun: GalleryFolder) -> None:
    head, foot = made(begun, ".").split("<footer")
    assert "./how-to-read/" in head and "glossary/" not in head and "glossary/" in foot


def test_a_text_shows_a_graph_to_explore_and_leaves_out_what_is_not_there(
    begun: GalleryFolder,
) -> None:
    step, absent = "::: circuit? france-paris at words\nWords.", "::: circuit? gone\nX"
    text = f"{step}\n\n::: explore france-paris\n\n{absent}\n"
    begun.write("site_src/pages/how-to-read.md", text)
    page = made(begun, "how-to-read")
    assert 'class="lighting circuit wide"' in page and "viewer/main.js" in page
    assert 'data-graph="../graphs/france-paris/' in page and ">X<" not in page
