"""Faithfulness over circuit size: what a circuit is, and the areas beside a hand-made run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from tests.interventions.conftest import SETS
from tests.interventions.test_exchange import KINDS, Two
from tracer.documents.size_curve import SHARES, area_from_one, area_under
from tracer.errors import TracerError
from tracer.interventions import settings, writing
from tracer.interventions.held import Held
from tracer.interventions.pair import Pair
from tracer.interventions.size_curve import _Parts, measure_curve
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.model.load import Model


def pair_of(two: Two) -> Pair:
    held = Held(layers=range(two.model.info.layers), outputs_only=True)
    return Pair.of(two.here, two.meant, target_id=two.answer, held=held)


def test_all_that_differs_is_the_prompts_own_run(model: Model) -> None:
    two = Two(model, "neurons")
    found = measure_curve(two.here, two.meant, target_id=two.answer, seed=3)
    whole = found.points[-1]
    assert (whole.share, whole.parts, found.words) == (1.0, found.parts, 1)
    assert whole.supporters == pytest.approx(1, abs=1e-9)
    assert whole.strongest == pytest.approx(1, abs=1e-9)
    assert set(whole.controls_supporters) == {whole.supporters}
    assert [one.share for one in found.points] == list(SHARES)
    assert all(abs(one.supporters - 1) > 1e-6 for one in found.points[:-1])


def test_a_circuit_is_held_and_all_else_is_the_counterfactuals(model: Model) -> None:
    """Against a run in which every down projection reads what it should: outside the circuit what
    it read there, and attention goes its own way."""
    two = Two(model, "neurons")
    pair = pair_of(two)
    parts = _Parts.of(pair)
    chosen = parts.by_strength[: len(parts) // 3]
    names = model.architecture
    here, there = (one.baseline.reads for one in (two.here, two.there))
    mixed = {layer: read[0].clone() for layer, read in there.items()}
    of_circuit = parts.features.take(chosen[chosen < len(parts.features)])
    for layer, index, position in zip(
        of_circuit.layers.tolist(),
        of_circuit.indices.tolist(),
        of_circuit.positions.tolist(),
        strict=True,
    ):
        mixed[layer][position, index] = here[layer][0, position, index]
    handles = []
    for layer, block in enumerate(model.module(names.layers)):

        def overwrite(_: object, inputs: tuple[torch.Tensor], layer: int = layer) -> None:
            inputs[0][0] = mixed[layer]

        handles.append(block.get_submodule(names.down).register_forward_pre_hook(overwrite))
    ids = parts.token_ids(chosen, pair)
    with torch.no_grad():
        expected = model.causal_lm(torch.tensor([ids])).logits[0, -1]
    for handle in handles:
        handle.remove()
    (run,) = pair.there.runs([parts.settings(chosen)], words=[ids])
    torch.testing.assert_close(run.logits[0], expected)
    # The words are parts: with them alone only attention has anything new to read.
    word = torch.tensor([len(parts) - 1])
    assert parts.token_ids(word, pair) == two.here.token_ids
    (alone,) = pair.there.runs([parts.settings(word)], words=[two.here.token_ids])
    assert not torch.allclose(alone.logits, two.there.baseline.logits, atol=1e-6)
    assert not torch.allclose(alone.logits, two.here.baseline.logits, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_many_settings_at_once_are_as_few(
    llama: Model, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By rows, by products of matrices, and in batches of few settings: the same logits."""
    two = Two(llama, SETS[kind](tmp_path))
    pair = pair_of(two)
    parts = _Parts.of(pair)
    order = torch.sort(parts.features.scores, descending=True).indices
    chosen = [parts.features.take(order[:size]) for size in (30, 200, len(order))]
    variants = {
        pair.there: [one.from_here() for one in chosen],  # with MLPs held
        two.here: [one.from_there() for one in chosen],  # with nothing held
    }

    def logits(prompt: SteeredPrompt) -> torch.Tensor:
        return torch.cat([one.logits for one in prompt.runs(variants[prompt])])

    for prompt in variants:
        found = []
        for many, batch in ((1, 10**6), (10**9, 10**6), (4, 150)):
            monkeypatch.setattr(writing, "MANY", many)
            monkeypatch.setattr(settings, "MOST_SETTINGS", batch)
            found.append(logits(prompt))
        assert not torch.allclose(found[0], prompt.baseline.logits.expand(3, -1), atol=1e-6)
        torch.testing.assert_close(found[1], found[0])
        torch.testing.assert_close(found[2], found[0])


def test_one_order_is_by_support_and_one_by_strength(llama: Model) -> None:
    parts = _Parts.of(pair_of(Two(llama, "neurons")))
    support, strength = (parts.scores[one] for one in (parts.by_support, parts.by_strength))
    assert torch.equal(support, parts.scores.sort(descending=True).values)
    assert torch.equal(strength.abs(), parts.scores.abs().sort(descending=True).values)
    assert (support[-1] < 0) and not torch.equal(support, strength)


def test_a_words_score_is_what_its_embedding_adds(llama: Model) -> None:
    """With patterns and norms frozen the embedding's change is a linear cause like any other."""
    two = Two(llama, "neurons")
    differences = two.differences
    changed = (torch.tensor(two.here.token_ids) != torch.tensor(two.there.token_ids)).nonzero()
    assert changed[:, 0].tolist() == [3]
    assert set(differences.words.nonzero()[:, 0].tolist()) == {3}
    embedding = llama.causal_lm.get_input_embeddings().weight
    swapped = embedding[two.here.token_ids[3]] - embedding[two.there.token_ids[3]]
    from tracer.attribution.effects import gradients_everywhere
    from tracer.model.frozen_pass import freeze

    frozen = freeze(llama, two.here.token_ids)
    active = two.here.targets.source.read(frozen)
    bottom, _ = gradients_everywhere(frozen, active, two.direction)
    assert float(differences.words[3]) == pytest.approx(float(bottom[3] @ swapped), abs=1e-12)


def test_controls_change_places_within_a_layer_and_word(llama: Model) -> None:
    parts = _Parts.of(pair_of(Two(llama, "neurons")))
    others = parts.others(torch.Generator().manual_seed(5))
    assert sorted(others.tolist()) == list(range(len(parts)))
    features = parts.features

    def places(of: torch.Tensor) -> Counter[tuple[int, int]]:
        some = features.take(of[of < len(features)])
        return Counter(zip(some.layers.tolist(), some.positions.tolist(), strict=True))

    first = parts.by_support[:40]
    assert places(others[first]) == places(first)
    assert not torch.equal(others[first].sort().values, first.sort().values)
    words = torch.arange(len(features), len(parts))
    assert torch.equal(others[words], words)
    again = parts.others(torch.Generator().manual_seed(5))
    assert torch.equal(again, others)


def test_areas_are_those_of_the_points(llama: Model) -> None:
    two = Two(llama, "neurons")
    found = measure_curve(two.here, two.meant, target_id=two.answer, seed=3, draws=2)
    assert found.cpr == pytest.approx(area_under(SHARES, [p.supporters for p in found.points]))
    assert found.cmd == pytest.approx(area_from_one(SHARES, [p.strongest for p in found.points]))
    for draw in range(2):
        line = [one.controls_strongest[draw] for one in found.points]
        assert found.controls_cmd[draw] == pytest.approx(area_from_one(SHARES, line))
    # The strongest bring the answer sooner than others in their places.
    assert found.cmd < min(found.controls_cmd) and found.cpr > max(found.controls_cpr)
    assert found == measure_curve(two.here, two.meant, target_id=two.answer, seed=3, draws=2)


@pytest.mark.parametrize(
    ("values", "under", "from_one"),
    [
        ([1.0] * 10, 0.999, 0.0),
        ([0.0] * 9 + [1.0], 0.25, 0.749),  # the last trapezoid is from .5 to 1
        ([0.0, 0, 0, 0, 0, 0, 0, 0, 2.0, 1.0], 0.3 + 0.75, 0.199 + 0.3 + 0.25),
    ],
)
def test_areas_are_of_trapezoids_from_a_thousandth_to_all(
    values: list[float], under: float, from_one: float
) -> None:
    assert area_under(SHARES, values) == pytest.approx(under)
    assert area_from_one(SHARES, values) == pytest.approx(from_one)


def test_a_move_that_is_none_has_no_curve(llama: Model) -> None:
    two = Two(llama, "neurons")
    meant = two.meant.model_copy(update={"target": llama.tokenizer.text(two.answer)})
    with pytest.raises(TracerError, match="does not take the lead away"):
        measure_curve(two.here, meant, target_id=two.other, seed=1)
