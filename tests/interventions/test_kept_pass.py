"""A pass that computes only what differs gives what a whole one gives, in every family."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.features.dictionaries import write_clt
from tests.tiny_models import PROMPT
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steer import continuation
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import Model, load_model

WATCHED = [0, 1, 2]
SET = [
    [],
    [Setting(2, 3, 7, 5.0)],
    [Setting(1, 3, 4, 5.0), Setting(2, 1, 6, -3.0)],
    [Setting(0, 2, 0, 4.0, onwards=True)],
]
LOOKS: list[list[KnockOut]] = [
    [],
    [KnockOut(2, 0, 7, 3)],
    [KnockOut(1, 1, 5, 4), KnockOut(0, 0, 7, 2)],
]


def both(model: Model, features: str = "neurons") -> tuple[SteeredPrompt, SteeredPrompt]:
    """By the long way and by the short one."""
    targets = find_targets(model, features)
    ids = model.tokenizer.encode_prompt(PROMPT)
    return SteeredPrompt(model, targets, ids), SteeredPrompt(model, targets, ids, keep=True)


def check(long: SteeredPrompt, short: SteeredPrompt) -> None:
    for variant in SET:
        for looks in LOOKS:
            one, other = (run.run(variant, watch=WATCHED, looks=looks) for run in (long, short))
            torch.testing.assert_close(other.logits, one.logits, rtol=1e-5, atol=1e-6)
            torch.testing.assert_close(other.raw_logits, one.raw_logits, rtol=1e-5, atol=1e-6)
            for layer in WATCHED:
                torch.testing.assert_close(
                    other.reads[layer], one.reads[layer], rtol=1e-5, atol=1e-6
                )
    for variant, cuts in ((SET[2], LOOKS[1]), (SET[3], []), ([], LOOKS[2]), ([], [])):
        said = {continuation(run, variant, 4, None, cuts) for run in (long, short)}
        assert len(said) == 1


def test_a_pass_in_short_is_a_whole_one(model: Model) -> None:
    check(*both(model))


def test_features_that_write_to_layers_above(llama: Model, tmp_path: Path) -> None:
    check(*both(llama, str(write_clt(tmp_path))))


@pytest.mark.parametrize("most", [1, 20, 500])
def test_many_at_once(llama: Model, most: int) -> None:
    prompts = both(llama)
    small = [one.in_small_batches(lambda: None, most) for one in prompts]
    for long, short in (
        [torch.cat([run.logits for run in one.runs(SET)]) for one in small],
        [torch.cat([run.logits for run in one.runs_without(LOOKS)]) for one in small],
    ):
        torch.testing.assert_close(short, long)


def test_less_is_computed(llama: Model, request: pytest.FixtureRequest) -> None:
    _, short = both(llama)
    seen: list[tuple[int, int]] = []
    for layer, one in enumerate(_mlps(llama)):
        request.addfinalizer(
            one.register_forward_pre_hook(
                lambda _, inputs, layer=layer: seen.append((layer, inputs[0].shape[1]))
            ).remove
        )
    short.run([Setting(1, 3, 6, 5.0)])
    assert seen == [(1, 2), (2, 2)]
    seen.clear()
    short.run([])
    assert seen == []


def _mlps(model: Model) -> list[torch.nn.Module]:
    blocks = model.module(model.architecture.layers)
    return [block.get_submodule(model.architecture.mlp) for block in blocks]


def test_what_is_more_urgent_comes_in_the_midst_of_a_pass(llama: Model) -> None:
    long, short = both(llama)
    asked, let_in = [0], [0]

    def waits() -> bool:  # once, in front of the pass's last layer
        asked[0] += 1
        return asked[0] == 3

    def between() -> None:
        let_in[0] += 1
        short.run(SET[1])

    patient = short.in_small_batches(between, 500, waits)
    found = torch.cat([run.logits for run in patient.runs([SET[3]])])
    assert let_in == [2] and asked[0] > 3
    torch.testing.assert_close(found, long.run(SET[3]).logits)
    asked[0] = -3  # behind the prompt's own layers, in the midst of a word
    said = continuation(patient, SET[3], 4, None)
    assert let_in == [3] and said == continuation(long, SET[3], 4, None)


@pytest.mark.slow
@pytest.mark.model
def test_on_the_default_model() -> None:
    model = load_model()
    targets = find_targets(model, "neurons")
    ids = model.tokenizer.encode_prompt("The Colosseum is in a city whose name is")
    long, short = (SteeredPrompt(model, targets, ids, keep=keep) for keep in (False, True))
    for variant in ([Setting(3, 7, 4, 9.0), Setting(25, 8, 9, 5.0)], [Setting(28, 3, 9, -6.0)]):
        one, other = (run.run(variant).logits for run in (long, short))
        assert float((one - other).abs().max()) <= 1e-5 * float(one.abs().max())
