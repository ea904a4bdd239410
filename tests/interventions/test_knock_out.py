"""A look is taken away in the real model, in every family, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tiny_models import EVERY_FAMILY, PROMPT, exact_tiny_model
from tracer.errors import TracerError
from tracer.interventions.knock_out import KnockOut, knocked_out
from tracer.interventions.steered_pass import SteeredPrompt
from tracer.interventions.targets import NeuronTargets
from tracer.model.load import Model

LAYER, HEAD, QUERY, KEY = 1, 1, 5, 4
LOOK = KnockOut(LAYER, HEAD, QUERY, KEY)


def patterns(model: Model, ids: Tensor) -> list[Tensor]:
    found = model.causal_lm(ids, output_attentions=True, use_cache=False)
    return list(found.attentions)


@pytest.mark.parametrize("family", EVERY_FAMILY)
@torch.no_grad()
def test_the_others_share_what_the_key_had(tmp_path: Path, family: str) -> None:
    model = exact_tiny_model(tmp_path, family)
    ids = torch.tensor([model.tokenizer.encode_prompt(PROMPT)] * 2)
    before = patterns(model, ids)
    with knocked_out(model, [(LOOK,), ()]):
        after = patterns(model, ids)
    expected = before[LAYER].clone()
    row = expected[0, HEAD, QUERY]
    row[KEY] = 0
    row /= row.sum()
    torch.testing.assert_close(after[LAYER], expected, rtol=1e-5, atol=1e-6)  # float32
    torch.testing.assert_close(after[LAYER + 1][1], before[LAYER + 1][1])
    assert not torch.allclose(after[LAYER + 1][0], before[LAYER + 1][0])
    again = patterns(model, ids)
    assert all(torch.equal(one, other) for one, other in zip(again, before, strict=True))


@pytest.mark.parametrize("family", EVERY_FAMILY)
@torch.no_grad()
def test_or_nothing_stands_in_its_place(tmp_path: Path, family: str) -> None:
    model = exact_tiny_model(tmp_path, family)
    ids = torch.tensor([model.tokenizer.encode_prompt(PROMPT)] * 2)
    before = patterns(model, ids)
    outputs: list[Tensor] = []
    block = model.module(model.architecture.layers)[LAYER]
    output = block.get_submodule(model.architecture.output)
    handle = output.register_forward_pre_hook(lambda _, inputs: outputs.append(inputs[0]))
    patterns(model, ids)
    with knocked_out(model, [(replace(LOOK, zero=True),), ()]):
        after = patterns(model, ids)
    handle.remove()
    expected = before[LAYER].clone()
    expected[0, HEAD, QUERY, KEY] = 0
    torch.testing.assert_close(after[LAYER], expected)
    lost = outputs[0] - outputs[1]
    assert not lost[1].any() and lost[0, QUERY].any()
    lost[0, QUERY] = 0
    assert not lost.any(), "nothing else is changed in front of the output"
    again = patterns(model, ids)
    assert all(torch.equal(one, other) for one, other in zip(again, before, strict=True))


def test_variants_run_side_by_side(tmp_path: Path) -> None:
    model = exact_tiny_model(tmp_path)
    prompt = SteeredPrompt(model, NeuronTargets(model), model.tokenizer.encode_prompt(PROMPT))
    other = KnockOut(0, 2, 7, 1)
    together = torch.cat(
        [run.logits for run in prompt.runs_without([(LOOK,), (other,), (), (LOOK, other)])]
    )
    alone = torch.cat([next(prompt.runs_without([one])).logits for one in ([LOOK], [other])])
    torch.testing.assert_close(together[:2], alone)
    torch.testing.assert_close(together[2:3], prompt.baseline.logits)
    assert not torch.allclose(together[3], together[0])


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (KnockOut(9, 0, 5, 4), "there is no head 9.0"),
        (KnockOut(0, 9, 5, 4), "there is no head 0.9"),
        (KnockOut(0, 0, 4, 5), "a head cannot look from 4 at 5 here"),
        (KnockOut(0, 0, 8, 5), "a head cannot look from 8 at 5 here"),
    ],
)
def test_what_is_not_there_is_told(look: KnockOut, said: str) -> None:
    with pytest.raises(TracerError, match=said):
        look.check(layers=3, heads=4, positions=8)
