"""One file that cannot be read is one error: what hangs on it is unknown, and is not judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import make_graph
from tests.galleries import GalleryFolder
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.checks.findings import Finding

OTHER = "graphs/rome/1.json"
ANNOTATIONS = """\
revision: 1
labels:
  "1_3": {text: x, note: "![a](../files/a.png)"}
groups:
  g: {name: g, nodes: ["1_9"]}
claims:
  - id: c
    swap: {group: g, with: {graph: %s, group: g}}
    expect: {token: " Paris", p_falls_by: 0.5}
    holds: true
"""
WARNINGS = {
    "written for revision 1, and there is 2 now",
    "the claim `c` has not been tested",
    "the newest graph answers another question than the list asks",
}


@pytest.fixture
def full(gallery: GalleryFolder) -> GalleryFolder:
    """A gallery where every kind of file hangs on every other."""
    graph = make_graph(slug="rome")
    graph.save(gallery.root / OTHER)
    graph.save(gallery.root / "graphs" / "rome" / "2.json")
    figures = "::: circuit rome\n\n::: circuit france-paris\n\n::: compare rome france-paris\n"
    links = "[g](group:g) [n](node:1_3_4) ![a](../files/a.png) 0_7_4, 1_3_4, 1_9_5.\n\n"
    gallery.write("site_src/site.yaml", "authors: [{name: Ann Lee}]\nsearch: false\n")
    gallery.write(
        "site_src/prompts.yaml",
        "graphs:\n  - {slug: france-paris, prompt: The capital of France is, tags: [city]}\n"
        "  - {slug: rome, prompt: The capital of France is}\n  - {slug: yen, prompt: x}\n",
    )
    front = "---\nauthors: [Ann Lee]\ntags: [city]\n---\n"
    gallery.write("site_src/write-ups/france-paris.md", front + links + figures)
    gallery.write("site_src/write-ups/rome.md", front + links + figures + "[y](../pages/about.md)")
    gallery.write("site_src/write-ups/yen.md", "not traced yet\n")
    gallery.write("site_src/annotations/yen.yaml", "pins: []\n")
    gallery.write("site_src/annotations/france-paris.yaml", ANNOTATIONS % "rome")
    gallery.write("site_src/annotations/rome.yaml", ANNOTATIONS % "france-paris")
    gallery.write("site_src/labels/tiny.neurons.yaml", 'labels: {"0_7": {text: x}}\n')
    gallery.write(
        "site_src/comparisons/france-paris--rome.md",
        f"{figures}![b](../files/b.png) [about](../pages/about.md)\n",
    )
    gallery.write(
        "site_src/pages/about.md",
        f"{figures}[w](../write-ups/rome.md) [c](../compare/france-paris/rome/)\n",
    )
    gallery.write("site_src/files/a.png", "")
    gallery.write("site_src/files/b.png", "")
    gallery.write("features/tiny.neurons/1_3.json", '{"index": 3, "examples_quantiles": []}')
    versions = dict.fromkeys(("tracer", "torch", "transformers", "precision"), "1")
    evidence = {"graph_id": "0" * 64, "claims": [], "versions": versions}
    gallery.write("graphs/rome/2.evidence.json", json.dumps(evidence))
    gallery.write("templates/parts/card.html", "<p>{{ page.title }}</p>\n")
    gallery.write("templates/parts/figure.html", "<p>{{ caption }}</p>\n")
    return gallery


Break = Callable[[str], str]
BREAKS: dict[str, tuple[str, Break]] = {
    "a tab in the prompt list": (
        "site_src/prompts.yaml",
        lambda text: text.replace("  - {", "\t-", 1),
    ),
    "a prompt without a prompt": (
        "site_src/prompts.yaml",
        lambda text: text.replace(", prompt: x}", "}"),
    ),
    "a key in the settings": ("site_src/site.yaml", lambda text: f"titel: x\n{text}"),
    "no YAML in the settings": ("site_src/site.yaml", lambda text: f"{text}title: [\n"),
    "front matter of a write-up": (
        "site_src/write-ups/rome.md",
        lambda text: f"---\na: 1{text[3:]}",
    ),
    "no end of front matter": (
        "site_src/write-ups/france-paris.md",
        lambda text: text.replace("]\n---\n", "]\n"),
    ),
    "a claim without a bound": (
        "site_src/annotations/rome.yaml",
        lambda text: text.replace(", p_falls_by: 0.5", ""),
    ),
    "an annotation that is no YAML": (
        "site_src/annotations/france-paris.yaml",
        lambda text: f"{text}\tx",
    ),
    "labels": (
        "site_src/labels/tiny.neurons.yaml",
        lambda text: text.replace("text: x", "text: 3"),
    ),
    "front matter of a comparison": (
        "site_src/comparisons/france-paris--rome.md",
        lambda text: f"---\na: 1\n---\n{text}",
    ),
    "front matter of a page": ("site_src/pages/about.md", lambda text: f"---\na: 1\n---\n{text}"),
    "a figure's name": (
        "site_src/pages/about.md",
        lambda text: text.replace("::: circuit rome", "::: circuit rom"),
    ),
    "the newest graph, cut short": ("graphs/rome/2.json", lambda text: text[: len(text) // 2]),
    "an older graph": (OTHER, lambda text: text[: len(text) // 2]),
    "a graph of another format": ("graphs/france-paris/1.json", lambda text: '{"nodes": 3}'),
    "evidence": ("graphs/rome/2.evidence.json", lambda text: text[:-1]),
    "examples of a feature": ("features/tiny.neurons/1_3.json", lambda text: text[:-1]),
    "a template of every card": ("templates/parts/card.html", lambda text: f"{text}{{% if %}}"),
    "a template of every figure": ("templates/parts/figure.html", lambda text: "{{ nothing.x }}"),
}


def errors(found: list[Finding], root: Path) -> list[str]:
    return [str(one.problem).replace(f"{root}/", "") for one in found if one.level == "error"]


def test_nothing_is_wrong_with_it(full: GalleryFolder) -> None:
    found = check(full.root)
    assert errors(found, full.root) == []
    assert {one.problem.message for one in found if one.level == "warning"} == WARNINGS
    build(full.root, full.root / "public")


@pytest.mark.parametrize(("path", "spoil"), BREAKS.values(), ids=BREAKS)
def test_one_broken_file_is_one_error(full: GalleryFolder, path: str, spoil: Break) -> None:
    file = full.root / path
    spoilt = spoil(file.read_text())
    assert spoilt != file.read_text()
    file.write_text(spoilt)
    found = check(full.root)
    (told,) = errors(found, full.root)
    assert told.startswith(f"{path}:")
    assert {one.problem.message for one in found if one.level == "warning"} <= WARNINGS
    with pytest.raises(TracerError) as caught:
        build(full.root, full.root / "public")
    assert str(caught.value).replace(f"{full.root}/", "") == told


def test_mistakes_that_do_not_hang_on_it_are_told_along_with_it(full: GalleryFolder) -> None:
    full.write("site_src/annotations/rome.yaml", "groups: {g: {}}\n")
    file = full.root / "site_src" / "write-ups" / "rome.md"
    file.write_text(f"{file.read_text()}\n[x](node:9_9_9) [y](group:h)\n")
    full.write("site_src/write-ups/rom.md", "x")
    assert [one.partition(";")[0] for one in errors(check(full.root), full.root)] == [
        "site_src/write-ups/rom.md: there is no graph `rom`",
        "site_src/annotations/rome.yaml:1:13: `name` is missing",
        "site_src/annotations/rome.yaml:1:13: `nodes` is missing",
        "site_src/write-ups/rome.md:13:5: the graph has no node `9_9_9`",
    ]
