"""A model whose attention patterns are changed on their way to the values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from tracer.model.model import Model

Attend = Callable[[int, Tensor], Tensor]  # layer and pattern, (batch, heads, queries, keys)

_IMPLEMENTATION = "tracer_changed_patterns"
_OLDER = "_attn"  # GPT-Neo's own, which knows no other implementations


@contextmanager
def attention_through(model: Model, change: Attend) -> Iterator[None]:
    """Inside, every layer's pattern is what `change` makes of it."""
    names = model.architecture
    blocks = model.module(names.layers)
    modules = [block.get_submodule(names.attention) for block in blocks]
    with ExitStack() as stack:
        if hasattr(modules[0], _OLDER):
            for layer, module in enumerate(modules):
                setattr(module, _OLDER, _older(getattr(module, _OLDER), layer, change))
                stack.callback(delattr, module, _OLDER)
        else:
            ALL_ATTENTION_FUNCTIONS.register(_IMPLEMENTATION, _attend(modules, change))
            for module in modules:
                for handle in _switched(module):
                    stack.callback(handle.remove)
        yield


def _switched(module: Any) -> Iterator[Any]:
    """Only within the module: masks are made as they are for its own implementation."""
    config = module.config
    before = config._attn_implementation

    def enter(*_: Any) -> None:
        config._attn_implementation = _IMPLEMENTATION

    def leave(*_: Any) -> None:
        config._attn_implementation = before

    yield module.register_forward_pre_hook(enter)
    yield module.register_forward_hook(leave, always_call=True)


def _attend(modules: list[Any], change: Attend) -> Callable[..., tuple[Tensor, Tensor]]:
    layers = {module: layer for layer, module in enumerate(modules)}
    eager = sys.modules[type(modules[0]).__module__].eager_attention_forward

    def attend(
        module: Any, query: Tensor, key: Tensor, value: Tensor, *rest: Any, **named: Any
    ) -> tuple[Tensor, Tensor]:
        output, pattern = eager(module, query, key, value, *rest, **named)
        changed = change(layers[module], pattern)
        return output + _mixed(changed - pattern, value).transpose(1, 2), changed

    return attend


def _older(own: Any, layer: int, change: Attend) -> Callable[..., tuple[Tensor, Tensor]]:
    def attend(query: Tensor, key: Tensor, value: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
        output, pattern = own(query, key, value, *rest)
        changed = change(layer, pattern)
        return output + _mixed(changed - pattern, value), changed

    return attend


def _mixed(pattern: Tensor, value: Tensor) -> Tensor:
    """(batch, heads, queries, head_dim)"""
    return pattern @ value.repeat_interleave(pattern.shape[1] // value.shape[1], dim=1)
