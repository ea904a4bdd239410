"""What makes up one published layout of transcoders; the table of them is in `layouts.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracer.features.weights.dictionary import Settings, StoredLayer
from tracer.features.weights.stored import Stored
from tracer.features.weights.tensors import Tensors

SAFETENSORS, NPZ = ".safetensors", ".npz"


@dataclass(frozen=True)
class Beside:
    """A small file in the folder of a layer's weights that says how they are read."""

    name: str
    weights: re.Pattern[str]  # the files that it stands beside
    settings: Callable[[Path, int | None], Settings]
    """Of a weight file, which need not be there, and its layer if that is known. Raises TracerError
    for what is not understood."""
    check: Callable[[StoredLayer, Path], None]
    """Raises TracerError where a layer and what stands beside its weight file do not agree."""


@dataclass(frozen=True)
class Layout:
    """One way in which sets are published.

    `marks` stand in front of the layer's number in the names of files or folders; `varies` is a
    folder whose name is another one in each layer. `tensors` are those of a layer, by its number,
    `read` makes a layer of them. `settings` are those that tensors hold or that go without saying,
    unless there is a file `beside` the weights for them.
    """

    name: str  # as messages say it
    marks: tuple[str, ...]
    tensors: Callable[[int], Tensors]
    read: Callable[[Mapping[str, Stored], int], StoredLayer]
    settings: Callable[[Mapping[str, Stored]], Settings] | None = None
    beside: Beside | None = None
    files: str = SAFETENSORS  # how their names end
    varies: str | None = None  # a regular expression
    named: str | None = None  # what a weight file is called, where no other name will do
    layers_in: Callable[[Mapping[str, Stored]], int] | None = None  # one file holds so many layers

    def layer(
        self, found: Mapping[str, Stored], first: Path, number: int
    ) -> tuple[StoredLayer, Settings]:
        """A layer and how it is read, `first` being the first of its weight files. Raises
        TracerError for a tensor that would not be read, and whatever stands beside raises."""
        self.tensors(number).refuse_unread(found, self.name)
        if self.beside is None:
            assert self.settings is not None
            return self.read(found, number), self.settings(found)
        settings = self.beside.settings(first, number)
        stored = self.read(found, number)
        self.beside.check(stored, first)
        return stored, settings
