"""Attribution graphs of language models, traced, written down and published.

The public Python API is what `__all__` names; torch is imported when it is first used.

>>> import tracer
>>> model = tracer.load_model()                                            # doctest: +SKIP
>>> found = tracer.trace("Moscow is in", model=model, target=" Russia")    # doctest: +SKIP
>>> found.account.quantity, found.account.shares, found.words.pushes(0)    # doctest: +SKIP
>>> tracer.account(found, ["22_580_3"]).pushes                             # doctest: +SKIP
>>> found.prune(slug="moscow").save("moscow.json")                         # doctest: +SKIP
>>> then = tracer.steer(model, "neurons", "Moscow is in", [tracer.Ablate("22_580_3")])
...                                                                        # doctest: +SKIP
>>> then.probability(" Russia")                                            # doctest: +SKIP

`load_model` gives a `Model`; `trace` an `Attribution` (tensors); its `prune` a `Graph` (no torch),
with `to_json` and `save`; `account` what runs through any nodes, and their words; `steer` what the
model says before and after `Set`, `Scale`, `Ablate` or `Swap`. What a user can get wrong raises
`tracer.errors.TracerError`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracer.attribution.trace import Attribution, trace
    from tracer.documents.account import Box
    from tracer.documents.graph import Graph
    from tracer.documents.group_account import account
    from tracer.interventions.interventions import Ablate, Scale, Set, Swap
    from tracer.interventions.steer import Steered, steer
    from tracer.model.load import load_model

__all__ = [
    "Ablate",
    "Attribution",
    "Box",
    "Graph",
    "Scale",
    "Set",
    "Steered",
    "Swap",
    "account",
    "load_model",
    "steer",
    "trace",
]

_HOMES = {
    **dict.fromkeys(("Ablate", "Scale", "Set", "Swap"), "tracer.interventions.interventions"),
    **dict.fromkeys(("Steered", "steer"), "tracer.interventions.steer"),
    "Attribution": "tracer.attribution.trace",
    "Box": "tracer.documents.account",
    "Graph": "tracer.documents.graph",
    "account": "tracer.documents.group_account",
    "load_model": "tracer.model.load",
    "trace": "tracer.attribution.trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)
