"""Which logits a graph explains: all likely ones, one, or one against others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.documents.graph import Answer, Question
from tracer.model.frozen_pass import FrozenPass

SHOWN_ANSWERS = 10


@dataclass(frozen=True)
class Targets:
    """Logit targets. Each is a direction in the normalised final residual stream."""

    question: Question
    answers: tuple[Answer, ...]  # the likeliest tokens, and any token the question names
    token_ids: tuple[int, ...]  # one a target
    directions: Tensor  # (targets, d_model)
    values: Tensor  # (targets,): what the model gives along each direction, biases included
    biases: Tensor  # (targets,)
    weights: Tensor  # (targets,): probabilities
    effect_direction: Tensor  # (d_model,): the direction that `effect` is measured along


def choose_targets(
    frozen: FrozenPass,
    *,
    target: int | None = None,
    contrast: Sequence[int] = (),
    max_logits: int = 10,
    logit_mass: float = 0.95,
) -> Targets:
    """The targets of one graph.

    With neither `target` nor `contrast`: the fewest top tokens that hold `logit_mass` of the
    probability, at most `max_logits`, each as its unembedding minus the mean unembedding
    (circuit-tracer's convention). With `target`: that one. With `contrast`: the target's
    unembedding minus the mean of the others'. Where the model caps its logits softly, targets
    are logits in front of the cap, which is not linear; probabilities are the model's own.
    """
    model = frozen.model
    probabilities = frozen.logits.softmax(-1)
    ranked = torch.sort(probabilities, descending=True, stable=True)
    if target is None:
        mass = ranked.values.cumsum(0)
        count = min(max_logits, int((mass < logit_mass).sum()) + 1)
        ids = ranked.indices[:count].tolist()
    else:
        ids = [target]
    unembedding, bias = model.unembedding, model.unembedding_bias
    others = list(contrast)
    baseline = unembedding[others].mean(0) if others else unembedding.mean(0)  # (d_model,)
    directions = unembedding[ids] - baseline
    raw = frozen.raw_logits
    raw_baseline = raw[others].mean() if others else raw.mean()
    biases = torch.zeros(len(ids), device=model.device, dtype=model.dtype)
    if frozen.final_norm.bias is not None:
        biases = biases + directions @ frozen.final_norm.bias
    if bias is not None:
        biases = biases + bias[ids] - (bias[others].mean() if others else bias.mean())
    text = model.tokenizer.text
    kind = "salient" if target is None else "contrast" if others else "target"
    shown = ranked.indices[:SHOWN_ANSWERS].tolist()
    named = [one for one in [*ids, *others] if one not in shown]
    return Targets(
        question=Question(
            kind=kind,
            target=text(ids[0]),
            target_id=ids[0],
            contrast=tuple(text(one) for one in others),
            contrast_ids=tuple(others),
        ),
        answers=tuple(
            Answer(
                token=text(one),
                token_id=one,
                probability=float(probabilities[one]),
                logit=float(frozen.logits[one]),
            )
            for one in [*shown, *named]
        ),
        token_ids=tuple(ids),
        directions=directions,
        values=raw[ids] - raw_baseline,
        biases=biases,
        weights=probabilities[ids],
        effect_direction=directions[0],
    )
