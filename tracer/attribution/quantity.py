"""What a graph explains, as one linear reading of the logits: the answer against others.

Against the vocabulary's mean, one neuron that moves all words alike tops every list. Against the
*alternatives* the model considered, each by its probability were the answer not there, what is left
is the direction of the gradient of the answer's log-probability, scaled so that it does not vanish
for a sure answer. It equals the answer's log-odds plus the entropy of the alternatives, so it is no
lead over anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tracer.documents.account import Alternative
from tracer.documents.trace_settings import Against
from tracer.model.load import Model
from tracer.model.tokens import Tokenizer

LIKELY = 500  # so many words are looked at for other spellings of the answer
SHOWN = 10
FEW = 1_000  # words: only their rows of the unembedding are read


@dataclass(frozen=True)
class Quantity:
    """`coefficients` (vocabulary,), float64, on the logits in front of any softcap. Held fixed, so
    that a model with features set is asked the same question."""

    coefficients: Tensor
    alternatives: tuple[Alternative, ...] = ()  # the strongest
    entropy: float | None = None  # of all alternatives, in nats

    def measure(self, raw_logits: Tensor) -> Tensor:
        """(...): of logits (..., vocabulary) in front of any softcap."""
        return raw_logits.double() @ self.coefficients.to(raw_logits.device)


def directions_of(coefficients: Tensor, unembedding: Tensor) -> Tensor:
    """(quantities, d_model), float64: where quantities point in the normalised final stream, of
    `coefficients` (quantities, vocabulary)."""
    used = coefficients.any(0).nonzero()[:, 0]
    if len(used) < FEW:  # an answer and a contrast
        return coefficients[:, used] @ unembedding[used].double()
    directions = coefficients.new_zeros(len(coefficients), unembedding.shape[1])
    for start in range(0, len(unembedding), 8192):  # the whole of it in float64 would be large
        part = slice(start, start + 8192)
        directions += coefficients[:, part] @ unembedding[part].double()
    return directions


def quantity_of(
    model: Model,
    answer: int,
    logits: Tensor,
    *,
    contrast: Sequence[int] = (),
    against: Against = "vocabulary",
) -> Quantity:
    """The answer's logit less the mean of the `contrast`'s; with none, less the mean over the
    vocabulary or over the alternatives. `logits` (vocabulary,) are the model's own, with nothing
    set."""
    weights = torch.zeros(len(logits), dtype=torch.float64, device=logits.device)
    if contrast:
        weights[list(contrast)] = 1 / len(contrast)
    elif against == "vocabulary":
        weights[:] = 1 / len(weights)
    else:
        return _against_alternatives(model, answer, logits)
    coefficients = -weights
    coefficients[answer] += 1
    return Quantity(coefficients)


def _against_alternatives(model: Model, answer: int, logits: Tensor) -> Quantity:
    masked = logits.double().clone()
    masked[[answer, *_spellings(answer, logits, model.tokenizer)]] = -torch.inf
    weights = masked.softmax(0)
    coefficients = -weights
    coefficients[answer] += 1
    if model.softcap is not None:  # what `cap · tanh(raw / cap)` lets through of each logit
        coefficients *= 1 - (logits.double() / model.softcap).square()
    ranked = torch.sort(weights, descending=True, stable=True)
    shown = zip(ranked.indices[:SHOWN].tolist(), ranked.values[:SHOWN].tolist(), strict=True)
    named = tuple(
        Alternative(token=model.tokenizer.text(one), token_id=one, weight=weight)
        for one, weight in shown
        if weight
    )
    return Quantity(coefficients, named, float(torch.special.entr(weights).sum()))


def _spellings(answer: int, logits: Tensor, tokenizer: Tokenizer) -> list[int]:
    """Likely tokens that spell the answer in another way: other capitals or no space in front, the
    whole of it or its beginning (` Y` for ` yen`). What begins the answer's own spelling is another
    word: the tokenizer makes one token of the answer."""
    text = tokenizer.text(answer)
    word = text.strip().casefold()
    likely = torch.topk(logits, min(LIKELY, len(logits))).indices.tolist()
    found = []
    for one in likely:
        other = tokenizer.text(one)
        folded = other.strip().casefold()
        begins = folded != "" and word.startswith(folded)
        if one != answer and begins and (folded == word or not text.startswith(other)):
            found.append(one)
    return found
