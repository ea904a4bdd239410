"""Where gradients of targets and pushed-forward writes of sources meet: a count of operations
chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.features.source import LayerFeatures
from tracer.model.frozen_pass import FrozenPass

ALWAYS = 2**24  # numbers that pushed-forward writes may take however few the rows are


def cheapest_cut(
    frozen: FrozenPass,
    layers: Sequence[LayerFeatures],
    targets: Sequence[int],
    *,
    top: int | None = None,
) -> int:
    """How many blocks sources are carried up through: 0 where walking all the way down is
    cheapest, or where the pushed-forward writes would take more memory than the rows do.

    `targets` are the features expected to be expanded in each layer; `top` is the highest cut
    that all targets stand above, by default above all layers.
    """
    count = Count.of(frozen, layers, targets)
    room = max(ALWAYS, sum(targets) * sum(count.features) // 2)
    cuts = range((frozen.n_layers if top is None else top) + 1)
    return min((one for one in cuts if count.numbers(one) <= room), key=count.operations)


@dataclass(frozen=True)
class Count:
    """Multiplications and additions, and numbers held. Gradients stand at all positions alike, so
    each reaches half of them; the first step costs half."""

    targets: Sequence[int]  # per layer
    features: Sequence[int]  # per layer
    sources: Sequence[int]  # per layer: features and errors
    positions: int
    d_model: int
    step: int  # one position of one gradient through one attention

    @staticmethod
    def of(frozen: FrozenPass, layers: Sequence[LayerFeatures], targets: Sequence[int]) -> Count:
        n, d_model = frozen.embeddings.shape
        weights = frozen.model.layers[0]
        width, values = weights.output[0].numel(), weights.value[..., 0].numel()
        return Count(
            targets=targets,
            features=[len(one) for one in layers],
            sources=[len(one) + n - 1 for one in layers],
            positions=n,
            d_model=d_model,
            step=2 * d_model * (width + values) + n * width,
        )

    def operations(self, cut: int) -> float:
        n, layers = self.positions, range(len(self.targets))
        saved = 0.5 if cut else 1.0  # at the bottom, embeddings are read across the last attention
        steps = sum(self.targets[one] * (one + 1 - cut - saved) for one in layers[cut:])
        steps += sum(self.sources[one] * (cut - 1 - one - 0.5) for one in layers[: max(cut - 1, 0)])
        steps += n * max(cut - 0.5, 0)
        meeting = sum(self.targets[cut:]) * self._carried(cut) * n / 6
        read = sum(
            self.targets[one] * sum(self.sources[max(cut - 1, 0) : one]) for one in layers[cut:]
        )
        read += sum(self.features[one] * sum(self.sources[:one]) for one in layers[:cut])
        return steps * self.step * n / 2 + (2 * meeting + read) * self.d_model

    def of_one_walk(self, d_mlp: int) -> float:
        """Of one gradient from the answer to the tokens, through every MLP, each two or three
        products wide."""
        return self.positions * len(self.targets) * (self.step + 6 * self.d_model * d_mlp)

    def numbers(self, cut: int) -> float:
        """Pushed-forward writes at the cut, and rows of the features below it."""
        rows = sum(self.features[one] * sum(self.sources[:one]) for one in range(cut))
        return self._carried(cut) * self.positions / 2 * self.d_model + rows

    def _carried(self, cut: int) -> int:
        """Sources that meet gradients at the cut."""
        return sum(self.sources[: cut - 1]) + self.positions if cut else 0
