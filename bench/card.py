"""A device to measure on, the shapes that are measured, and the models that are on it by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import torch

from bench.in_memory import CONTEXT, neurons, random_model, random_transcoders
from bench.limits import free
from bench.memory import peak_bytes
from bench.workload import Size
from tracer.features.choose import FoundFeatures
from tracer.model.load import Model

Found = dict[str, Any]


@dataclass(frozen=True)
class Shapes:
    """What is measured: a model with transcoders, one with its neurons."""

    transcoders: Size
    neurons: Size
    tokens: tuple[int, ...] = (12, 64)
    neuron_tokens: tuple[int, ...] = (15, 64)
    first_long: int = 256
    longest: int = CONTEXT
    product: int = 8192  # the side of a matrix
    repeats: int = 3


SHAPES = {
    # Llama's blocks in the shape of Gemma 2's 2B model, which both sides read alike, and those of
    # SmolLM2 1.7B.
    "full": Shapes(
        transcoders=Size(
            "Gemma 2 2B's shape",
            layers=26,
            d_model=2304,
            features=16384,
            tokens=0,
            per_position=40,
            expanded=7500,
            vocabulary=256_000,
            heads=8,
            kv_heads=4,
            head_dim=256,
            mlp=9216,
        ),
        neurons=Size(
            "SmolLM2 1.7B's shape",
            layers=24,
            d_model=2048,
            features=0,
            tokens=0,
            per_position=0,
            vocabulary=49_152,
            heads=32,
            kv_heads=32,
            mlp=8192,
        ),
    ),
    "tiny": Shapes(
        transcoders=Size(
            "tiny",
            layers=3,
            d_model=72,  # not heads times their width, as in Gemma
            features=256,
            tokens=0,
            per_position=8,
            expanded=200,
            vocabulary=500,
            heads=4,
            kv_heads=2,
            head_dim=16,
        ),
        neurons=Size(
            "tiny",
            layers=2,
            d_model=32,
            features=0,
            tokens=0,
            per_position=0,
            vocabulary=500,
            heads=2,
            kv_heads=2,
            head_dim=16,
            mlp=64,
        ),
        first_long=96,
        longest=192,
        product=256,
        repeats=2,
    ),
}


@dataclass
class Card:
    """A device, and the models that are on it; only one of them at a time."""

    device: str
    shapes: Shapes
    _held: dict[str, Any] = field(default_factory=dict)

    def with_transcoders(self) -> tuple[Model, FoundFeatures]:
        size = self.shapes.transcoders

        def make() -> tuple[Model, FoundFeatures]:
            model = random_model(size, self.device)
            bytes_needed = 8 * size.layers * size.features * size.d_model
            fits = self.device == "cpu" or torch.cuda.mem_get_info()[0] > 1.5 * bytes_needed
            return model, random_transcoders(size, self.device if fits else "cpu")

        return cast("tuple[Model, FoundFeatures]", self._only("transcoders", make))

    def with_neurons(self) -> tuple[Model, FoundFeatures]:
        def make() -> tuple[Model, FoundFeatures]:
            model = random_model(self.shapes.neurons, self.device)
            return model, neurons(model)

        return cast("tuple[Model, FoundFeatures]", self._only("neurons", make))

    def _only(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self._held:
            self._held.clear()
            free()
            self._held[name] = make()
        return self._held[name]

    def begin(self) -> None:
        free()
        if self.device == "cuda":
            torch.cuda.reset_peak_memory_stats()

    def wait(self) -> None:
        """Until the card has done what it was told."""
        if self.device == "cuda":
            torch.cuda.synchronize()

    def memory(self) -> Found:
        """The most since `begin` on the card, and of the whole process so far in main memory."""
        found: Found = {"process_gib": round(peak_bytes() / 2**30, 3)}
        if self.device == "cuda":
            found["card_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 3)
        return found
