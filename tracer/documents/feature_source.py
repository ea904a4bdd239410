"""Which set a graph's features are numbered in: only within one can numbers be compared."""

from __future__ import annotations

import re

from tracer.documents.graph import Graph

_SET = re.compile(r"""['"]transcoder_set['"]\s*:\s*['"]([^'"]+)['"]""")
_OUTSIDE = re.compile(r"[^a-z0-9-]+")


def feature_source(graph: Graph) -> str:
    """The id of the graph's feature source, as in `smollm2-135m-instruct.neurons`; a file name too.

    Graphs of other programs name a set of transcoders under `info`, sometimes as the text of a
    Python dictionary; those that name none are told apart by their model alone.
    """
    if graph.metadata.tracer:
        parts = [graph.metadata.tracer.features.source]
    else:
        named = _SET.search(str((graph.metadata.model_extra or {}).get("info")))
        parts = [graph.metadata.scan, *([named[1]] if named else [])]
    return _OUTSIDE.sub(".", ".".join(parts).lower()).strip(".") or "unknown"


def numbering(graph: Graph) -> str:
    """What two graphs must have alike for a feature's number to mean the same place in both: their
    source, or, for neurons, their models' architecture, as of a model and what was made from it."""
    info = graph.metadata.tracer
    if info is None or info.features.kind != "neurons":
        return feature_source(graph)
    model = info.model
    return f"neurons of {model.family}, {model.layers} layers, {model.d_model} wide"
