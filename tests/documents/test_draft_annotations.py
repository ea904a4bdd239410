"""A draft of annotations holds what the rules say, and nothing that a person said is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from tracer.cli import tracer
from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.draft_annotations import ALIKE, BY, SMALLEST, _in_common, draft_annotations
from tracer.documents.feature_examples import Suggestion
from tracer.documents.graph import Graph, load_graph
from tracer.site.check import check

REPOSITORY = Path(__file__).parents[2]
SLUG = "opposite-of-small"
OWN = "site_src/annotations/opposite-of-small.yaml"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return load_graph(REPOSITORY / "graphs" / SLUG / "2.json")


def drafted(tmp_path: Path, text: str) -> Annotations:
    file = tmp_path / "draft.yaml"
    file.write_text(text, encoding="utf-8")
    return load_annotations(file)[0]


def gallery(root: Path) -> Path:
    """The repository's graph, what is known of a layer, and nothing that people wrote."""
    (root / "site_src").mkdir(parents=True)
    (root / "site_src" / "site.yaml").write_text("title: A gallery\n")
    shutil.copytree(REPOSITORY / "graphs" / SLUG, root / "graphs" / SLUG)
    for evidence in root.glob("graphs/*/*.evidence.json"):
        evidence.unlink()
    of_layer = REPOSITORY / "features" / "smollm2-135m-instruct.neurons" / "0.features"
    (root / "features" / of_layer.parent.name).mkdir(parents=True)
    shutil.copyfile(of_layer, root / "features" / of_layer.parent.name / of_layer.name)
    return root


def run(root: Path, *arguments: str) -> str:
    done = CliRunner().invoke(tracer, ["suggest", SLUG, "--root", str(root), *arguments])
    return done.output if done.exit_code == 0 else str(done.exception)


def test_the_draft_is_a_file_of_annotations_and_never_takes_a_files_place(tmp_path: Path) -> None:
    root = gallery(tmp_path / "gallery")
    assert "tracer verify opposite-of-small" in run(root)
    written = (root / OWN).read_text(encoding="utf-8")
    found, _ = load_annotations(root / OWN)
    assert found.labels and found.groups and found.claims and found.revision == 2
    assert {one.by for one in found.labels.values()} == {BY}
    assert any("AUROC" in (one.note or "") for one in found.labels.values())
    assert not [one for one in check(root) if one.level == "error"]
    assert "it is there already" in run(root)
    assert (root / OWN).read_text(encoding="utf-8") == written
    assert str(tmp_path / "other.yaml") in run(root, "--out", str(tmp_path / "other.yaml"))
    assert "it is there already" in run(root, "--out", str(tmp_path / "other.yaml"))


def test_an_unknown_graph_is_named_with_the_nearest(tmp_path: Path) -> None:
    root = gallery(tmp_path / "gallery")
    done = CliRunner().invoke(tracer, ["suggest", "oposite-of-small", "--root", str(root)])
    assert "did you mean `opposite-of-small`" in str(done.exception)


def test_what_a_person_has_named_gets_no_other_name(tmp_path: Path, graph: Graph) -> None:
    first = drafted(tmp_path, draft_annotations(graph, 2, {}))
    named = next(iter(first.labels))
    again = drafted(tmp_path, draft_annotations(graph, 2, {}, [named]))
    assert named not in again.labels and again.labels


def test_a_suggestion_names_a_feature_on_its_own_side_of_zero(tmp_path: Path, graph: Graph) -> None:
    key = next(iter(drafted(tmp_path, draft_annotations(graph, 2, {})).labels))
    (node, *_) = [one for one in graph.nodes if one.node_id.startswith(f"{key}_")]
    is_below = (node.activation or 0) < 0
    for below in (False, True):
        fields = {"name": "rivers", "from": "texts", "auroc": 0.9, "confident": True}
        one = Suggestion.model_validate({**fields, "below": below})
        label = drafted(tmp_path, draft_annotations(graph, 2, {key: one})).labels[key]
        assert (label.text == "rivers") is (below is is_below)
        assert label.confidence == ("medium" if below is is_below else "low")


def test_groups_read_and_push_alike_and_claims_ask_for_half_of_what_they_do(
    tmp_path: Path, graph: Graph
) -> None:
    found = drafted(tmp_path, draft_annotations(graph, 2, {}))
    nodes = {node.node_id: node for node in graph.nodes}
    for group in found.groups.values():
        members = [nodes[one] for one in group.nodes]
        assert len(members) >= SMALLEST
        assert len({(one.effect or 0) > 0 for one in members}) == 1
        pairs = [(a, b) for a in members for b in members if a is not b]
        assert sum(_in_common(a, b) for a, b in pairs) / len(pairs) >= 0.7 * ALIKE
    members_of = [one for group in found.groups.values() for one in group.nodes]
    assert len(members_of) == len(set(members_of))
    for claim in found.claims:
        effect = sum(nodes[one].effect or 0 for one in found.groups[str(claim.ablate)].nodes)
        expect = claim.expect
        bound = expect.lead_falls_by if effect > 0 else expect.lead_rises_by
        bound = bound or expect.p_falls_by or expect.p_rises_by
        assert bound is not None and bound <= abs(effect) / 2 + 0.01


def test_the_same_features_are_the_same_draft(graph: Graph) -> None:
    assert draft_annotations(graph, 2, {}) == draft_annotations(graph, 2, {})
