"""Which set a graph's features are numbered in: only within one can numbers be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tracer.documents.graph import Graph

_SETS = [
    re.compile(rf"""['"]{key}['"]\s*:\s*['"]([^'"]+)['"]""")
    for key in ("transcoder_set", "neuronpedia_source_set")
]
_OUTSIDE = re.compile(r"[^a-z0-9-]+")


def feature_source(graph: Graph) -> str:
    """The id of the graph's feature source, as in `smollm2-135m-instruct.neurons`; a file name too.

    Graphs of other programs name a set of transcoders under `info`, sometimes as the text of a
    Python dictionary, or Neuronpedia's set of features; those that name none are told apart by
    their model alone.
    """
    if graph.metadata.tracer:
        parts = [graph.metadata.tracer.features.source]
    else:
        parts = [graph.metadata.scan, *_set(graph.metadata.model_extra or {})]
    return _OUTSIDE.sub(".", ".".join(parts).lower()).strip(".") or "unknown"


def names_its_source(graph: Graph) -> bool:
    """Whether a feature's number means the same in another graph of this source: it was made here,
    or its file names the set of features."""
    return graph.metadata.tracer is not None or bool(_set(graph.metadata.model_extra or {}))


def _set(metadata: Mapping[str, Any]) -> list[str]:
    said = f"{metadata.get('info')} {metadata.get('feature_details')}"
    found = (pattern.search(said) for pattern in _SETS)
    return next(([match[1]] for match in found if match), [])


def numbering(graph: Graph) -> str:
    """What two graphs must have alike for a feature's number to mean the same place in both: their
    source, or, for neurons, their models' architecture, as of a model and what was made from it."""
    info = graph.metadata.tracer
    if info is None or info.features.kind != "neurons":
        return feature_source(graph)
    model = info.model
    return f"neurons of {model.family}, {model.layers} layers, {model.d_model} wide"
