"""Where a feature of another program's graph has a page of its own, elsewhere."""

from __future__ import annotations

from tracer.documents.exchange.feature_details import NEURONPEDIA, neuronpedia_place
from tracer.documents.exchange.provenance import web_address
from tracer.documents.graph import Graph, Node


def public_page(graph: Graph, node: Node) -> str | None:
    """Neuronpedia's page of a feature, where the graph names a set that stands there; or the page
    that the node itself names."""
    own = web_address((node.model_extra or {}).get("url"))
    if own is not None or graph.metadata.tracer is not None:
        return own
    place = neuronpedia_place(graph, node)
    return None if place is None else f"{NEURONPEDIA}/{place}"
