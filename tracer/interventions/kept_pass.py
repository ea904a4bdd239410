"""What a pass with nothing set left behind. Another pass need then compute only what can differ:
layers from the first one changed on, at positions from the first one changed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tracer.interventions.knock_out import KnockOut
from tracer.interventions.settings import Places
from tracer.model.load import Model


@dataclass(frozen=True)
class Begin:
    """The first layer and the first position that differ."""

    layer: int
    position: int

    @staticmethod
    def of(places: Places, looks: Iterable[KnockOut]) -> Begin | None:
        """None where nothing is changed."""
        taken = list(looks)
        layers = [*places.by_layer, *(one.layer for one in taken)]
        positions = [int(one.positions.min()) for one in places.by_layer.values()]
        positions += [one.query for one in taken]
        return Begin(min(layers), min(positions)) if layers else None


@dataclass(frozen=True)
class KeptPass:
    """Of one prompt, n tokens."""

    model: Model
    outputs: list[Any] = field(default_factory=list)  # of each block; the stream is (1, n, d_model)
    cache: Any = field(default_factory=lambda: new_cache())

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Inside, the prompt is run with this cache."""
        blocks = self.model.module(self.model.architecture.layers)
        handles = [
            block.register_forward_hook(lambda _, _inputs, output: self.outputs.append(output))
            for block in blocks
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def past(self, position: int, variants: int) -> Any:
        """The cache as it is in front of a position, for so many variants."""
        found = new_cache()
        for layer, one in enumerate(self.cache.layers):
            sides = (one.keys, one.values)
            found.update(*(_spread(side[:, :, :position], variants) for side in sides), layer)
        return found

    @contextmanager
    def skipping(self, begin: Begin, variants: int) -> Iterator[None]:
        """Inside, a pass over the positions from the first one on goes through the blocks from the
        first one on; those below give what they gave."""
        blocks = self.model.module(self.model.architecture.layers)[: begin.layer]
        for block, output in zip(blocks, self.outputs, strict=False):
            block.forward = _giving(output, begin.position, variants)
        try:
            yield
        finally:
            for block in blocks:
                del block.forward

    def complete(self, cache: Any, begin: Begin) -> None:
        """What skipped blocks would have put into the cache of one variant."""
        for layer, one in enumerate(self.cache.layers[: begin.layer]):
            sides = (one.keys, one.values)
            cache.update(*(side[:, :, begin.position :] for side in sides), layer)

    def whole(self) -> Any:
        """The cache behind the prompt, of one variant."""
        return self.past(self.cache.get_seq_length(), 1)


def reads_from(
    before: dict[int, Tensor], after: dict[int, Tensor], watch: Iterable[int], begin: Begin | None
) -> dict[int, Tensor]:
    """What the watched layers read, (variants, n, width), at all positions: what was not computed
    anew is as it was `before`, (1, n, width). `after` begins at the first changed position."""
    variants = max((len(one) for one in after.values()), default=1)
    found = {}
    for layer in watch:
        kept = _spread(before[layer], variants)
        if begin is not None and layer in after and layer >= begin.layer:
            kept = kept.clone()
            kept[:, begin.position :] = after[layer]
        found[layer] = kept
    return found


def cut_back(cache: Any, start: int) -> None:
    """Without what a pass that was given up left in some layers, from `start` on."""
    for one in cache.layers:
        if one.is_initialized and one.keys.shape[2] > start:
            one.keys, one.values = one.keys[:, :, :start], one.values[:, :, :start]


def new_cache() -> Any:
    """One that keeps every position also where a layer looks back a short way: masks see to
    that."""
    from transformers import DynamicCache

    return DynamicCache()


def _giving(output: Any, position: int, variants: int) -> Any:
    given = output if isinstance(output, Tensor) else output[0]
    stream = _spread(given[:, position:], variants)
    rest: Sequence[None] | None = None if isinstance(output, Tensor) else [None] * (len(output) - 1)

    def forward(*_: Any, **__: Any) -> Any:
        return stream if rest is None else (stream, *rest)

    return forward


def _spread(one: Tensor, variants: int) -> Tensor:
    return one.expand(variants, *one.shape[1:])
