"""What chosen features do on texts: how active they are at each token, and what they promote."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from tracer.interventions.targets import InterventionTargets
from tracer.model.frozen_norm import FrozenNorm, freeze_norm, wide
from tracer.model.load import Model

Feature = tuple[int, int]  # layer, index


class _Enough(Exception):
    """The model need not run on: nothing that is wanted lies behind."""


@torch.no_grad()
def read_features(
    model: Model, targets: InterventionTargets, features: Sequence[Feature], ids: Tensor
) -> Tensor:
    """(contexts, n, features): activations on token ids, (contexts, n), as the model runs.

    Of each layer only these features are read, and the model runs no further than to the deepest.
    """
    found = torch.zeros(*ids.shape, len(features), device=ids.device)
    layers = sorted({layer for layer, _ in features})
    with ExitStack() as stack:
        for layer in layers:
            columns = [at for at, (own, _) in enumerate(features) if own == layer]
            indices = torch.tensor([features[at][1] for at in columns], device=ids.device)
            note = partial(_note, targets, layer, indices, columns, found, layer == layers[-1])
            stack.callback(targets.read_from(layer).register_forward_pre_hook(note).remove)
        with suppress(_Enough):
            model.causal_lm.base_model(ids, use_cache=False)  # logits would be a fifth of the work
    return found


def _note(
    targets: InterventionTargets,
    layer: int,
    indices: Tensor,
    columns: Sequence[int],
    found: Tensor,
    deepest: bool,
    _: Any,
    inputs: tuple[Tensor],
) -> None:
    """Puts the activations of one layer's features, from its module's input, into their columns."""
    read = targets.read(layer, inputs[0], None).flatten(0, 1)  # (positions, width)
    values = wide(targets.everywhere(layer, read, indices)).view(*found.shape[:2], -1).to(found)
    if columns[-1] - columns[0] + 1 == len(columns):
        found[:, :, columns[0] : columns[-1] + 1] = values
    else:
        found[:, :, columns] = values
    if deepest:
        raise _Enough


@torch.no_grad()
def promoted(model: Model, targets: InterventionTargets, layer: int, indices: Tensor) -> Tensor:
    """(m, vocabulary): what one unit of each of m features adds to the logits on the straight way
    to them, but for a factor that is the same for all tokens, the scale of the final norm."""
    names, blocks = model.architecture, model.module(model.architecture.layers)
    decoders = targets.decoders(layer, indices)  # (m, layers written to, d_model)
    stream = torch.zeros_like(decoders[:, 0])
    for above in range(decoders.shape[1]):
        written = decoders[:, above]
        if names.mlp_post_norm is not None:
            post_norm = blocks[layer + above].get_submodule(names.mlp_post_norm)
            if targets.write_to(layer + above) is not post_norm:
                written = _through(freeze_norm(names, post_norm, written), written)
        stream = stream + written
    norm = freeze_norm(names, model.module(names.final_norm), stream)
    return wide(_through(norm, stream)) @ wide(model.unembedding).T


def _through(norm: FrozenNorm, rows: Tensor) -> Tensor:
    return replace(norm, scale=torch.ones_like(norm.scale)).push(rows)
