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
with `to_json`, `save` and `show`; `account` what runs through any nodes, and their words; `steer`
what the model says before and after `Set`, `Scale`, `Ablate` or `Swap`. What a user can get wrong
raises `TracerError`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tracer.documents.drawing import drawn_by, opened_by

if TYPE_CHECKING:
    from tracer.attribution.saved import load_attribution
    from tracer.attribution.trace import Attribution, trace
    from tracer.attribution.trace_many import trace_many
    from tracer.documents.account import Box
    from tracer.documents.graph import Graph
    from tracer.documents.group_account import account
    from tracer.documents.prompts import ChatTurn
    from tracer.documents.trace_settings import TraceSettings
    from tracer.errors import TracerError
    from tracer.interventions.interventions import Ablate, Scale, Set, Swap
    from tracer.interventions.steer import Steered, steer
    from tracer.model.load import Model, load_model

    __version__: str

__all__ = [
    "Ablate",
    "Attribution",
    "Box",
    "ChatTurn",
    "Graph",
    "Model",
    "Scale",
    "Set",
    "Steered",
    "Swap",
    "TraceSettings",
    "TracerError",
    "__version__",
    "account",
    "load_attribution",
    "load_model",
    "steer",
    "trace",
    "trace_many",
]

_HOMES = {
    **dict.fromkeys(("Ablate", "Scale", "Set", "Swap"), "tracer.interventions.interventions"),
    **dict.fromkeys(("Steered", "steer"), "tracer.interventions.steer"),
    **dict.fromkeys(("Attribution", "trace"), "tracer.attribution.trace"),
    **dict.fromkeys(("Model", "load_model"), "tracer.model.load"),
    "Box": "tracer.documents.account",
    "ChatTurn": "tracer.documents.prompts",
    "Graph": "tracer.documents.graph",
    "TraceSettings": "tracer.documents.trace_settings",
    "TracerError": "tracer.errors",
    "account": "tracer.documents.group_account",
    "load_attribution": "tracer.attribution.saved",
    "trace_many": "tracer.attribution.trace_many",
}

drawn_by(lambda: importlib.import_module("tracer.notebook"))  # which stands above what it draws
opened_by(lambda: importlib.import_module("tracer.workbench.live").live)  # likewise


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tracer-gallery")
    if name not in _HOMES:
        raise AttributeError(f"module 'tracer' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
