"""Where a feature of another program's graph has a page of its own, elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote

from tracer.documents.exchange.provenance import details_of, web_address
from tracer.documents.graph import Graph, Node

_NEURONPEDIA = "https://www.neuronpedia.org"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def public_page(graph: Graph, node: Node) -> str | None:
    """Neuronpedia's page of a feature, where the graph names a set that stands there; or the page
    that the node itself names."""
    own = web_address((node.model_extra or {}).get("url"))
    if own is not None or graph.metadata.tracer is not None:
        return own
    model, found = graph.metadata.scan, details_of(graph).get("neuronpedia_source_set")
    if not isinstance(found, str) or not _NAME.match(found) or not _NAME.match(model):
        return None
    if node.index is None:
        return None
    place = f"{node.layer_number}-{found}/{node.index}"
    return f"{_NEURONPEDIA}/{quote(model)}/{quote(place)}"
