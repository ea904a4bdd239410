"""What a pass leaves behind, and what features that are set write in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from tracer.errors import TracerError
from tracer.interventions.held import Held
from tracer.interventions.settings import Place, Places
from tracer.interventions.targets import InterventionTargets
from tracer.model.frozen_norm import wide
from tracer.model.frozen_pass import FrozenPass
from tracer.model.load import Model
from tracer.model.precision import is_narrow

MANY = 4  # settings for each different feature of a layer: from here on, products of matrices


@dataclass
class Run:
    """What a pass over some variants left behind."""

    logits: Tensor = field(default_factory=lambda: torch.empty(0))  # (variants, vocabulary)
    raw_logits: Tensor = field(default_factory=lambda: torch.empty(0))  # in front of any softcap
    reads: dict[int, Tensor] = field(default_factory=dict)  # layer -> (variants, n, width)
    outputs: dict[int, Tensor] = field(default_factory=dict)  # of held layers (variants, n, d)


def overflow(dtype: torch.dtype) -> TracerError:
    return TracerError(
        "the model's numbers overflow (NaN or infinity), so there is no result",
        hint="set smaller values" + (", or use float32" if is_narrow(dtype) else ""),
    )


class Steered(Protocol):
    """A prompt that features are set on."""

    model: Model
    targets: InterventionTargets
    held: Held
    frozen: FrozenPass | None
    baseline: Run
    written_by: InterventionTargets | None


class Writing:
    """The hooks of one pass, in the order in which the model comes by."""

    def __init__(self, prompt: Steered, run: Run, places: Places, hold: bool) -> None:
        self.prompt, self.run, self.places, self.hold = prompt, run, places, hold
        self.pending: dict[int, Tensor] = {}  # layer -> (variants, n, d_model)

    def note_read(self, layer: int) -> Any:
        prompt = self.prompt
        held = self.hold and prompt.held.norms(prompt.model.info.layers)
        scale = prompt.frozen.mlp_norms[layer] if held and prompt.frozen is not None else None

        def hook(_: Any, inputs: tuple[Tensor, ...]) -> None:
            self.run.reads[layer] = prompt.targets.read(layer, inputs[0], scale)

        return hook

    def note_output(self, layer: int) -> Any:
        def hook(_: Any, _inputs: Any, output: Tensor) -> None:
            self.run.outputs[layer] = output

        return hook

    def write(self, layer: int) -> Any:
        constrained = self.hold and layer in self.prompt.held.layers

        def hook(_: Any, _inputs: Any, output: Tensor) -> Tensor | None:
            self._write_from(layer, output)
            added = self.pending.pop(layer, None)
            # A norm makes zero of what is too large to be squared, which would look like a result.
            if added is not None and not torch.isfinite(wide(added).square().sum(-1)).all():
                raise overflow(self.prompt.model.dtype)
            if constrained:
                output = self._as_it_was(layer).expand_as(output)
            elif added is None:
                return None
            return output if added is None else output + added

        return hook

    def _as_it_was(self, layer: int) -> Tensor:
        """The output with nothing set, and what comes past the features of what has changed."""
        before = self.prompt.baseline
        change = self.run.reads[layer] - before.reads[layer]
        skipped = self.prompt.targets.skip(layer, change)
        return before.outputs[layer] if skipped is None else before.outputs[layer] + skipped

    def _write_from(self, layer: int, like: Tensor) -> None:
        """Hand what this layer's features write more or less to the layers they write to."""
        place = self.places.by_layer.get(layer)
        if place is None:
            return
        place = place.to(like.device)
        different = torch.unique(place.indices)
        many = len(place.indices) >= MANY * len(different)
        if many and self.prompt.written_by is None:
            self._write_many(layer, like, place, different)
        else:
            self._write_few(layer, like, place)

    def _write_few(self, layer: int, like: Tensor, place: Place) -> None:
        """A row for each feature that is set."""
        targets, held = self.prompt.targets, self.prompt.held.layers if self.hold else None
        if held:
            read = self.prompt.baseline.reads[layer][0, place.positions]
        else:
            read = self.run.reads[layer][place.rows, place.positions]
        values, now = place.values.to(read), targets.values(layer, read, place.indices)  # (m,)
        decoders = targets.decoders(layer, place.indices)  # (m, layers written to, d_model)
        changes = (values - now)[:, None, None] * decoders
        if (other := self.prompt.written_by) is not None:
            theirs = other.decoders(layer, place.indices)
            changes = changes + values[:, None, None] * (theirs - decoders)
        for above in range(decoders.shape[1]):
            if held and layer + above not in held:
                continue
            into = self.pending.setdefault(layer + above, torch.zeros_like(like))
            written = changes[:, above].to(like)
            into.index_put_((place.rows, place.positions), written, accumulate=True)

    def _write_many(self, layer: int, like: Tensor, place: Place, different: Tensor) -> None:
        """The same where most features are set at many places; `different`, (d,), are these."""
        targets, held = self.prompt.targets, self.prompt.held.layers if self.hold else None
        read = (self.prompt.baseline if held else self.run).reads[layer]
        before = targets.everywhere(layer, read.flatten(0, 1), different)  # (variants * n, d)
        before = before.view(*read.shape[:2], -1).expand(*like.shape[:2], -1)
        change = torch.zeros_like(before, memory_format=torch.contiguous_format)
        at = (place.rows, place.positions, torch.searchsorted(different, place.indices))
        change[at] = place.values.to(read) - before[at]  # (variants, n, d)
        decoders = targets.decoders(layer, different)  # (d, layers written to, d_model)
        for above in range(decoders.shape[1]):
            if held and layer + above not in held:
                continue
            into = self.pending.setdefault(layer + above, torch.zeros_like(like))
            into += (change @ decoders[:, above].to(change)).to(like)
