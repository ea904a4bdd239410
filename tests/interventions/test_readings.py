"""Features read on many texts at once are what each text gives by itself."""

from __future__ import annotations

import pytest
import torch

from tests.interventions.test_steered_pass import prompt_of
from tests.tiny_models import PROMPT
from tracer.interventions.readings import promoted, read_features
from tracer.interventions.steered_pass import Setting, SteeredPrompt
from tracer.interventions.targets import find_targets
from tracer.model.load import Model


def test_activations_on_many_texts_are_each_as_alone(pair: tuple[Model, str]) -> None:
    model, features = pair
    targets = find_targets(model, features)
    ids = torch.tensor(model.tokenizer.encode_prompt(PROMPT))
    texts = torch.stack([ids, ids.roll(2), ids.flip(0)])
    chosen = [(layer, index) for layer in (1, 0) for index in (5, 0, 17)]
    found = read_features(model, targets, chosen, texts)
    assert found.shape == (3, len(ids), len(chosen))
    for text, activations in zip(texts.tolist(), found, strict=True):
        alone = SteeredPrompt(model, targets, tuple(text))
        for position in range(1, len(ids)):
            expected = [alone.activation(*feature, position) for feature in chosen]
            assert activations[position].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert found[:, 1:].count_nonzero() > 1


def test_what_a_feature_promotes_is_its_direct_effect_on_all_answers(
    pair: tuple[Model, str],
) -> None:
    """Of the last layer, whose features have no other way to the answer."""
    model, features = pair
    prompt = prompt_of(model, features, direct_effects=True)
    layer, last = model.info.layers - 1, prompt.n_positions - 1
    indices = torch.tensor([0, 5, 17])
    found = promoted(model, prompt.targets, layer, indices)
    for row, index in zip(found, indices.tolist(), strict=True):
        value = prompt.activation(layer, index, last) + 1.0
        run = prompt.run([Setting(layer, index, last, value)])
        change = run.raw_logits[0] - prompt.baseline.raw_logits[0]
        assert change.norm() > 1e-3
        alike = torch.nn.functional.cosine_similarity(row, change, dim=0)
        assert float(alike) == pytest.approx(1, abs=1e-9)
