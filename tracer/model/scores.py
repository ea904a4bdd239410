"""A layer's queries and keys as affine maps of the stream in front of its attention.

The model's own code makes them: rotation, scales and whatever else a family does are as they are.
Only norms, in front and of queries and keys, are held at what they were in the recorded pass.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from tracer.model.frozen_norm import FrozenNorm, freeze_norm, wide
from tracer.model.frozen_pass import FrozenPass

_IMPLEMENTATION = "tracer_queries_and_keys"
_OLDER = "_attn"  # GPT-Neo's own, which knows no other implementations


@dataclass(frozen=True)
class QueriesAndKeys:
    """As they meet: the score of a pair is `scaling` times their product, then softly capped."""

    queries: Tensor  # (batch, heads, n, head_dim)
    keys: Tensor  # (batch, key-value heads, n, head_dim)
    scaling: float
    softcap: float | None


class Scores:
    """One layer of a frozen pass. Computes in at least float32, from weights of any format."""

    def __init__(self, frozen: FrozenPass, layer: int) -> None:
        self.frozen, self.layer = frozen, layer
        self._like = wide(frozen.embeddings[:0])
        module, named = frozen.attention_call(layer)
        if self._like.dtype != frozen.embeddings.dtype:
            module = copy.deepcopy(module).to(self._like.dtype)
            named = {name: _widened(one) for name, one in named.items()}
        self._module, self._named = module, named
        self._norms: dict[Any, FrozenNorm] = {}
        read = self._front(wide(frozen.block_input(layer)))
        # Those of the pass, a batch of one: the first run, which notes what norms scaled by.
        self.whole = self._run(read[None] + self._offset)

    @cached_property
    def constant(self) -> QueriesAndKeys:
        """What biases make of them whatever the stream is; a batch of one."""
        found = self._graph[1]
        queries, keys = found.queries.detach(), found.keys.detach()
        return QueriesAndKeys(queries, keys, found.scaling, found.softcap)

    @cached_property
    def _graph(self) -> tuple[Tensor, QueriesAndKeys]:
        """The maps, from nothing but biases: gradients are the same anywhere."""
        n, width = self.frozen.n_positions, self._like.shape[1]
        read = (self._like.new_zeros(1, n, width) + self._offset).requires_grad_()
        with torch.enable_grad():
            return read, self._run(read)

    @property
    def shared(self) -> int:
        """How many query heads share each key-value head."""
        return self.whole.queries.shape[1] // self.whole.keys.shape[1]

    def of(self, streams: Tensor) -> QueriesAndKeys:
        """What streams (batch, n, d_model) add to queries and keys."""
        found, base = self._run(self._front(streams) + self._offset), self.constant
        queries, keys = found.queries - base.queries, found.keys - base.keys
        return QueriesAndKeys(queries, keys, found.scaling, found.softcap)

    def pull_keys(self, head: int, on_keys: Tensor) -> Tensor:
        """Gradients on streams, (batch, n, d_model), of gradients on the keys that a query head
        looks at, (batch, n, head_dim)."""
        return self._pull(on_keys, lambda found: found.keys[:, head // self.shared])

    def pull_queries(self, head: int, on_queries: Tensor) -> Tensor:
        """The same of gradients on a head's queries."""
        return self._pull(on_queries, lambda found: found.queries[:, head])

    def row(self, head: int, query: int) -> tuple[Tensor, Tensor]:
        """A head's scores from one token, as the softmax reads them, and by how much each is less
        than the product of query and key, both (n,)."""
        found = self.whole
        keys = found.keys[0, head // self.shared]
        products = keys @ found.queries[0, head, query] * found.scaling
        if found.softcap is None:
            return products, torch.full_like(products, found.scaling)
        capped = found.softcap * torch.tanh(products / found.softcap)
        factor = torch.where(products == 0, 1.0, capped / products)
        return capped, factor * found.scaling

    def seen(self, head: int, query: int) -> Tensor:
        """(n,): which tokens a head may look at from one."""
        n = self.frozen.n_positions
        behind = torch.arange(n, device=self._like.device) <= query
        mask = self._named.get("attention_mask")
        if isinstance(mask, Tensor):
            row = mask[0, min(head, mask.shape[1] - 1), query, :n]
            behind = behind & (row if row.dtype == torch.bool else row == 0)
        if hasattr(self._module, _OLDER):
            behind = behind & self._module.bias[0, 0, query, :n]
        return behind

    @property
    def _offset(self) -> Tensor:
        norm = self.frozen.attention_norms[self.layer]
        bias = None if norm is None else norm.bias
        return self._like.new_zeros(()) if bias is None else wide(bias)

    def _front(self, streams: Tensor) -> Tensor:
        """Through the norm in front, without its bias."""
        norm = self.frozen.attention_norms[self.layer]
        return streams if norm is None else wide(norm.push(streams))

    def _pull(self, given: Tensor, part: Callable[[QueriesAndKeys], Tensor]) -> Tensor:
        read, found = self._graph
        with torch.enable_grad():
            made = part(found)
        batched = len(given) > 1  # one alone takes a third of the time
        asked = given[:, None] if batched else given
        (pulled,) = torch.autograd.grad(
            made, read, asked, retain_graph=True, is_grads_batched=batched
        )
        pulled = pulled[:, 0] if batched else pulled
        norm = self.frozen.attention_norms[self.layer]
        return pulled if norm is None else wide(norm.pull(pulled, slice(None)))

    def _run(self, read: Tensor) -> QueriesAndKeys:
        """Of what the attention reads, (batch, n, d_model)."""
        with self.frozen.model.alone, self._norms_held(), _noting(self._module):
            try:
                self._module(read, **self._named)
            except _Noted as noted:
                return noted.found
        raise AssertionError("an attention that asks for no implementation")

    @contextmanager
    def _norms_held(self) -> Iterator[None]:
        norms = [one for one in self._module.modules() if type(one).__name__.endswith("Norm")]

        def hold(norm: Any, inputs: tuple[Tensor, ...], _: Tensor) -> Tensor:
            x = inputs[0]
            if norm not in self._norms:
                self._norms[norm] = freeze_norm(self.frozen.model.architecture, norm, x)
            held = self._norms[norm]
            centred = x - x.mean(-1, keepdim=True) if held.centres else x
            scaled: Tensor = centred * held.scale[..., None] * held.weight
            return scaled if held.bias is None else scaled + held.bias

        handles = [one.register_forward_hook(hold) for one in norms]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


class _Noted(Exception):
    """The way out of an attention module, once queries and keys are there."""

    def __init__(self, found: QueriesAndKeys) -> None:
        super().__init__()
        self.found = found


@contextmanager
def _noting(module: Any) -> Iterator[None]:
    """Inside, an attention module ends at its queries and keys."""

    def attend(_: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any, **named: Any) -> None:
        scaling = named.get("scaling")
        scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
        raise _Noted(QueriesAndKeys(query, key, scaling, named.get("softcap")))

    def attend_older(query: Tensor, key: Tensor, *_: Any) -> None:
        raise _Noted(QueriesAndKeys(query, key, 1.0, None))

    if hasattr(module, _OLDER):
        module._attn = attend_older
        try:
            yield
        finally:
            del module._attn
        return
    before = module.config._attn_implementation
    ALL_ATTENTION_FUNCTIONS.register(_IMPLEMENTATION, attend)
    module.config._attn_implementation = _IMPLEMENTATION
    try:
        yield
    finally:
        module.config._attn_implementation = before


def _widened(named: Any) -> Any:
    if isinstance(named, tuple):
        return tuple(map(_widened, named))
    narrow = isinstance(named, Tensor) and named.is_floating_point()
    return wide(named) if narrow else named
