"""Which logits a graph explains."""

from __future__ import annotations

import torch

from tests.tiny_models import PROMPT
from tracer.attribution.targets import choose_targets
from tracer.model.frozen_pass import FrozenPass, freeze
from tracer.model.load import Model


def frozen_pass(model: Model) -> FrozenPass:
    return freeze(model, model.tokenizer.encode_prompt(PROMPT))


def test_salient_logits_are_the_fewest_that_hold_the_mass(unlike: Model) -> None:
    frozen = frozen_pass(unlike)
    probabilities = frozen.logits.softmax(-1)
    found = choose_targets(frozen, logit_mass=0.5, max_logits=60)
    assert float(found.weights.sum()) >= 0.5
    assert float(found.weights[:-1].sum()) < 0.5
    assert list(found.token_ids) == probabilities.topk(len(found.token_ids)).indices.tolist()
    assert len(choose_targets(frozen, logit_mass=1.0, max_logits=7).token_ids) == 7
    assert found.question.kind == "salient"


def test_each_salient_logit_is_measured_from_the_mean_logit(unlike: Model) -> None:
    frozen = frozen_pass(unlike)
    found = choose_targets(frozen, max_logits=3)
    expected = frozen.raw_logits[list(found.token_ids)] - frozen.raw_logits.mean()
    torch.testing.assert_close(found.values, expected)


def test_a_contrast_is_the_target_minus_the_mean_of_the_others(unlike: Model) -> None:
    frozen = frozen_pass(unlike)
    found = choose_targets(frozen, target=11, contrast=[4, 6])
    expected = frozen.raw_logits[11] - frozen.raw_logits[[4, 6]].mean()
    torch.testing.assert_close(found.values, expected[None])
    assert (found.question.target, found.question.contrast) == (" w9", (" w2", " w4"))
    named = {answer.token_id for answer in found.answers}
    assert {11, 4, 6} <= named


def test_a_target_alone_is_measured_from_the_mean(unlike: Model) -> None:
    found = choose_targets(frozen_pass(unlike), target=11)
    assert found.question.kind == "target"
    assert found.token_ids == (11,)
