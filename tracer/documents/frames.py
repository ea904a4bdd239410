"""A graph's nodes and links as tables of pandas and as a graph of networkx, where these are
installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from tracer.errors import TracerError

_LINKS = ("source", "target", "weight")


def needed(module: str, package: str = "") -> Any:
    """A package that tracer does without. Raises TracerError where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        name = package or module.partition(".")[0]
        what = f"{name} is not installed"
        raise TracerError(what, hint=f"run `pip install {name}`") from None


def frames(graph: Any) -> tuple[Any, Any]:
    """Nodes and links, each a `pandas.DataFrame`."""
    pandas = needed("pandas")
    nodes = pandas.DataFrame([{"node_id": name, **found} for name, found in _nodes(graph)])
    links = [(one.source, one.target, one.weight) for one in graph.links]
    return nodes, pandas.DataFrame(links, columns=list(_LINKS))


def digraph(graph: Any) -> Any:
    """A `networkx.DiGraph`; nodes have the columns of the table as attributes."""
    networkx = needed("networkx")
    found = networkx.DiGraph(slug=graph.metadata.slug, prompt=graph.metadata.prompt)
    for name, attributes in _nodes(graph):
        found.add_node(name, **{key: one for key, one in attributes.items() if one is not None})
    for link in graph.links:
        found.add_edge(link.source, link.target, weight=link.weight)
    return found


def _nodes(graph: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in graph.nodes:
        yield (
            node.node_id,
            {
                "kind": node.kind,
                "layer": None if node.layer_number < 0 else node.layer_number,
                "index": node.index,
                "position": node.ctx_idx,
                "token": graph.metadata.prompt_tokens[node.ctx_idx],
                "label": node.clerp,
                "activation": node.activation,
                "influence": node.influence,
                "effect": node.effect,
                "probability": node.token_prob,
            },
        )
