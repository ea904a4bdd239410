"""From tensors to the graph document that is published, in which what is not listed is a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.attribution.metadata import metadata_of
from tracer.attribution.nodes import feature_nodes, target_nodes, token_node
from tracer.attribution.prune import Pruned
from tracer.documents.graph import ERROR, Counts, Graph, Link, Node

if TYPE_CHECKING:
    from tracer.attribution.node_graph import NodeGraph


def graph_document(attribution: NodeGraph, pruned: Pruned, slug: str) -> Graph:
    """Nodes by (layer, position, index), errors layer-major, tokens, logits; links by target,
    then source, in that order. A target that is a feature stands where logits would."""
    sources = [
        *_feature_nodes(attribution, pruned),
        *_error_nodes(attribution, pruned),
        *_token_nodes(attribution),
    ]
    asked = target_nodes(attribution)
    matrix = attribution.matrix
    weights = matrix.weights(pruned.links[:, 0], pruned.links[:, 1]).tolist()
    targets = [*sources[: matrix.n_features], *asked]
    links = [
        Link(source=sources[s].node_id, target=targets[t].node_id, weight=weight)
        for (t, s), weight in zip(pruned.links.tolist(), weights, strict=True)
    ]
    kept = [node for node, keep in zip(sources, pruned.nodes.tolist(), strict=True) if keep]
    counts = Counts(
        active=attribution.active.count,
        candidates=sum(map(len, attribution.layers)),
        expanded=len(attribution.swept.expanded),
        nodes_before_pruning=matrix.n_sources + len(matrix.logit_weights),
        links_before_pruning=matrix.n_links,
        links_before_limit=pruned.links_before_limit,
    )
    return Graph(
        metadata=metadata_of(attribution, slug, counts=counts, scores=attribution.scores()),
        nodes=(*kept, *asked),
        links=tuple(links),
    )


def _feature_nodes(attribution: NodeGraph, pruned: Pruned) -> Iterator[Node]:
    swept, shares = attribution.swept, iter(pruned.rank_share.tolist())
    for layer, features in enumerate(attribution.layers):
        part = swept.columns.features(layer)
        mine = swept.expanded[(swept.expanded >= part.start) & (swept.expanded < part.stop)]
        rows = (mine - part.start).to(features.positions.device)
        yield from feature_nodes(attribution, layer, features.chosen(rows), shares)


def _error_nodes(attribution: NodeGraph, pruned: Pruned) -> list[Node]:
    """For neurons nothing is in error: these are the neurons that are not listed."""
    neurons = attribution.features_info.kind == "neurons"
    rest = "neurons not listed" if neurons else "what the features leave out"
    shares = pruned.rank_share[attribution.matrix.errors].tolist()
    n = attribution.frozen.n_positions
    return [
        Node(
            node_id=f"{layer}_-1_{position}",
            feature=-1,
            layer=str(layer),
            ctx_idx=position,
            feature_type=ERROR,
            js_node_id=f"{layer}_-1-{position}",
            clerp=f"{rest}, layer {layer}",
            influence=shares[layer * n + position],
        )
        for layer in range(attribution.frozen.n_layers)
        for position in range(n)
    ]


def _token_nodes(attribution: NodeGraph) -> Iterator[Node]:
    for position, effect in enumerate(attribution.effects.tokens.tolist()):
        yield token_node(attribution, position, effect=effect if position else None)
