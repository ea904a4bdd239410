"""What is kept of texts whose activations are made up."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tracer.interventions.texts.batch import Batch, Context
from tracer.interventions.texts.running import Running


def batch_of(contexts: Sequence[Context], values: Sequence[Tensor]) -> Batch:
    """`values` are (tokens, features) of each context."""
    longest = max(map(len, values))
    filled = torch.full((len(contexts), longest, values[0].shape[1]), 99.0)  # means nothing
    for row, one in enumerate(values):
        filled[row, : len(one)] = one
    return Batch(contexts, filled)


def running_of(values: Sequence[Tensor], tokens: Sequence[Sequence[int]] | None = None) -> Running:
    """Of one feature: `values` are (tokens,) of each context, none of them held out; tokens are
    numbered from 0 on in each context."""
    tokens = tokens or [range(len(one)) for one in values]
    contexts = [Context(number, list(one)) for number, one in enumerate(tokens)]
    running = Running.empty(1, 1)
    running.add(batch_of(contexts, [one[:, None] for one in values]))
    return running
