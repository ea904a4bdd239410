"""Direct effects among all nodes, as one square matrix with the nodes' ids."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from tracer.documents.frames import needed


class Adjacency(NamedTuple):
    """`matrix[t, s]` is what node s gives to node t, in t's units; `nodes` are their ids, in the
    order of rows and of columns."""

    matrix: Any  # numpy.ndarray or scipy.sparse.csr_array, (nodes, nodes)
    nodes: tuple[str, ...]


def square(direct: Tensor, features: int, nodes: tuple[str, ...], *, sparse: bool) -> Adjacency:
    """Of `direct`, (features + asked, sources), where sources begin with the features and nodes
    are sources followed by what is asked. Raises TracerError where scipy is needed and absent."""
    n, sources = len(nodes), direct.shape[1]
    rows = torch.cat([torch.arange(features), torch.arange(sources, n)])
    if sparse:
        csr = needed("scipy.sparse").csr_array
        t, s = direct.nonzero(as_tuple=True)
        values, places = direct[t, s].numpy(), (rows[t].numpy(), s.numpy())
        return Adjacency(csr((values, places), shape=(n, n)), nodes)
    matrix = direct.new_zeros(n, n)
    matrix[rows, :sources] = direct
    return Adjacency(matrix.numpy(), nodes)
