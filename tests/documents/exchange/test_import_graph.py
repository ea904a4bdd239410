"""Graphs of circuit-tracer and Neuronpedia in: every variant, what people saved, every mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.foreign_graphs import TOKENS, foreign_graph, foreign_node
from tracer.documents.annotations import load_annotations
from tracer.documents.exchange.import_graph import Imported, import_graph
from tracer.documents.exchange.share_link import IncomingGraph, ShareLink, find_graph
from tracer.documents.graph import load_graph
from tracer.documents.saved_view import QueryParameters
from tracer.errors import TracerError
from tracer.site.build import build
from tracer.site.check import check


def bring_in(root: Path, data: Any, link: str | None = None, **options: Any) -> Imported:
    text = data if isinstance(data, str) else json.dumps(data)
    found = IncomingGraph(text, Path("theirs.json"), ShareLink.parse(link) if link else None)
    return import_graph(found, root, **options)


def test_it_is_written_under_a_valid_slug_with_its_ids_as_they_were(tmp_path: Path) -> None:
    done = bring_in(tmp_path, foreign_graph())
    assert (done.slug, done.revision) == ("fact-paris-is", 1)
    graph = load_graph(tmp_path / "graphs" / "fact-paris-is" / "1.json")
    assert graph.node_ids == [node["node_id"] for node in foreign_graph()["nodes"]]
    assert graph.metadata.slug == "fact-paris-is"
    assert len(graph.links) == 5


def test_names_groups_and_pins_become_annotations(tmp_path: Path) -> None:
    done = bring_in(tmp_path, foreign_graph())
    file = tmp_path / "site_src" / "annotations" / "fact-paris-is.yaml"
    assert done.annotation_file == file
    assert file.read_text() == (
        "# yaml-language-server: $schema=../schemas/annotations.json\n"
        "revision: 1\n"
        "labels:\n"
        '  "0_354":  {text: facts}\n'
        '  "3_10":   {text: "cities, and: colons"}\n'
        '  "4_12_4": {text: say a country}\n'
        '  "4_12_3": {text: France and more}\n'
        "groups:\n"
        '  france:   {name: France, nodes: ["3_10_3", "4_12_3"]}\n'
        '  france-2: {name: France, nodes: ["4_12_4"]}\n'
        'pins: ["4_12_4", "E_3_3"]\n'
    )
    assert load_annotations(file)[0] == done.annotations
    assert done.notices == ("left out, as the graph has no such node: 9_9_9",)


def test_hard_names_survive_yaml(tmp_path: Path) -> None:
    names = [
        "No",
        "null",
        "- x",
        "{a: b}",
        "#",
        "'\"\\",
        "=1+1",
        "東京 🗼",
        "می\u200cخواهم 👩\u200d🔬",
    ]
    names += ["a" * 300, "\x7f"]
    nodes = [foreign_node(f"1_{i}_1", clerp=name) for i, name in enumerate(names)]
    graph = foreign_graph(nodes=nodes, links=[], qParams={})
    labels = bring_in(tmp_path, graph).annotations.labels
    assert [labels[f"1_{i}"].text for i in range(9)] == names[:9]
    assert labels["1_9"].text == "a" * 199 + "…"
    assert labels["1_9"].note == "a" * 300
    assert "1_10" not in labels
    assert [one for one in check(tmp_path) if one.level == "error"] == []


def test_what_is_said_of_a_node_that_no_file_can_name_is_left_out_and_told(tmp_path: Path) -> None:
    odd = "2_\0x_1"
    nodes = [foreign_node(odd, clerp="one"), foreign_node("2_5_1", clerp="two")]
    saved = {
        "pinnedIds": [odd, "2_5_1"],
        "supernodes": [["both", odd, "2_5_1"], ["alone", odd]],
        "clerps": [[odd, "a name"]],
    }
    done = bring_in(tmp_path, foreign_graph(nodes=nodes, links=[], qParams=saved))
    assert {key: one.text for key, one in done.annotations.labels.items()} == {"2_5": "two"}
    assert {one.name: one.nodes for one in done.annotations.groups.values()} == {"both": ("2_5_1",)}
    assert done.annotations.pins == ("2_5_1",)
    assert done.notices == ("left out what is said of a node whose id no YAML file can hold",)
    assert [one for one in check(tmp_path) if one.level == "error"] == []


def test_the_same_again_writes_nothing_and_another_gets_the_next_number(tmp_path: Path) -> None:
    bring_in(tmp_path, foreign_graph())
    again = bring_in(tmp_path, foreign_graph())
    assert (again.revision, again.graph_file, again.annotation_file) == (1, None, None)
    changed = foreign_graph()
    changed["links"][0]["weight"] = 2.75
    assert bring_in(tmp_path, changed).revision == 2


def test_what_people_wrote_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "site_src" / "annotations" / "fact-paris-is.yaml"
    file.parent.mkdir(parents=True)
    file.write_text('labels:\n  "0_354": {text: mine}\n')
    with pytest.raises(TracerError, match="never overwritten; it lacks 3 labels, 2 groups and 2"):
        bring_in(tmp_path, foreign_graph())
    assert not (tmp_path / "graphs").exists(), "refused before anything is written"
    done = bring_in(tmp_path, foreign_graph(), keep_annotations=True)
    assert done.graph_file is not None
    assert file.read_text() == 'labels:\n  "0_354": {text: mine}\n'


def test_renamed_labels_do_not_count_as_lacking(tmp_path: Path) -> None:
    done = bring_in(tmp_path, foreign_graph())
    assert done.annotation_file is not None
    mine = done.annotation_file.read_text().replace("facts", "my own word").replace("france-2", "f")
    done.annotation_file.write_text(mine)
    assert bring_in(tmp_path, foreign_graph()).annotation_file is None
    assert done.annotation_file.read_text() == mine


def test_a_slug_of_another_graph_is_refused(tmp_path: Path) -> None:
    bring_in(tmp_path, foreign_graph())
    other = foreign_graph()
    other["metadata"] |= {"prompt_tokens": [*TOKENS, " big"]}
    with pytest.raises(TracerError, match=r"1\.json: the slug `fact-paris-is` is taken by another"):
        bring_in(tmp_path, other)
    assert bring_in(tmp_path, other, slug="another").revision == 1
    with pytest.raises(TracerError, match=r"`\.\./x`: a slug is lower-case"):
        bring_in(tmp_path, other, slug="../x")


def test_a_graph_without_a_usable_name_needs_one(tmp_path: Path) -> None:
    nameless = foreign_graph()
    nameless["metadata"] |= {"slug": "東京", "prompt": "東京"}
    with pytest.raises(TracerError, match="give it one with --slug"):
        bring_in(tmp_path, nameless)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(foreign_graph())[:-40], r"theirs\.json:1:\d+: .*get the file again"),
        ("", "the file is cut short"),
        ("{}", "not an attribution graph: this is some other JSON: it has no `metadata`"),
        ("[1, 2]", "not an attribution graph: this is a list; what is read are graphs of"),
        (json.dumps(foreign_graph(nodes=[])), "names an absent node"),
        (json.dumps(foreign_graph()).replace("0.25", "NaN"), r"theirs\.json:1:\d+: NaN is no"),
        (
            json.dumps(foreign_graph()).replace("1.25", "1e999"),
            r":1:\d+: the number 1e999",
        ),
        (json.dumps(foreign_graph(nodes=[{"node_id": 3}], links=[])), "nodes.0"),
        (json.dumps(foreign_graph(nodes=[foreign_node("x_1_1")], links=[])), "not `x`"),
    ],
)
def test_what_is_no_graph_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(TracerError, match=words) as caught:
        bring_in(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_old_errors_that_share_an_id_with_a_feature_are_told_apart(tmp_path: Path) -> None:
    graph = foreign_graph(qParams={})
    graph["nodes"] += [foreign_node("0_2_3", feature=5), foreign_node("1_5_3")]
    graph["links"] += [
        {"source": "E_3_3", "target": "0_2_3", "weight": 0.5},  # nothing leads into an error
        {"source": "0_2_3", "target": "1_5_3", "weight": 0.75},  # below the error's own layer
        {"source": "0_2_3", "target": "4_12_4", "weight": 0.125},  # a second one: the error's
        {"source": "0_2_3", "target": "6_99_4", "weight": 9},  # could be either
    ]
    done = bring_in(tmp_path, graph)
    kinds = {node.node_id: node.kind for node in done.graph.nodes}
    assert (kinds["0_2_3"], kinds["2_-1_3"]) == ("feature", "error")
    ends = {(link.source, link.target): link.weight for link in done.graph.links}
    assert ends["E_3_3", "0_2_3"] == 0.5
    assert ends["0_2_3", "1_5_3"] == 0.75
    assert (ends["0_2_3", "4_12_4"], ends["2_-1_3", "4_12_4"]) == (-0.5, 0.125)
    assert ends["0_2_3", "6_99_4"] == 9
    (notice,) = done.notices
    assert notice.endswith("of the same id, read as the feature's: 1")


def test_replacement_models_with_attention_features(tmp_path: Path) -> None:
    """CRM graphs: other types and ids, numbers for layers, -1 for embeddings, tracing of QK."""
    traced = {
        "pair_wise_contributors": [["E_1_1", "2_lor_77_3", 0.5]],
        "top_q_marginal_contributors": [["E_1_1", 0.25]],
        "top_k_marginal_contributors": [],
    }
    nodes = [
        foreign_node("2_77_3", "lorsa", node_id="2_lor_77_3", layer=2, qk_tracing_results=traced),
        foreign_node("2_77_3", "lorsa error", node_id="2_error_attn_3", layer=2.0, feature=None),
        foreign_node("3_0_3", "bias", node_id="3_bias_3", layer=3, feature=None, clerp=None),
        foreign_node("E_1_1", "embedding", layer=-1),
        foreign_node("6_99_4", "logit", layer=6, clerp='Output " in" (p=0.6)', token_prob=0.6),
    ]
    ends = [("E_1_1", "2_lor_77_3"), ("2_lor_77_3", "6_99_4"), ("3_bias_3", "6_99_4")]
    links = [{"source": s, "target": t, "weight": 1} for s, t in ends]
    pruned = {"1_lor_5_2": nodes[0] | {"node_id": "1_lor_5_2"}}
    graph = foreign_graph(nodes=nodes, links=links, qParams={}, qk_only_nodes=pruned)
    done = bring_in(tmp_path, graph)
    kinds = [(node.kind, node.layer_number, node.index) for node in done.graph.nodes]
    assert kinds == [
        ("feature", 2, 77),
        ("error", 2, None),
        ("error", 3, None),
        ("embedding", -1, 1),
        ("logit", 6, 99),
    ]
    assert done.graph_file is not None
    written = json.loads(done.graph_file.read_text())
    assert written["nodes"][0]["qk_tracing_results"] == traced
    assert written["qk_only_nodes"] == json.loads(json.dumps(pruned))
    assert bring_in(tmp_path, graph).graph_file is None
    build(tmp_path, tmp_path / "out")
    page = (tmp_path / "out" / "graphs" / done.slug / "index.html").read_text()
    assert "They follow one prompt.</p>" in page, "attention is not held where it has features"


@pytest.mark.parametrize("layer", ["3", 3, 3.0])
def test_layers_may_be_text_or_numbers(tmp_path: Path, layer: Any) -> None:
    nodes = [foreign_node("3_10_3", layer=layer)]
    done = bring_in(tmp_path, foreign_graph(nodes=nodes, links=[], qParams=None))
    assert done.graph.nodes[0].layer == "3"


def test_a_view_that_circuit_tracer_saved_as_text_is_read() -> None:
    view = QueryParameters.model_validate(
        {
            "pinnedIds": "1_2_3,E_1_1",
            "supernodes": '[["a","1_2_3"],["empty"],null]',
            "clerps": '[["1_2", "name"], ["x"], [3, "by number"]]',
            "clickedId": None,
            "sg_pos": None,
        }
    )
    assert view.pinned_ids == ("1_2_3", "E_1_1")
    assert view.supernodes == (("a", "1_2_3"),)
    assert view.clerps == (("1_2", "name"), ("3", "by number"))
    for nothing in ({"supernodes": "[", "pinnedIds": 3}, {"supernodes": None}, None, "text"):
        empty = QueryParameters.model_validate(nothing)
        assert (empty.pinned_ids, empty.supernodes, empty.clerps) == ((), (), ())


LINK = (
    "https://viewer.example/gemma-2-2b/graph?slug=a&pinnedIds=3_10_4%2C9_9_9"
    "&supernodes=%5B%5B%22Mine%22%2C%220_354_1%22%5D%5D"
    "&clerps=%5B%5B%223_10%22%2C%22my+name%22%5D%2C%5B%224_12_3%22%2C%22at+one+place%22%5D%5D"
    "&pruningThreshold=0.6&clickedId=4_12_4"
)


def test_a_share_link_brings_its_senders_work_along(tmp_path: Path) -> None:
    work = bring_in(tmp_path, foreign_graph(), LINK).annotations
    assert work.pins == ("3_10_4",)
    assert [(group.name, group.nodes) for group in work.groups.values()] == [("Mine", ("0_354_1",))]
    assert work.labels["3_10"].text == "my name"
    assert work.labels["4_12_3"].text == "at one place"
    assert work.labels["0_354"].text == "facts"
    assert ShareLink.parse(LINK).look == "pruningThreshold=0.6&clickedId=4_12_4"


@pytest.mark.parametrize("key", ["8844", "3_10-0", "3_10", "3-10"])
def test_links_call_a_feature_by_number_or_by_name(tmp_path: Path, key: str) -> None:
    graph = foreign_graph(qParams={"clerps": [[key, "named"]]})
    graph["nodes"][1]["feature"] = graph["nodes"][2]["feature"] = 8844
    assert bring_in(tmp_path, graph).annotations.labels["3_10"].text == "named"


def test_a_link_needs_a_graph_and_a_file_no_link(tmp_path: Path) -> None:
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(foreign_graph()))
    assert find_graph(LINK, file).link == ShareLink.parse(LINK)
    with pytest.raises(TracerError, match="is no link, and --graph says which one"):
        find_graph(str(file), file)
    with pytest.raises(TracerError, match="no such file"):
        find_graph(str(tmp_path / "absent.json"))
    with pytest.raises(TracerError, match="does not say which graph"):
        find_graph("https://viewer.example/index.html?pinnedIds=a")


def test_where_each_viewer_keeps_its_graphs() -> None:
    assert ShareLink.parse(LINK).graph_address == "https://viewer.example/api/graph/gemma-2-2b/a"
    local = ShareLink.parse("http://localhost:8032/index.html?slug=a%2Fb&clickedId=x")
    assert local.graph_address == "http://localhost:8032/graph_data/a%2Fb.json"
    for page in ("graphs/a-b/", "graphs/a-b/2/"):
        ours = ShareLink.parse(f"https://host.example/sub/{page}?clickedId=x&revision=2#viewer")
        assert ours.graph_address == "https://host.example/sub/graphs/a-b/2.json"


def test_an_imported_graph_is_published_like_any_other(tmp_path: Path) -> None:
    bring_in(tmp_path, foreign_graph())
    assert [one for one in check(tmp_path) if one.level == "error"] == []
    build(tmp_path, tmp_path / "out")
    page = (tmp_path / "out" / "graphs" / "fact-paris-is" / "index.html").read_text()
    assert "Fact: Paris is" in page
    assert "France" in page, "its supernodes are the picture's boxes"


def test_other_peoples_graphs_come_in_with_names_and_supernodes(
    published: Path, tmp_path: Path
) -> None:
    files = sorted(published.glob("*.json"))
    done = [import_graph(find_graph(str(file)), tmp_path) for file in files]
    assert [len(one.graph.nodes) for one in done] == [60, 415, 694]
    data, annotations = json.loads(files[2].read_text()), done[2].annotations
    groups = {name: members for name, *members in data["qParams"]["supernodes"]}
    assert {one.name: list(one.nodes) for one in annotations.groups.values()} == groups
    assert len(groups) == 5
    assert len(annotations.pins) == 17
    labelled = next(n for n in data["nodes"] if n["layer"] == "1" and n["feature"] >= 0)
    assert annotations.labels[labelled["node_id"].rsplit("_", 1)[0]].text == labelled["clerp"]
    assert [one for one in check(tmp_path) if one.level == "error"] == []
    build(tmp_path, tmp_path / "out")
    assert len(list((tmp_path / "out" / "graphs").glob("*/index.html"))) == 3
