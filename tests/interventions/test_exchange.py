"""Values exchanged between two prompts: what is enough, what is needed, and beside what."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from tests.interventions.conftest import SETS
from tests.tiny_models import PROMPT
from tracer.attribution.effects import total_effects
from tracer.documents.prompts import Counterfactual
from tracer.errors import TracerError
from tracer.interventions.counterfactual import Aligned
from tracer.interventions.differences import Differences, Differing
from tracer.interventions.exchange import COUNTS, DRAWS, copying_layers, measure_exchange
from tracer.interventions.exchange_controls import ExchangeControls
from tracer.interventions.steered_pass import Setting, Settings, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.frozen_pass import freeze
from tracer.model.load import Model

OTHER = PROMPT.replace(" w5", " w9")  # the token at position 3
KINDS = ("neurons", "skip", "across layers")


class Two:
    """Two prompts on a model, and the two tokens whose lead they move most."""

    def __init__(self, model: Model, features: str, here: str = PROMPT, there: str = OTHER) -> None:
        targets, encode = find_targets(model, features), model.tokenizer.encode_prompt
        self.model, self.texts = model, (here, there)
        self.here = SteeredPrompt(model, targets, encode(here))
        self.there = SteeredPrompt(model, targets, encode(there))
        moved = self.here.baseline.raw_logits[0] - self.there.baseline.raw_logits[0]
        self.answer, self.other = int(moved.argmax()), int(moved.argmin())

    @property
    def direction(self) -> torch.Tensor:
        return self.model.unembedding[self.answer] - self.model.unembedding[self.other]

    @property
    def differences(self) -> Differences:
        return Differences.of(self.here, self.there, self.direction)

    @property
    def meant(self) -> Counterfactual:
        return Counterfactual.model_validate(
            {"prompt": self.texts[1], "target": {"id": self.other}}
        )


@pytest.fixture(params=KINDS)
def two(request: pytest.FixtureRequest, llama: Model, tmp_path: Path) -> Two:
    return Two(llama, SETS[request.param](tmp_path))


def everything(differences: Differences) -> Differing:
    return Differing.joined(list(differences.layers()))


def test_every_neuron_exchanged_is_what_the_down_projections_then_read(model: Model) -> None:
    """Nothing else of the other prompt is exchanged: its words and attention stay its own, and a
    neuron that has the same value in both, as zero behind a ReLU, follows what it then reads."""
    two = Two(model, "neurons")
    names, reads, others = model.architecture, two.here.baseline.reads, two.there.baseline.reads
    handles = []
    for layer, block in enumerate(model.module(names.layers)):

        def overwrite(_: object, inputs: tuple[torch.Tensor], layer: int = layer) -> None:
            here, there, now = reads[layer][0, 1:], others[layer][0, 1:], inputs[0][0, 1:]
            inputs[0][0, 1:] = torch.where(here == there, now, here)

        handles.append(block.get_submodule(names.down).register_forward_pre_hook(overwrite))
    with torch.no_grad():
        expected = model.causal_lm(torch.tensor([two.there.token_ids])).logits[0, -1]
    for handle in handles:
        handle.remove()
    found = two.there.run(everything(two.differences).from_here()).logits[0]
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, two.there.baseline.logits[0], atol=1e-6)


def test_only_what_differs_is_a_difference(two: Two) -> None:
    found = everything(two.differences)
    assert len(found) and int(found.positions.min()) == 3  # before it both read the same
    assert not torch.equal(found.here, found.there)
    for prompt, values in ((two.here, found.here), (two.there, found.there)):
        for at in range(0, len(found), 97):
            place = (int(found.layers[at]), int(found.indices[at]), int(found.positions[at]))
            assert prompt.activation(*place) == pytest.approx(float(values[at]), abs=1e-12)


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("family", ["llama", "gemma2", "gpt2"])
def test_the_gradient_is_the_effect_of_one_unit(
    models: object, family: str, kind: str, tmp_path: Path
) -> None:
    model = models(family)  # type: ignore[operator]
    two = Two(model, SETS[kind](tmp_path))
    frozen = freeze(model, two.here.token_ids)
    active = two.here.targets.source.read(frozen)
    effects = total_effects(frozen, active, two.direction).features
    layers = active.admit(effects, 10**6)
    compared = 0
    for layer, found in enumerate(two.differences.layers()):
        known = {
            (int(p), int(i)): float(e)
            for p, i, e in zip(
                layers[layer].positions, layers[layer].indices, layers[layer].effects, strict=True
            )
        }
        for at in range(0, len(found), 3):
            place = (int(found.positions[at]), int(found.indices[at]))
            if place in known:
                change = float(found.here[at] - found.there[at])
                effect = float(found.scores[at]) / change * float(found.here[at])
                assert effect == pytest.approx(known[place], abs=1e-9)
                compared += 1
    assert compared > 10


def test_supporters_are_the_strongest_of_all_features(two: Two) -> None:
    differences = two.differences
    whole = everything(differences)
    places = torch.ones(two.model.info.layers, two.here.n_positions, dtype=torch.bool)
    late = places.clone()
    late[:, :-1] = False
    first, second = differences.supporters(12, [places, late])
    expected = whole.scores.sort(descending=True).values[:12]
    torch.testing.assert_close(first.scores, expected[expected > 0])
    here = whole.scores[whole.positions == two.here.n_positions - 1]
    expected = here.sort(descending=True).values[:12]
    torch.testing.assert_close(second.scores, expected[expected > 0])


def test_as_columns_or_one_by_one_it_is_the_same(two: Two) -> None:
    found = everything(two.differences).take(slice(0, 60)).from_here()
    single = [
        Setting(int(layer), int(index), int(position), float(value))
        for layer, index, position, value in zip(
            found.layers, found.indices, found.positions, found.values, strict=True
        )
    ]
    expected = two.there.run(single).logits
    torch.testing.assert_close(two.there.run(found).logits, expected)
    first = Settings(found.layers, found.indices, found.positions, found.values + 1)
    twice = Settings(
        *(
            torch.cat(pair)
            for pair in zip(
                (first.layers, first.indices, first.positions, first.values),
                (found.layers, found.indices, found.positions, found.values),
                strict=True,
            )
        )
    )
    torch.testing.assert_close(two.there.run(twice).logits, expected)  # the later wins


def test_both_ways_round_it_says_the_same(two: Two) -> None:
    """Enough from here to there is needed from there to here, for one set of features."""
    from tracer.interventions.exchange import _Measured
    from tracer.interventions.pair import Pair

    chosen = everything(two.differences).take(slice(0, 40))
    back = Differing(
        chosen.layers, chosen.positions, chosen.indices, chosen.there, chosen.here, chosen.scores
    )
    controls = ExchangeControls(two.differences)
    pairs = [
        Pair(two.here, two.there, two.answer, two.other),
        Pair(two.there, two.here, two.other, two.answer),
    ]
    one, other = (
        _Measured(pair, controls, 7).of([some, some.take(slice(0))], draws=0)
        for pair, some in zip(pairs, (chosen, back), strict=True)
    )
    assert one[0].enough == pytest.approx(other[0].needed, abs=1e-12) != 0
    assert one[0].needed == pytest.approx(other[0].enough, abs=1e-12) != 0
    assert (one[1].enough, one[1].needed) == (0, 0)  # of no feature


def test_controls_are_of_the_same_places_and_balanced(llama: Model) -> None:
    differences = Two(llama, "neurons").differences
    whole = everything(differences)
    members = whole.take(whole.scores.sort(descending=True).indices[:30])
    drawn = ExchangeControls(differences).draw(members, draws=5, seed=3)

    def places(some: Differing) -> Counter[tuple[int, int]]:
        return Counter(zip(some.layers.tolist(), some.positions.tolist(), strict=True))

    largest = float(whole.scores.abs().max())
    for one in drawn:
        assert places(one) == places(members)
        named = zip(*(c.tolist() for c in (one.layers, one.positions, one.indices)), strict=True)
        assert len(set(named)) == len(members)
        assert abs(float(one.scores.sum())) <= largest < 0.5 * float(members.scores.sum())
    assert len(drawn) == 5
    again = ExchangeControls(differences).draw(members, draws=5, seed=3)
    assert all(torch.equal(a.indices, b.indices) for a, b in zip(drawn, again, strict=True))
    other = ExchangeControls(differences).draw(members, draws=5, seed=4)
    assert not all(torch.equal(a.indices, b.indices) for a, b in zip(drawn, other, strict=True))


def test_curves_go_up_to_all_that_support(two: Two) -> None:
    found = measure_exchange(two.here, two.meant, target_id=two.answer, seed=5)
    most = min(COUNTS[-1], int((everything(two.differences).scores > 0).sum()))
    counts = [one.features for one in found.curve]
    assert counts == [*(one for one in COUNTS if one < most), most]
    assert found.changed == (3,) and found.lead > found.lead_there
    assert found.curve[-1].enough > 0.2 and found.curve[-1].needed > 0.2
    for one in found.curve:
        assert len(one.controls_enough) == len(one.controls_needed)
        assert len(one.controls_enough) in (0, DRAWS)
    last = found.middle[-1]
    assert last.features <= counts[-1] and not last.controls_enough
    assert found == measure_exchange(two.here, two.meant, target_id=two.answer, seed=5)


def test_layers_that_may_copy_are_a_share_of_small_models() -> None:
    found = {layers: copying_layers(layers) for layers in (1, 3, 12, 26, 30, 64)}
    assert found == {1: (1, 1), 3: (1, 1), 12: (1, 2), 26: (3, 3), 30: (3, 4), 64: (3, 4)}


@pytest.mark.parametrize(
    ("prompt", "target", "message"),
    [
        (f"{PROMPT} w4", " w2", "prompt is 9 tokens long, the graph's 8"),
        (PROMPT, " w2", "has the same tokens as the graph's"),
        (OTHER, " w9", "answer is the graph's own"),
        (OTHER, " w9 w2", "is 2 tokens, not one"),
    ],
)
def test_what_does_not_stand_beside_the_prompt(
    llama: Model, prompt: str, target: str, message: str
) -> None:
    tokenizer = llama.tokenizer
    meant = Counterfactual(prompt=prompt, target=target)
    ids, answer = tokenizer.encode_prompt(PROMPT), tokenizer.single_token(" w9")
    with pytest.raises(TracerError) as caught:
        Aligned.of(tokenizer, ids, meant, target_id=answer)
    assert message in str(caught.value)


def test_a_counterfactual_that_moves_nothing_is_refused(llama: Model) -> None:
    two = Two(llama, "neurons")
    meant = two.meant.model_copy(update={"target": llama.tokenizer.text(two.answer)})
    with pytest.raises(TracerError, match=r"does not take the lead away: .* by -?[0-9.]+ logits"):
        measure_exchange(two.here, meant, target_id=two.other, seed=1)
