"""What a graph explains, read off runs of the model: logits of a question, or an activation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import torch

from tracer.attribution.origin import FeatureName
from tracer.attribution.quantity import Quantity, quantity_of
from tracer.documents.graph import Node
from tracer.documents.trace_info import Question
from tracer.interventions.controls import Member
from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt


class Asked:
    """One question about one prompt."""

    def __init__(self, prompt: SteeredPrompt, question: Question) -> None:
        self.prompt, self.question = prompt, question

    @property
    def feature(self) -> FeatureName | None:
        if self.question.kind != "feature":
            return None
        return FeatureName.parse(self.question.target, positions=self.prompt.n_positions)

    @property
    def watch(self) -> list[int]:
        return [] if self.feature is None else [self.feature.layer]

    @property
    def before(self) -> float:
        """With nothing set."""
        return self.values(self.prompt.baseline)[0]

    def values(self, run: Run) -> list[float]:
        """One for each variant of a run."""
        if self.feature is not None:
            return self._activations(run, self.feature)
        return list(map(float, self._quantity.measure(run.raw_logits)))

    def probabilities(self, run: Run) -> list[float | None]:
        if self.feature is not None:
            return [None] * len(run.logits)
        return list(map(float, run.logits.softmax(-1)[:, self.question.target_id]))

    def run(self, variants: Sequence[Sequence[Setting]]) -> tuple[list[float], list[float | None]]:
        """Values and probabilities with features set."""
        return self._measured(self.prompt.runs(variants, watch=self.watch))

    def run_without(
        self, looks: Sequence[Sequence[KnockOut]]
    ) -> tuple[list[float], list[float | None]]:
        """The same where heads do not look somewhere."""
        return self._measured(self.prompt.runs_without(looks, watch=self.watch))

    def _measured(self, runs: Iterable[Run]) -> tuple[list[float], list[float | None]]:
        values: list[float] = []
        probabilities: list[float | None] = []
        for run in runs:
            values += self.values(run)
            probabilities += self.probabilities(run)
        return values, probabilities

    @cached_property
    def _quantity(self) -> Quantity:
        asked = self.question
        assert asked.target_id is not None
        return quantity_of(
            self.prompt.model,
            asked.target_id,
            self.prompt.baseline.logits[0],
            contrast=asked.contrast_ids,
            against=asked.against or "vocabulary",
        )

    def _activations(self, run: Run, name: FeatureName) -> list[float]:
        """How far the feature is from zero, on the side on which it was."""
        before = self.prompt.activation(name.layer, name.index, name.position)
        read = run.reads[name.layer][:, name.position]  # (variants, width)
        indices = torch.full((len(read),), name.index, device=read.device)
        found = self.prompt.targets.values(name.layer, read, indices)
        return [float(one) * (-1 if before < 0 else 1) for one in found]


def ablated(prompt: SteeredPrompt, node: Node | str) -> Member:
    """A feature set to zero. Raises TracerError where the model has no such feature."""
    node_id = node if isinstance(node, str) else node.node_id
    name = FeatureName.parse(node_id, positions=prompt.n_positions)
    name.check(prompt.targets.widths)
    return Member(Setting(name.layer, name.index, name.position, 0.0), factor=0.0)
