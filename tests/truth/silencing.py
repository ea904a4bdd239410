"""Units of a planted model set to zero, by hooks of torch's alone: nothing of the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.truth.build import Built, spelled

MOST = 256  # variants in one batch

Here = Sequence[tuple[int, "Silenced"]]


@dataclass(frozen=True)
class Silenced:
    """A neuron at one position, or at all."""

    layer: int
    index: int
    position: int | None = None


@torch.no_grad()
def log_odds(built: Built, variants: Sequence[Sequence[Silenced]]) -> Tensor:
    """(variants,): of the answer to the prompt that is explained, each time with some neurons at
    zero."""
    tokenizer = built.model.tokenizer
    answer = tokenizer.single_token(f" {built.circuit.answer}")
    found = [torch.zeros(0, dtype=torch.float64)]
    for start in range(0, len(variants), MOST):
        logits = _run(built, built.token_ids, variants[start : start + MOST])
        probability = logits.log_softmax(-1).exp()[:, answer]
        others = logits.log_softmax(-1).clone()
        others[:, answer] = -torch.inf
        found.append(probability.log() - others.logsumexp(-1))
    return torch.cat(found)


@torch.no_grad()
def answer_to(built: Built, prompt: str) -> str:
    """The likeliest next word."""
    tokenizer = built.model.tokenizer
    logits = _run(built, tokenizer.encode_prompt(spelled(prompt)), [[]])
    return tokenizer.text(int(logits[0].argmax())).strip()


def _run(built: Built, token_ids: Sequence[int], variants: Sequence[Sequence[Silenced]]) -> Tensor:
    """(variants, vocabulary), at the last position."""
    model = built.model
    blocks = model.module(model.architecture.layers)
    handles = []
    for layer, block in enumerate(blocks):
        here = [
            (variant, one)
            for variant, silenced in enumerate(variants)
            for one in silenced
            if one.layer == layer
        ]

        def hook(_: object, inputs: tuple[Tensor], here: Here = here) -> tuple[Tensor]:
            hidden = inputs[0].clone()
            for variant, one in here:
                places = slice(None) if one.position is None else one.position
                hidden[variant, places, one.index] = 0
            return (hidden,)

        down = block.get_submodule(model.architecture.down)
        handles.append(down.register_forward_pre_hook(hook))
    logits: Tensor = model.causal_lm(torch.tensor([token_ids] * len(variants))).logits[:, -1]
    for handle in handles:
        handle.remove()
    return logits
