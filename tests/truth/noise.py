"""Units that are no part of a circuit, many times as many as those that are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

KINDS = ("silent", "unused", "weak")
TIMES = 20  # as many as the circuit has units, at least
LOUD = 4.0  # how much louder than the others every eighth is
WEAK = 0.004  # what a weakly read unit writes where others read, for one unit of its activation
VOID = 0.25  # and what it and unused ones write where nobody reads


@dataclass(frozen=True)
class Noise:
    """`n` units by named directions: `reads · stream + bias` through the MLP's activation."""

    kinds: tuple[str, ...]  # (n,)
    reads: Tensor  # (n, directions)
    biases: Tensor  # (n,)
    writes: Tensor  # (n, directions)


def make_noise(n: int, directions: int, void: int, chance: torch.Generator) -> Noise:
    """The last `void` of the directions are those that nothing in the circuit reads.

    `silent` units are never active; `unused` ones are, some of them loudly, and write where nobody
    reads; `weak` ones write a little everywhere.
    """
    kinds = tuple(KINDS[at % len(KINDS)] for at in range(n))
    silent, weak = (torch.tensor([one == kind for one in kinds]) for kind in ("silent", "weak"))
    loud = torch.arange(n) % 8 == 1
    reads = _unit_rows(n, directions, chance) * (1 + (LOUD - 1) * loud)[:, None]
    biases = torch.where(silent, -6.0 - 6.0 * loud, 0.6)
    writes = torch.zeros(n, directions, dtype=torch.float64)
    writes[:, -void:] = VOID * _unit_rows(n, void, chance)
    used = WEAK * _unit_rows(n, directions - void, chance)
    writes[:, :-void] = torch.where((weak & ~loud)[:, None], used, 0.0)
    return Noise(kinds, reads, biases.double(), writes)


def _unit_rows(n: int, width: int, chance: torch.Generator) -> Tensor:
    rows = torch.randn(n, width, generator=chance, dtype=torch.float64)
    lengths: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / lengths
