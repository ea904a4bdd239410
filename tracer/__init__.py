"""Attribution graphs of language models, traced, written down and published.

The public Python API is what `__all__` names; torch is imported when it is first used.

>>> import tracer
>>> model = tracer.load_model()                                            # doctest: +SKIP
>>> found = tracer.trace("Moscow is in", model=model, target=" Russia")    # doctest: +SKIP
>>> found.scores().replacement, found.effects.features[22].shape           # doctest: +SKIP
>>> found.prune(slug="moscow").save("moscow.json")                         # doctest: +SKIP

`load_model` gives a `Model`; `trace` an `Attribution` (tensors); its `prune` a `Graph` (no torch),
with `to_json` and `save`. What a user can get wrong raises `tracer.errors.TracerError`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracer.attribution.trace import Attribution, trace
    from tracer.documents.graph import Graph
    from tracer.model.load import load_model

__all__ = ["Attribution", "Graph", "load_model", "trace"]

_HOMES = {
    "Attribution": "tracer.attribution.trace",
    "Graph": "tracer.documents.graph",
    "load_model": "tracer.model.load",
    "trace": "tracer.attribution.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
