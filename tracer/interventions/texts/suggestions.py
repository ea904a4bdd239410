"""From what a pass over texts kept to names: the evidence on each feature, put in words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from tracer.documents.feature_examples import Suggestion
from tracer.documents.texts import Sort
from tracer.interventions.texts.batch import BEFORE, NOTHING
from tracer.interventions.texts.conditions import Spot, plain
from tracer.interventions.texts.naming import Evidence, Places, Pushed, suggest
from tracer.interventions.texts.running import Running
from tracer.interventions.texts.strongest import Strongest

_LETTERS = 2  # of a word that is shown as pushed


@dataclass(frozen=True)
class Suggestions:
    """`text` gives a token's; `sorts` are those of the texts read, by label; `layers` how many the
    model has."""

    running: Running
    text: Callable[[int], str]
    sorts: Sequence[Sort]
    layers: int

    @cached_property
    def drawn(self) -> list[Spot]:
        """The places drawn by lot from texts held out."""
        sample = self.running.sample
        rows = zip(sample.tokens.tolist(), sample.labels.tolist(), strict=True)
        return [self._spot(tokens, label) for tokens, label in rows]

    @cached_property
    def places(self) -> Places:
        return Places.of(self.drawn, self.running.sample.contexts.tolist())

    def of(
        self,
        column: int,
        layer: int,
        effects: Tensor,
        top: Sequence[str],
        *,
        reads: Collection[str] = (),
        below: bool = False,
    ) -> Suggestion | None:
        """A name for the column'th feature read; `effects`, (vocabulary,), is what it promotes on
        this side of zero, `top` the strongest of it, `reads` words that it reads in graphs."""
        strong, tried = self._sides(below)
        evidence = replace(
            self.evidence(column, below=below),
            reads={plain(word) for word in reads},
            pushed=Pushed(
                [word for word in map(str.strip, top) if _is_word(word)],
                _behind(strong.tokens[column][strong.contexts[column] >= 0], effects),
                _behind(tried.tokens[column][tried.contexts[column] >= 0], effects),
                _behind(self.running.sample.tokens, effects),
            ),
            depth=layer / self.layers,
        )
        return suggest(evidence, self.places)

    def evidence(self, column: int, *, below: bool) -> Evidence:
        """What its texts alone say of it."""
        strong, tried = self._sides(below)
        quiet = self._quiet(tried, column, -1 if below else 1)
        return Evidence(self._spots(strong, column), self._spots(tried, column), quiet, below=below)

    def _sides(self, below: bool) -> tuple[Strongest, Strongest]:
        running = self.running
        sides = (running.lowest, running.tried_lowest)
        return sides if below else (running.highest, running.tried_highest)

    def _quiet(self, tried: Strongest, column: int, sign: int) -> int:
        """At which of the places drawn it is weaker than at all that are tried."""
        known = tried.values[column][tried.contexts[column] >= 0]
        weakest = float(known.min()) if len(known) else 0.0
        quiet = (sign * self.running.sample.values[:, column] < weakest).tolist()
        return sum(1 << at for at, one in enumerate(quiet) if one)

    def _spots(self, side: Strongest, column: int) -> list[Spot]:
        there = side.contexts[column] >= 0
        tokens, labels = side.tokens[column][there], side.labels[column][there]
        rows = zip(tokens.tolist(), labels.tolist(), strict=True)
        return [self._spot(tokens, label) for tokens, label in rows]

    def _spot(self, tokens: Sequence[int], label: int) -> Spot:
        before = sum(token == NOTHING for token in tokens[:BEFORE])
        texts = tuple(self.text(token) for token in tokens if token != NOTHING)
        return Spot(texts, BEFORE - before, self.sorts[label])


def _behind(tokens: Tensor, effects: Tensor) -> list[float]:
    """How much what follows each place, (m, WINDOW), is promoted; at a text's end nothing is."""
    following = tokens[:, BEFORE + 1].long()
    promoted = effects.float().cpu()[following.clamp(min=0)]
    found: list[float] = torch.where(following == NOTHING, 0.0, promoted).tolist()
    return found


def _is_word(text: str) -> bool:
    return len(text) >= _LETTERS and text.isalpha()
