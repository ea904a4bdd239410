"""Feature files of other programs become files of this gallery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from tests.foreign_graphs import foreign_graph
from tests.galleries import make_gallery
from tracer.cli import tracer
from tracer.documents.feature_examples import load_feature_examples
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph import Graph
from tracer.errors import Problems, TracerError
from tracer.site.build import build

SCHEMA = Path(__file__).parents[1] / "data" / "neuronpedia" / "feature.schema.json"


def feature_file(index: int = 7, **changes: Any) -> dict[str, Any]:
    """One feature as circuit-tracer writes it."""
    return {
        "index": index,
        "examples_quantiles": [
            {
                "quantile_name": "Top",
                "examples": [
                    {"tokens": ["in", " <b>Rome</b>", "\n"], "tokens_acts_list": [0, 4.5, 1]}
                ]
                * 5,
            }
        ],
        "top_logits": [" Rome", "<i>"],
        "bottom_logits": [" cat"],
        "act_min": 0.0,
        "act_max": 4.5,
        "histogram": [9, 3, 1],
        "activation_frequency": 0.02,
    } | changes


def gallery_of(root: Path) -> Path:
    """`theirs`, a graph in which feature 7 is `3_10`."""
    fields = foreign_graph()
    for node in fields["nodes"]:
        node["feature"] = 7 if node["node_id"].startswith("3_10_") else 8000
    make_gallery(root)
    Graph.model_validate(fields).save(root / "graphs" / "theirs" / "1.json")
    return root


def run(root: Path, *arguments: str) -> Any:
    return CliRunner().invoke(tracer, ["import-examples", *arguments, "--root", str(root)])


def test_the_features_of_the_graph_are_kept_and_published(tmp_path: Path) -> None:
    root = gallery_of(tmp_path / "gallery")
    (tmp_path / "theirs").mkdir()
    for index in (7, 12):
        (tmp_path / "theirs" / f"{index}.json").write_text(json.dumps(feature_file(index)))
    done = run(root, "theirs", str(tmp_path / "theirs"))
    assert done.exit_code == 0
    assert "1 of 2 files kept" in done.output
    store = FeatureStore(root / "features")
    (source,) = store.sources()
    assert store.keys(source) == {"3_10"}
    build(root, tmp_path / "out")
    published = tmp_path / "out" / "features" / source / "3_10.json"
    assert json.loads(published.read_text()) == feature_file()
    (data,) = (tmp_path / "out" / "graphs" / "theirs").glob("data.*.json")
    assert json.loads(data.read_text())["examples"]["keys"] == ["3_10"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cut short"),
        ("[]", "not a feature's examples"),
        (json.dumps(feature_file(99)), "about a feature of the graph"),
        (
            json.dumps(
                feature_file(
                    examples_quantiles=[
                        {
                            "quantile_name": "Top",
                            "examples": [{"tokens": ["a"], "tokens_acts_list": []}],
                        }
                    ]
                )
            ),
            "not as many activations as tokens",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: str, says: str) -> None:
    root = gallery_of(tmp_path / "gallery")
    file = tmp_path / "7.json"
    file.write_text(content)
    done = run(root, "theirs", str(file))
    assert isinstance(done.exception, TracerError)
    assert says in str(done.exception)
    assert not (root / "features").exists()


def test_an_unknown_graph_is_named_with_the_nearest(tmp_path: Path) -> None:
    root = gallery_of(tmp_path / "gallery")
    file = tmp_path / "7.json"
    file.write_text(json.dumps(feature_file()))
    done = run(root, "thiers", str(file))
    assert "did you mean `theirs`" in str(done.exception)


def test_a_damaged_file_in_the_gallery_stops_the_build_with_its_place(tmp_path: Path) -> None:
    root = gallery_of(tmp_path / "gallery")
    file = tmp_path / "7.json"
    file.write_text(json.dumps(feature_file()))
    run(root, "theirs", str(file))
    (kept,) = (root / "features").rglob("*.features")
    kept.with_name("3_11.json").write_text("{")
    with pytest.raises(Problems, match=r"3_11\.json:1"):
        build(root, tmp_path / "out")
    kept.with_name("3_11.json").unlink()
    kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(Problems, match=r"3\.features: it is cut short.*`tracer find-examples`"):
        build(root, tmp_path / "out")


def test_neuronpedias_own_schema_describes_what_is_read(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(feature_file(), schema)
    file = tmp_path / "7.json"
    file.write_text(json.dumps({"index": 7, "examples_quantiles": []}))
    assert load_feature_examples(file).top_logits == ()
