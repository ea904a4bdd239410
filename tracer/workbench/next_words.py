"""What a model says next, soon while somebody types: of the words that stand already, keys and
values are kept."""

from __future__ import annotations

from collections import OrderedDict
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor

from tracer.model.load import Model

REMEMBERED = 16  # prompts whose answer is known
MOST_KEPT = 2_048  # tokens whose keys and values are kept


class NextWords:
    """Of one model. Each `kind` of prompt keeps its own last words."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: OrderedDict[tuple[int, ...], Tensor] = OrderedDict()
        self._kept: dict[str, tuple[tuple[int, ...], Any]] = {}

    @torch.no_grad()
    def logits(self, ids: tuple[int, ...], kind: str = "prompt") -> Tensor:
        """(vocabulary,): of what follows."""
        if ids not in self._known:
            self._known[ids] = self._heard(ids, kind)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[ids]

    def _heard(self, ids: tuple[int, ...], kind: str) -> Tensor:
        before, cache = self._kept.pop(kind, ((), None))
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(before, ids, strict=False))
        same = min(sum(1 for _ in alike), len(ids) - 1)
        if cache is None or not same:
            same, cache = 0, self._new_cache(len(ids))
        elif same < len(before):
            cache.crop(same - len(before))
        given = torch.tensor([ids[same:]], device=self._model.device)
        with self._model.alone:
            result = self._model.causal_lm(
                given, use_cache=cache is not None, past_key_values=cache, logits_to_keep=1
            )
        if cache is not None:
            self._kept[kind] = ids, cache
        logits: Tensor = result.logits[0, -1].float()
        return logits

    def _new_cache(self, tokens: int) -> Any:
        """None for long prompts, and where layers forget words, which could not be taken back."""
        from transformers import DynamicCache

        if tokens > MOST_KEPT:
            return None
        cache = DynamicCache(config=self._model.config)
        forgets = any(type(one).__name__ != "DynamicLayer" for one in cache.layers)
        return None if forgets else cache
