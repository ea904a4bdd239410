"""What the gallery says was measured is measured again here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.ablation import logits_without, neuron
from tracer.documents.annotations import load_annotations
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import load_prompts
from tracer.model.load import Model, load_model

REPOSITORY = Path(__file__).parents[1]
SOURCES = REPOSITORY / "site_src"
SLUGS = [entry.slug for entry in load_prompts(SOURCES / "prompts.yaml").graphs]

# slug, group, p(answer) without it, change of the lead in logits; as the write-ups tell it.
ABLATIONS = [
    ("colosseum-italian", "language", 0.17, -0.2),
    ("colosseum-italian", "colosseum", 0.66, -3.6),
    ("colosseum-italian", "brake", 0.92, 1.0),
    ("moscow-russian", "language", 0.55, 0.2),
    ("moscow-russian", "moscow", 0.94, -1.0),
    ("john-and-mary", "brake", 0.95, 0.6),
    ("john-and-mary", "mary", 0.93, 0.3),
    ("opposite-of-small", "large", 0.76, -1.0),
    ("opposite-of-small", "degree", 0.76, -1.0),
    ("import-numpy", "letter-n", 0.91, -1.5),
    ("import-numpy", "letter-p", 0.95, 0.6),
    ("import-numpy", "numpy", 0.92, -2.5),
]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(device="cpu")


@pytest.mark.parametrize("slug", SLUGS)
def test_every_prompt_has_a_graph_a_write_up_and_annotations_that_fit(slug: str) -> None:
    folder = GraphFolder(REPOSITORY / "graphs")
    latest = folder.latest(slug)
    assert latest is not None
    annotations, _ = load_annotations(SOURCES / "annotations" / f"{slug}.yaml")
    assert annotations.revision == latest
    ids = folder.load(slug, latest).node_ids
    assert all(len(members) > 0 for members in annotations.group_members(ids).values())
    for group in annotations.groups.values():
        assert set(group.nodes) <= set(ids)
    assert set(annotations.pins) <= set(ids)
    assert (SOURCES / "write-ups" / f"{slug}.md").read_text().startswith("---\ntitle:")


@pytest.mark.model
@pytest.mark.parametrize(("slug", "group", "probability", "change"), ABLATIONS)
def test_the_ablations_the_write_ups_tell_of(
    model: Model, slug: str, group: str, probability: float, change: float
) -> None:
    folder = GraphFolder(REPOSITORY / "graphs")
    graph = folder.load(slug, folder.latest(slug) or 1)
    info = graph.metadata.tracer
    assert info is not None
    annotations, _ = load_annotations(SOURCES / "annotations" / f"{slug}.yaml")
    members = annotations.group_members(graph.node_ids)[group]
    before = logits_without(model, info.token_ids, [])
    after = logits_without(model, info.token_ids, map(neuron, members))
    question = info.question

    def lead(values: torch.Tensor) -> float:
        return float(values[question.target_id] - values[list(question.contrast_ids)].mean())

    assert float(after.softmax(-1)[question.target_id]) == pytest.approx(probability, abs=0.012)
    assert lead(after) - lead(before) == pytest.approx(change, abs=0.06)
