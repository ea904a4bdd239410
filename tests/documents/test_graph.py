"""Graph files: ours, other people's, and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.builders import make_graph
from tests.everyday import everyday
from tracer.documents.graph import Graph, load_graph, significant
from tracer.documents.graph_comparison import agree
from tracer.documents.graph_folder import GraphFolder
from tracer.errors import TracerError

REPOSITORY = Path(__file__).parents[2]
SCHEMA = REPOSITORY / "tests" / "data" / "neuronpedia" / "graph.schema.json"


def our_graphs() -> list[Path]:
    files = (REPOSITORY / "graphs").glob("*/*.json")
    return sorted(file for file in files if file.stem.isdigit())


# A schema takes half a second for a graph: each day one before accounts, one with an account, one
# of an edited model, and one of a chat.
SOME = ("colosseum-italian/1", "import-numpy/2", "colosseum-madrid/1", "pick-a-lock/1")


def names() -> list[str]:
    return [f"{file.parent.name}/{file.stem}" for file in our_graphs()]


def test_text_round_trips_to_the_same_bytes(tmp_path: Path) -> None:
    graph = make_graph()
    graph.save(tmp_path / "1.json")
    assert load_graph(tmp_path / "1.json").to_json() == graph.to_json()
    graph.save(str(tmp_path / "2.json"))
    assert (tmp_path / "2.json").read_bytes() == (tmp_path / "1.json").read_bytes()


def test_what_is_not_known_here_stays() -> None:
    fields = json.loads(make_graph().to_json()) | {"qk_only_nodes": {"1_lor_5_2": {"layer": 1}}}
    fields["nodes"][0]["theirs"] = fields["links"][0]["theirs"] = [1]
    again = json.loads(Graph.model_validate(fields).to_json())
    assert again["qk_only_nodes"] == fields["qk_only_nodes"]
    assert again["nodes"][0]["theirs"] == again["links"][0]["theirs"] == [1]


def test_what_a_node_has_worked_out_is_no_part_of_it_nor_of_its_copies() -> None:
    asked, other = make_graph().nodes[0], make_graph().nodes[0]
    assert (asked.kind, asked.layer_number, asked.index) == ("feature", 0, 7)
    assert asked == other and asked.model_dump() == other.model_dump()
    assert asked.model_dump_json() == other.model_dump_json()
    update = {"node_id": "E_5_4", "layer": "E", "feature_type": "embedding"}
    for copied in (asked.model_copy(update=update), asked.model_copy(update=update, deep=True)):
        assert (copied.kind, copied.layer_number, copied.index) == ("embedding", -1, 5)
    assert asked.layer_number == 0


def test_one_node_or_link_a_line_and_five_digits() -> None:
    text = make_graph().to_json()
    lines = [line.rstrip(",") for line in text.splitlines()]
    assert sum(line.startswith('{"node_id"') for line in lines) == len(make_graph().nodes)
    assert sum(line.startswith('{"source"') for line in lines) == len(make_graph().links)
    assert significant(0.123456789) == 0.12346
    assert significant(-98765.4321) == -98765.0


def test_published_graphs_hold_no_time_host_or_path() -> None:
    for file in our_graphs():
        text = file.read_text()
        for word in ("create_time", "hostname", str(Path.home()), "/tmp", "duration"):
            assert word not in text


@pytest.mark.parametrize("name", everyday(names(), SOME))
def test_published_graphs_fit_our_schema(name: str) -> None:
    file = REPOSITORY / "graphs" / f"{name}.json"
    jsonschema.validate(json.loads(file.read_text()), Graph.model_json_schema())


def test_published_graphs_are_a_few_hundred_nodes_and_some_thousand_links() -> None:
    assert our_graphs(), "the repository has graphs"
    for file in our_graphs():
        graph = load_graph(file)
        assert graph.metadata.slug == file.parent.name
        assert 50 <= len(graph.nodes) <= 1000
        assert 500 <= len(graph.links) <= 5000


@pytest.mark.parametrize("name", everyday(names(), SOME))
def test_our_graphs_fit_neuronpedias_schema(name: str) -> None:
    file = REPOSITORY / "graphs" / f"{name}.json"
    jsonschema.validate(json.loads(file.read_text()), json.loads(SCHEMA.read_text()))


def test_a_small_graph_fits_neuronpedias_schema() -> None:
    jsonschema.validate(json.loads(make_graph().to_json()), json.loads(SCHEMA.read_text()))


def test_other_peoples_graphs_open_and_round_trip(published: Path, tmp_path: Path) -> None:
    files = sorted(published.glob("*.json"))
    assert len(files) == 3
    for file in files:
        graph, data = load_graph(file), json.loads(file.read_text())
        assert len(graph.nodes) == len(data["nodes"])
        assert len(graph.links) == len(data["links"])
        graph.save(tmp_path / file.name)
        assert agree(load_graph(tmp_path / file.name), graph)


def test_kinds_and_layers_of_old_and_new_error_nodes() -> None:
    graph = make_graph()
    kinds = {node.node_id: (node.kind, node.layer_number, node.index) for node in graph.nodes}
    assert kinds["0_7_4"] == ("feature", 0, 7)
    assert kinds["0_-1_4"] == ("error", 0, None)
    assert kinds["E_2_2"] == ("embedding", -1, 2)
    assert kinds["3_42_5"] == ("logit", 3, 42)


def test_saved_views_with_strings_and_nulls_are_normalised() -> None:
    fields = json.loads(make_graph().to_json())
    fields["qParams"] = {"pinnedIds": "", "supernodes": None, "clickedId": None}
    graph = Graph.model_validate(fields)
    assert graph.query.pinned_ids == ()
    assert graph.query.supernodes == ()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_named_and_says_what_to_do(tmp_path: Path, share: float) -> None:
    text = make_graph().to_json()
    file = tmp_path / "1.json"
    file.write_text(text[: int(len(text) * share)])
    with pytest.raises(TracerError, match=r"1\.json:\d+:\d+: .*restore it from version control"):
        load_graph(file)


def broken(change: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(make_graph().to_json())
    change(fields)
    return fields


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: g["links"][0].update(source="9_9_9"), "names an absent node"),
        (lambda g: g["nodes"].append(g["nodes"][0]), "two nodes share one node_id"),
        (lambda g: g["nodes"][0].update(ctx_idx=99), "stands at position 99"),
        (lambda g: g.pop("nodes"), "it has no `nodes`; restore it"),
        (lambda g: g["nodes"][0].update(layer="top"), "a layer is a number or `E`, not `top`"),
        (lambda g: g["metadata"]["tracer"].update(format=3), "format"),
    ],
)
def test_an_inconsistent_file_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    file = tmp_path / "1.json"
    file.write_text(json.dumps(broken(change)))
    with pytest.raises(TracerError, match=words):
        load_graph(file)


def test_agreement_is_by_tolerance() -> None:
    graph = make_graph()

    def scaled(factor: float) -> Graph:
        links = [one.model_copy(update={"weight": one.weight * factor}) for one in graph.links]
        return graph.model_copy(update={"links": tuple(links)})

    near, far = scaled(1.0005), scaled(1.01)
    ranked = graph.model_copy(
        update={
            "nodes": tuple(
                one.model_copy(update={"influence": (one.influence or 0) + 0.003})
                for one in graph.nodes
            )
        }
    )
    assert agree(graph, ranked), "two nearly equal nodes may change ranks"
    fewer = graph.model_copy(update={"links": graph.links[1:]})
    assert agree(graph, near)
    assert not agree(graph, far)
    assert not agree(graph, fewer)


def test_a_folder_of_revisions(tmp_path: Path) -> None:
    folder = GraphFolder(tmp_path)
    assert folder.slugs() == []
    assert folder.latest("a") is None
    for revision in (1, 2, 10):
        make_graph().save(folder.path("france-paris", revision))
    (tmp_path / "france-paris" / "1.evidence.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    assert folder.slugs() == ["france-paris"]
    assert folder.revisions("france-paris") == [1, 2, 10]
    assert folder.latest("france-paris") == 10
    with pytest.raises(ValueError, match="slug"):
        folder.path("../escape", 1)


def test_saving_where_nothing_can_be_written_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "france-paris").write_text("a file where a folder should be")
    with pytest.raises(TracerError, match="cannot be written"):
        make_graph().save(tmp_path / "france-paris" / "1.json")
    assert (tmp_path / "france-paris").read_text() == "a file where a folder should be"
    assert [path.name for path in tmp_path.iterdir()] == ["france-paris"]
