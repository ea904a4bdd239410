"""What a graph explains: likely logits, one, one against others, a feature or a direction."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.attribution.origin import FeatureName, Origin
from tracer.attribution.quantity import directions_of, quantity_of
from tracer.documents.account import Alternative
from tracer.documents.trace_info import Answer, Question
from tracer.documents.trace_settings import Against
from tracer.errors import TracerError
from tracer.features.source import ActiveFeatures
from tracer.model.frozen_norm import FrozenNorm
from tracer.model.frozen_pass import FrozenPass

SHOWN_ANSWERS = 10


@dataclass(frozen=True)
class Targets:
    """What rows are computed for. Each target is a direction in the normalised final residual
    stream, or, with an `origin`, in the residual stream there."""

    question: Question
    answers: tuple[Answer, ...]  # the likeliest tokens, and any token the question names
    token_ids: tuple[int, ...]  # one a target; none where the target is no token
    directions: Tensor  # (targets, d_model)
    values: Tensor  # (targets,): what the model gives along each direction, biases included
    biases: Tensor  # (targets,)
    weights: Tensor  # (targets,): probabilities
    effect_direction: Tensor  # (d_model,): the direction that `effect` is measured along
    origin: Origin | None = None
    feature: FeatureName | None = None
    alternatives: tuple[Alternative, ...] = ()  # the strongest that the first target is against
    entropy: float | None = None  # of all of them, in nats

    def held_beyond(self, final_norm: FrozenNorm) -> float:
        """What the effect's quantity holds whatever the stream that `effect_direction` reads is."""
        held = self.biases[0]
        if self.feature is not None:
            held = held * self.values[0].sign()
        elif final_norm.bias is not None:
            held = held - self.effect_direction @ final_norm.bias
        return float(held)


def choose_targets(
    frozen: FrozenPass,
    *,
    target: int | None = None,
    contrast: Sequence[int] = (),
    against: Against = "vocabulary",
    max_logits: int = 10,
    logit_mass: float = 0.95,
) -> Targets:
    """The targets of one graph.

    With neither `target` nor `contrast`: the fewest top tokens that hold `logit_mass` of the
    probability, at most `max_logits`. Each token is its unembedding minus the mean of the
    `contrast`'s, or, with none, what `against` says (`quantity_of`). Where the model caps its
    logits softly, targets are logits in front of the cap, which is not linear; probabilities are
    the model's own.
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
    others = list(contrast)
    quantities = [
        quantity_of(model, one, frozen.logits, contrast=others, against=against) for one in ids
    ]
    coefficients = torch.stack([one.coefficients for one in quantities])
    directions = directions_of(coefficients, model.unembedding) * model.logit_scale
    biases = torch.zeros_like(directions[:, 0])
    if frozen.final_norm.bias is not None:
        biases = biases + directions @ frozen.final_norm.bias.double()
    values = directions @ frozen.final_stream[-1].double()
    if model.unembedding_bias is not None:
        held = coefficients @ model.unembedding_bias.double() * model.logit_scale
        biases, values = biases + held, values + held
    text = model.tokenizer.text
    kind = "salient" if target is None else "contrast" if others else "target"
    like = model.unembedding
    return Targets(
        question=Question(
            kind=kind,
            target=text(ids[0]),
            target_id=ids[0],
            contrast=tuple(text(one) for one in others),
            contrast_ids=tuple(others),
            against=None if others else against,
        ),
        answers=_answers(frozen, [*ids, *others]),
        token_ids=tuple(ids),
        directions=directions.to(like),
        values=values.to(like),
        biases=biases.to(like),
        weights=probabilities[ids],
        effect_direction=directions[0].to(like),
        alternatives=quantities[0].alternatives,
        entropy=quantities[0].entropy,
    )


def feature_target(frozen: FrozenPass, active: ActiveFeatures, name: FeatureName) -> Targets:
    """What feeds one feature: its encoder, read in front of its layer's MLP at its position.

    Rows add up to its activation. A neuron may be active below zero, so effects are on how far it
    is from zero: a positive one strengthens it, whatever its sign.

    Raises TracerError where the model has no such feature or it is not active there.
    """
    name.check(active.widths)
    one = active.some(name.layer, [(name.index, name.position)])
    if not bool(one.activations.any()):
        raise TracerError(f"the feature `{name}` is not active", hint="choose one that is")
    return Targets(
        question=Question(kind="feature", target=str(name)),
        answers=_answers(frozen),
        token_ids=(),
        directions=one.encoders,
        values=one.activations,
        biases=one.biases,
        weights=torch.ones_like(one.activations),
        effect_direction=one.encoders[0] * one.activations.sign(),
        origin=name.origin,
        feature=name,
    )


def direction_target(frozen: FrozenPass, direction: Tensor) -> Targets:
    """How far the normalised final residual stream goes along `direction`, (d_model,)."""
    along = direction.to(frozen.final_stream)
    values = (frozen.final_stream[-1] @ along)[None]
    constant = frozen.final_norm.bias
    return Targets(
        question=Question(kind="direction", target="a direction"),
        answers=_answers(frozen),
        token_ids=(),
        directions=along[None],
        values=values,
        biases=torch.zeros_like(values) if constant is None else (along @ constant)[None],
        weights=torch.ones_like(values),
        effect_direction=along,
    )


def fingerprint(direction: Tensor, d_model: int) -> str:
    """What tells two directions apart: sha256 over float32 values.

    Raises TracerError for another shape than (d_model,), zeros and numbers that are not finite.
    """
    if direction.shape != (d_model,):
        shape = tuple(direction.shape)
        raise TracerError(f"the direction has shape {shape}, not ({d_model},)")
    if not torch.isfinite(direction).all() or not direction.any():
        raise TracerError("the direction is zero or not finite", hint="give one that points")
    values = direction.detach().to("cpu", torch.float32).tolist()
    return hashlib.sha256(struct.pack(f"<{d_model}f", *values)).hexdigest()


def _answers(frozen: FrozenPass, named: Sequence[int] = ()) -> tuple[Answer, ...]:
    """The likeliest next tokens, and those that the question names."""
    probabilities = frozen.logits.softmax(-1)
    ranked = torch.sort(probabilities, descending=True, stable=True)
    shown = ranked.indices[:SHOWN_ANSWERS].tolist()
    return tuple(
        Answer(
            token=frozen.model.tokenizer.text(one),
            token_id=one,
            probability=float(probabilities[one]),
            logit=float(frozen.logits[one]),
        )
        for one in [*shown, *(one for one in named if one not in shown)]
    )
