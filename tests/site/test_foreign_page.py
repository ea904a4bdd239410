"""A graph of another program on its page, in feeds and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from tests.documents.exchange.test_import_graph import bring_in
from tests.foreign_graphs import foreign_graph, foreign_node
from tests.galleries import GalleryFolder
from tests.site.test_build import contents
from tests.site.test_publication import ATOM
from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.site.build import build
from tracer.site.check import check
from tracer.site.circuit.circuit import summarise
from tracer.site.graph.viewer_data import answer_rows, encode
from tracer.site.wording.answers import explained_answer

SITE = "title: Our gallery\nbase_url: https://example.org/sub\nsearch: false\n"
TEXT = "---\ntitle: What we found\ndate: 2026-02-03\nauthors: [Our Author]\n---\nText.\n"


def page_of(
    root: Path, graph: dict[str, Any], slug: str = "theirs"
) -> tuple[str, dict[str, bytes]]:
    bring_in(root, graph, slug=slug)
    GalleryFolder(root).write("site_src/site.yaml", SITE)
    build(root, root / "out")
    made = contents(root / "out")
    return made[f"graphs/{slug}/index.html"].decode(), made


def answering(clerp: str, **fields: Any) -> dict[str, Any]:
    graph = foreign_graph()
    graph["nodes"][-1] |= {"clerp": clerp} | fields
    return graph


@pytest.mark.parametrize(
    "clerp",
    [
        'output: "Austin" (p=0.6)',
        'Output " Austin" (p=0.6)',
        " Austin (p=60%)",
        "Austin",
        " Austin",
    ],
)
def test_one_reader_of_answers_for_all_places(clerp: str) -> None:
    graph = Graph.model_validate(answering(clerp))
    found = explained_answer(graph)
    assert found is not None
    assert (found.text, found.space) == ("Austin", " ")
    assert found.probability == pytest.approx(0.6)
    ((_, token, probability),) = answer_rows(graph)
    assert (token.strip(), probability) == ("Austin", pytest.approx(0.6))
    circuit = summarise(graph, Annotations())
    assert circuit is not None
    assert circuit.answer.name == "Austin"


def test_a_probability_that_only_the_label_states() -> None:
    graph = Graph.model_validate(answering('output: "Austin" (p=0.984)', token_prob=None))
    found = explained_answer(graph)
    assert found is not None
    assert found.probability == pytest.approx(0.984)
    assert answer_rows(graph)[0][2] == pytest.approx(0.984)


@pytest.mark.parametrize(
    ("last", "clerp", "space"),
    [
        (" is", "Austin", " "),
        (" is", 'Output "land" (p=0.6)', ""),  # which tells spaces: the word goes on
        (' "', "Austin", ""),
        (" is", ", Austin", ""),
        ("は", "東京", ""),
    ],
)
def test_words_do_not_run_together(last: str, clerp: str, space: str) -> None:
    fields = answering(clerp)
    fields["metadata"]["prompt_tokens"] = [*fields["metadata"]["prompt_tokens"][:-1], last]
    found = explained_answer(Graph.model_validate(fields))
    assert found is not None
    assert found.space == space


def test_a_line_break_in_the_prompt_ends_no_title(tmp_path: Path) -> None:
    graph = foreign_graph()
    tokens = ["<bos>", "Fact\n", "\t:", " Paris\u2028", " is"]
    graph["metadata"] |= {"prompt_tokens": tokens, "prompt": "".join(tokens)}
    GalleryFolder(tmp_path).write("site_src/write-ups/theirs.md", "---\ndate: 2026-02-03\n---\nx\n")
    graph["metadata"]["info"] = {"creator_name": "Ann"}
    page, made = page_of(tmp_path, graph)
    head = page[: page.index("</head>")].splitlines()
    line = "Fact : Paris is"
    assert f"<title>{line} → in · Our gallery</title>" in head
    assert f'<meta name="description" content="{line}">' in head
    assert f'<meta property="og:title" content="{line} → in · Our gallery">' in head
    assert f'<meta property="og:description" content="{line}">' in head
    assert f'<meta property="og:image:alt" content="The circuit behind “{line}”">' in head
    assert f'data-pagefind-meta="title[data-title]" data-title="{line} → in"' in page
    entry = Xml.fromstring(made["feed.xml"]).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == f"{line} → in"
    assert entry.findtext(f"{ATOM}summary") == line
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Ann"


@pytest.mark.parametrize("layer", ["E", -1])
@pytest.mark.parametrize("kind", ["patch", "state"])
def test_what_stands_below_the_layers_is_input(kind: str, layer: Any, tmp_path: Path) -> None:
    graph = foreign_graph()
    graph["nodes"][9] |= {"feature_type": kind, "layer": layer}
    read = Graph.model_validate(graph)
    assert read.nodes[9].kind == "embedding"
    circuit = summarise(read, Annotations())
    assert circuit is not None
    assert {one for box in circuit.words for part in box.parts for one in part.nodes} >= {"E_3_3"}
    assert "layer -1" not in " ".join(box.detail for box in circuit.boxes)


INFO = {
    "creator_name": "Ann & <i>Bo</i>",
    "creator_url": "javascript:alert(1)",
    "generator": {"name": "their_tracer", "version": "0.2", "url": "https://x.example/?a=1&b=2"},
    "source_urls": ["https://hub.example/clt", "data:text/html,<script>"],
    "create_time_ms": 1756519490164,
}


def citation(page: str) -> str:
    return page.partition('id="citation"')[2].partition(">")[2].partition("</pre>")[0]


def test_a_graph_of_somebody_else_is_theirs(tmp_path: Path) -> None:
    graph = foreign_graph()
    graph["metadata"]["info"] = INFO
    GalleryFolder(tmp_path).write("site_src/write-ups/theirs.md", TEXT)
    page, _ = page_of(tmp_path, graph)
    assert "Graph made by <bdi>Ann &amp; &lt;i&gt;Bo&lt;/i&gt;</bdi> with <a" in page
    assert '<a href="https://x.example/?a=1&amp;b=2" rel="nofollow noopener">' in page
    assert '<a href="https://hub.example/clt"' in page
    assert "<bdi>2025-08-30</bdi>" in page
    assert 'href="javascript:' not in page
    assert 'href="data:' not in page
    cited = citation(page)
    assert r"author = {{Ann \&amp; &lt;i&gt;Bo&lt;/i&gt;}}" in cited
    assert "year = {2025}" in cited
    assert r"Made with their\_tracer 0.2 (https://x.example/?a=1\&amp;b=2); from" in cited
    assert "as shown in Our gallery" in cited
    assert "title = {{Fact: Paris is → in (attribution graph, revision 1)}}" in cited
    for ours in ("Our Author", "What we found", "2026"):
        assert ours not in cited


def test_nobody_is_named_where_nobody_is_known(tmp_path: Path) -> None:
    page, _ = page_of(tmp_path, foreign_graph())
    assert "Graph made elsewhere." in page
    assert "author =" not in citation(page)


def test_our_own_are_cited_as_ever(gallery: GalleryFolder) -> None:
    gallery.write("site_src/site.yaml", SITE)
    gallery.write("site_src/write-ups/france-paris.md", TEXT)
    build(gallery.root, gallery.root / "out")
    page = (gallery.root / "out" / "graphs" / "france-paris" / "index.html").read_text()
    assert "Graph made" not in page
    assert "author = {{Our Author}}" in citation(page)
    assert "title = {{What we found (attribution" in citation(page)
    assert "note =" not in citation(page)


def test_js_names_are_pins_and_groups_with_and_without_annotations(tmp_path: Path) -> None:
    """In a file that was put there by hand, too."""
    nodes = [
        foreign_node("3_42_2"),
        foreign_node("7_7_3"),
        foreign_node("12_99_3", "logit", jsNodeId="L_99-3", clerp='Output " down" (p=0.75)'),
    ]
    view = {"pinnedIds": ["L_99-3", "3_42-0"], "supernodes": [["cat", "7_7-0", "3_42-0"]]}
    graph = foreign_graph(nodes=nodes, links=[], qParams=view)
    by_hand = json.loads(encode(Graph.model_validate(graph), Annotations()))
    assert by_hand["pins"] == [0, 2]
    assert by_hand["groups"] == [["supernode-1", "cat", [1, 0], None, None]]
    done = bring_in(tmp_path, graph, slug="theirs")
    assert done.notices == ()
    data = json.loads(encode(done.graph, done.annotations))
    assert data["pins"] == [0, 2]
    assert data["groups"] == [["cat", "cat", [1, 0], None, None]]


def test_check_says_what_another_viewers_name_means(tmp_path: Path) -> None:
    gallery = GalleryFolder(tmp_path)
    bring_in(tmp_path, foreign_graph(), slug="theirs")
    gallery.write("site_src/annotations/theirs.yaml", 'pins: ["4_12-0"]\n')
    (found,) = [one for one in check(tmp_path) if one.level == "error"]
    said = str(found.problem)
    assert "no node matches `4_12-0`; other viewers call 4_12_4, 4_12_3 so; write that" in said


def test_a_feature_whose_id_says_no_index_has_a_page_too(tmp_path: Path) -> None:
    """`node_id` is opaque: nothing can be read off this one."""
    graph = foreign_graph()
    graph["nodes"].append(foreign_node("2_5_3") | {"node_id": "a feature", "feature": 9})
    page, _ = page_of(tmp_path, graph)
    assert "Fact: Paris is" in page
