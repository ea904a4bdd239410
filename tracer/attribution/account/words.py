"""What features read and push, as words: their names until people give better ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tracer.attribution.account.account import Account
from tracer.documents.account import Read, strongest_reads, strongest_words
from tracer.documents.parts.words import WORDS, Pushes
from tracer.documents.prompt_words import ERRORS, START, word_of
from tracer.model.frozen_pass import FrozenPass

PUSHED, OPPOSED = 5, 4


@dataclass(frozen=True)
class Likely:
    """The likeliest next words. `weights` are their probabilities to the power of a quarter, which
    add up to 1: with plain probabilities a sure answer's own supporters would lose the answer."""

    ids: Tensor  # (words,)
    texts: tuple[str, ...]
    weights: Tensor  # (words,), float64
    unembedding: Tensor  # (words, d_model), float64, scaled as the logits are

    @staticmethod
    def of(frozen: FrozenPass, most: int = WORDS) -> Likely:
        ids = torch.sort(frozen.logits, descending=True, stable=True).indices[:most].cpu()
        weights = frozen.logits.double().softmax(0).cpu()[ids].pow(0.25)
        text = frozen.model.tokenizer.text
        return Likely(
            ids=ids,
            texts=tuple(text(one) for one in ids.tolist()),
            weights=weights / weights.sum(),
            unembedding=frozen.model.unembedding.cpu()[ids].double() * frozen.model.logit_scale,
        )

    def pushed(self, finals: Tensor) -> Tensor:
        """(m, words): what vectors (m, d_model) in the normalised final stream add to the words'
        logits, less the weighted mean."""
        raised = finals @ self.unembedding.T
        return raised - (raised @ self.weights)[:, None]


@dataclass(frozen=True)
class NodeWords:
    """What each feature of an account pushes and reads."""

    account: Account
    likely: Likely
    tokens: Sequence[str]  # of the prompt

    @cached_property
    def pushed(self) -> Tensor:
        """(k, words)"""
        return self.likely.pushed(self.account.pushes)

    def pushes(self, at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words that one feature raises and lowers most."""
        ranked = (self.pushed[at] * self.likely.weights).tolist()
        rising, falling = strongest_words(self.likely.texts, ranked, PUSHED)
        return rising, falling[:OPPOSED]

    def reads(self, at: int) -> tuple[Read, ...]:
        """Where one feature's activation comes from, the most first."""
        return strongest_reads(self.inputs, self.account.reads[at].tolist())

    def packed(self, graph_id: str) -> Pushes:
        return Pushes(
            graph_id=graph_id,
            words=self.likely.texts,
            ids=tuple(self.likely.ids.tolist()),
            weights=self.likely.weights.tolist(),
            rows=self.pushed.tolist(),
        )

    @cached_property
    def inputs(self) -> list[str]:
        """What each source of the account is called; sub-words of one word alike."""
        words = word_of(self.tokens)
        plain = {"start": START, "biases": "biases", "other words": "other words", "error": ERRORS}
        return [
            words[one.position]
            if one.kind == "word" and one.position is not None
            else plain[one.kind]
            for one in self.account.sources
        ]
