"""Features set in the real model of every family, with all else recomputed or held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.features.dictionaries import write_plt
from tests.tiny_models import PROMPT, exact_tiny_model
from tests.tracing import trace_nodes
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.trace_settings import TraceSettings
from tracer.errors import TracerError
from tracer.interventions.held import Held
from tracer.interventions.interventions import Ablate, Set
from tracer.interventions.steer import continuation, steer
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import Model

EVERYTHING = TraceSettings(candidates=10**6, coverage=1.0, allow_misfit=True)


def prompt_of(model: Model, features: str, **held: object) -> SteeredPrompt:
    ids = model.tokenizer.encode_prompt(PROMPT)
    chosen = Held.of(model.info.layers, **held)  # type: ignore[arg-type]
    return SteeredPrompt(model, find_targets(model, features), ids, chosen)


def real(model: Model) -> torch.Tensor:
    ids = torch.tensor([model.tokenizer.encode_prompt(PROMPT)])
    with torch.no_grad():
        logits: torch.Tensor = model.causal_lm(ids).logits
    return logits[0, -1]


def check_real(model: Model, logits: torch.Tensor) -> None:
    torch.testing.assert_close(logits, real(model), rtol=1e-12, atol=1e-12)


def some_of(found: NodeGraph, step: int = 5) -> list[tuple[int, int, int, float, float]]:
    """Layer, index, position, activation and edge into the answer, of some features."""
    chosen = []
    for layer, one in enumerate(found.layers):
        start = found.swept.columns.starts[layer]
        for row in range(0, len(one), max(1, len(one) // step)):
            numbers = (int(one.indices[row]), int(one.positions[row]), float(one.activations[row]))
            chosen.append((layer, *numbers, float(found.swept.rows[-1, start + row])))
    return chosen


def test_with_nothing_set_it_is_the_model(pair: tuple[Model, str]) -> None:
    model, features = pair
    prompt = prompt_of(model, features)
    check_real(model, prompt.baseline.logits[0])
    check_real(model, prompt.run([]).logits[0])
    direct = prompt_of(model, features, direct_effects=True)
    check_real(model, direct.run([]).logits[0])


def test_a_feature_at_its_own_value_changes_nothing(pair: tuple[Model, str]) -> None:
    model, features = pair
    prompt = prompt_of(model, features)
    found = trace_nodes(PROMPT, model=model, features=features, target=" w9", settings=EVERYTHING)
    for layer, index, position, activation, _ in some_of(found, 3):
        own = prompt.activation(layer, index, position)
        assert own == pytest.approx(activation, abs=1e-12)
        same = prompt.run([Setting(layer, index, position, own)]).logits[0]
        check_real(model, same)


def test_with_all_held_the_change_is_the_edge_times_the_change(pair: tuple[Model, str]) -> None:
    model, features = pair
    prompt = prompt_of(model, features, direct_effects=True)
    found = trace_nodes(PROMPT, model=model, features=features, target=" w9", settings=EVERYTHING)
    target, before, moved = found.targets.token_ids[0], prompt.baseline.raw_logits[0], 0
    for layer, index, position, activation, edge in some_of(found):
        for factor in (0.0, -1.5, 3.0):
            run = prompt.run([Setting(layer, index, position, factor * activation)])
            change = run.raw_logits[0] - before
            expected = (factor - 1) * edge
            assert float(change[target] - change.mean()) == pytest.approx(expected, abs=1e-9)
            moved += abs(expected) > 1e-4
    assert moved > 10


@pytest.mark.parametrize("held", [{}, {"freeze_attention": True}], ids=["", "attention"])
def test_many_variants_at_once_are_each_as_alone(
    pair: tuple[Model, str], held: dict[str, bool]
) -> None:
    model, features = pair
    prompt = prompt_of(model, features, **held)
    found = trace_nodes(PROMPT, model=model, features=features, target=" w9", settings=EVERYTHING)
    variants = [
        [Setting(layer, index, position, 2 * activation + 1)]
        for layer, index, position, activation, _ in some_of(found, 3)
    ]
    together = torch.cat([run.logits for run in prompt.runs(variants)])
    single = model.info.family == "gpt-neo"  # its attention is in float32, whatever the weights
    rtol, atol = (1e-5, 1e-6) if single else (None, None)
    for variant, logits in zip(variants, together, strict=True):
        torch.testing.assert_close(prompt.run(variant).logits[0], logits, rtol=rtol, atol=atol)
    assert not torch.allclose(together, real(model).expand_as(together), atol=1e-6)


def test_a_neuron_set_is_what_the_down_projection_reads(model: Model) -> None:
    prompt, place = prompt_of(model, "neurons"), (1, 7, 6)

    def overwrite(_: object, inputs: tuple[torch.Tensor]) -> None:
        inputs[0][0, place[2], place[1]] = -2.5

    names = model.architecture
    down = model.module(names.layers)[place[0]].get_submodule(names.down)
    handle = down.register_forward_pre_hook(overwrite)
    expected = real(model)
    handle.remove()
    after = prompt.run([Setting(*place, -2.5)]).logits[0]
    torch.testing.assert_close(after, expected)
    assert not torch.allclose(after, real(model), atol=1e-6)


def test_frozen_attention_is_the_one_difference(model: Model) -> None:
    """Set at the last position only, nothing attends to it: freezing patterns of earlier
    positions then leaves the first layer's effect, and differs where queries changed."""
    settings = [Setting(0, 5, 3, 6.0)]
    free = prompt_of(model, "neurons").run(settings).logits[0]
    frozen = prompt_of(model, "neurons", freeze_attention=True).run(settings).logits[0]
    assert not torch.allclose(free, frozen, atol=1e-7)
    last = [Setting(2, 5, len(model.tokenizer.encode_prompt(PROMPT)) - 1, 6.0)]
    free = prompt_of(model, "neurons").run(last).logits[0]
    frozen = prompt_of(model, "neurons", freeze_attention=True).run(last).logits[0]
    torch.testing.assert_close(free, frozen)  # no attention comes behind the last MLP


def test_constrained_layers_hold_their_mlps(model: Model) -> None:
    prompt = prompt_of(model, "neurons", constrained_layers=range(2))
    run = prompt.run([Setting(0, 5, 3, 6.0)], watch=[2])
    whole = prompt_of(model, "neurons", constrained_layers=range(3)).run([Setting(0, 5, 3, 6.0)])
    assert not torch.allclose(run.logits, whole.logits, atol=1e-7)
    before, after = (one.reads[2][0, 3] for one in (prompt.baseline, run))
    assert not torch.allclose(before, after)  # the layer above reads the change


def test_the_cache_of_a_continuation_changes_nothing(model: Model) -> None:
    prompt = prompt_of(model, "neurons")
    variant = [Setting(1, 7, 4, 9.0, onwards=True)]
    for settings in ([], variant):
        said = continuation(prompt, settings, 6, None)
        ids = list(prompt.token_ids)
        for _ in range(6):
            again = SteeredPrompt(model, prompt.targets, tuple(ids))
            token = int(again.run(settings).logits[0].argmax())
            if token in model.end_tokens:
                break
            ids.append(token)
        whole = model.tokenizer.joined(ids)
        assert said == whole[len(model.tokenizer.joined(prompt.token_ids)) :]


def test_a_sampled_continuation_repeats_with_its_seed(llama: Model) -> None:
    prompt = prompt_of(llama, "neurons")
    first, again, other = (continuation(prompt, [], 12, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_numbers_that_overflow_are_no_result(llama: Model) -> None:
    prompt = prompt_of(llama, "neurons")
    with pytest.raises(TracerError, match="overflow"):
        prompt.run([Setting(0, 1, 2, 1.7e308)])


def test_interventions_of_one_prompt(llama: Model) -> None:
    found = steer(llama, "neurons", PROMPT, [Set("1_7", 3.0), Ablate("1_7_4")], watch=["2_5_7"])
    assert len(found.settings) == 8
    values = {one.position: one.value for one in found.settings[:-1]}
    assert values == dict.fromkeys(range(1, 8), 3.0)
    later_wins = [Set(f"1_7_{p}", 3.0) for p in (1, 2, 3, 5, 6, 7)] + [Ablate("1_7_4")]
    same = steer(llama, "neurons", PROMPT, later_wins)
    torch.testing.assert_close(found.logits_after, same.logits_after)
    before, after = found.features["2_5_7"]
    assert before != after
    change = found.logit_change(" w9", versus=" w2")
    p, q = found.probability(" w9"), found.probability(" w2")
    lead = torch.tensor([p[1], q[1], p[0], q[0]]).log()
    assert change == pytest.approx(float(lead[0] - lead[1] - lead[2] + lead[3]), abs=1e-5)


@pytest.mark.parametrize(
    ("intervention", "options", "message"),
    [
        (Ablate("1_99_4"), {}, "there is no feature `1_99_4`"),
        (Ablate("9_1_4"), {}, "there is no feature `9_1_4`: the model's layers are 0 to 2"),
        (Ablate("1_7_8"), {}, "positions are 1 to 7"),
        (Ablate("1_7_0"), {}, "positions are 1 to 7"),
        (Ablate("italy"), {}, "`italy` names no feature"),
        (Set("1_7_4", float("nan")), {}, "nan is not a finite number"),
        (Set("1_7_4", "much"), {}, "'much' is not a finite number"),  # type: ignore[arg-type]
        (Ablate("1_7_4"), {"constrained_layers": range(2, 5)}, "layers are 0 to 2"),
        (Ablate("2_7_4"), {"constrained_layers": range(2)}, "writes to none of the layers"),
    ],
)
def test_what_cannot_be_is_refused(
    llama: Model, intervention: Ablate | Set, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TracerError) as caught:
        steer(llama, "neurons", PROMPT, [intervention], **options)
    assert message in str(caught.value)


def test_features_of_another_model_are_refused(llama: Model, tmp_path: Path) -> None:
    olmo = exact_tiny_model(tmp_path / "olmo", "olmo2")
    features = str(write_plt(tmp_path / "set", reads="ln2.hook_normalized"))
    with pytest.raises(TracerError, match="behind a norm that the model does not have"):
        steer(olmo, features, PROMPT, [Ablate("1_7_4")])
    with pytest.raises(TracerError, match="unknown features `nowhere`"):
        steer(llama, "nowhere", PROMPT, [Ablate("1_7_4")])
