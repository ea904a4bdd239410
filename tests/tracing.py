"""Traces in which features that are not listed stay as nodes, as circuit-tracer has it."""

from __future__ import annotations

from typing import Any

import tracer
from tracer.attribution.node_graph import NodeGraph
from tracer.documents.trace_settings import TraceSettings

NODES = {"remainder": "nodes", "against": "vocabulary"}


def trace_nodes(*args: Any, settings: TraceSettings | None = None, **named: Any) -> NodeGraph:
    """`tracer.trace` against the vocabulary, in mode `nodes`."""
    chosen = (settings or TraceSettings()).model_copy(update=NODES)
    found = tracer.trace(*args, settings=chosen, **named)
    assert isinstance(found, NodeGraph)
    return found
