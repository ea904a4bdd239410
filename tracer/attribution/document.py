"""From tensors to the graph document that is published."""

from __future__ import annotations

from tracer.attribution.origin import FeatureName
from tracer.attribution.prune import Pruned
from tracer.attribution.question import graph_id
from tracer.attribution.traced import Traced
from tracer.documents.graph import (
    EMBEDDING,
    ERROR,
    LOGIT,
    NEURON,
    TRANSCODER,
    Counts,
    Graph,
    Link,
    Metadata,
    Node,
    TracerInfo,
)


def graph_document(attribution: Traced, pruned: Pruned, slug: str) -> Graph:
    """Nodes by (layer, position, index), errors layer-major, tokens, logits; links by target,
    then source, in that order. A target that is a feature stands where logits would."""
    sources = [
        *_feature_nodes(attribution, pruned),
        *_error_nodes(attribution, pruned),
        *_token_nodes(attribution),
    ]
    asked = _target_nodes(attribution)
    matrix = attribution.matrix
    weights = matrix.weights(pruned.links[:, 0], pruned.links[:, 1]).tolist()
    targets = [*sources[: matrix.n_features], *asked]
    links = [
        Link(source=sources[s].node_id, target=targets[t].node_id, weight=weight)
        for (t, s), weight in zip(pruned.links.tolist(), weights, strict=True)
    ]
    kept = [node for node, keep in zip(sources, pruned.nodes.tolist(), strict=True) if keep]
    return Graph(
        metadata=_metadata(attribution, pruned, slug),
        nodes=(*kept, *asked),
        links=tuple(links),
    )


def _feature_nodes(attribution: Traced, pruned: Pruned) -> list[Node]:
    swept, shares = attribution.swept, pruned.rank_share.tolist()
    nodes: list[Node] = []
    for layer, features in enumerate(attribution.layers):
        part = swept.columns.features(layer)
        mine = swept.expanded[(swept.expanded >= part.start) & (swept.expanded < part.stop)]
        rows = (mine - part.start).to(features.positions.device)
        positions, indices = features.positions[rows], features.indices[rows]
        columns = zip(
            positions.tolist(),
            indices.tolist(),
            features.activations[rows].tolist(),
            features.effects[rows].tolist(),
            strict=True,
        )
        for position, index, activation, effect in columns:
            nodes.append(
                Node(
                    node_id=f"{layer}_{index}_{position}",
                    feature=_cantor(layer, index),
                    layer=str(layer),
                    ctx_idx=position,
                    feature_type=_feature_type(attribution),
                    js_node_id=f"{layer}_{index}-{position}",
                    clerp="",
                    influence=shares[len(nodes)],
                    activation=activation,
                    effect=effect,
                )
            )
    return nodes


def _feature_type(attribution: Traced) -> str:
    return NEURON if attribution.features_info.kind == "neurons" else TRANSCODER


def _error_nodes(attribution: Traced, pruned: Pruned) -> list[Node]:
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


def _token_nodes(attribution: Traced) -> list[Node]:
    text = attribution.frozen.model.tokenizer.text
    return [
        Node(
            node_id=f"E_{token_id}_{position}",
            feature=token_id,
            layer="E",
            ctx_idx=position,
            feature_type=EMBEDDING,
            js_node_id=f"E_{token_id}-{position}",
            clerp=f'Embedding "{text(token_id)}"',
            effect=float(attribution.effects.tokens[position]) if position else None,
        )
        for position, token_id in enumerate(attribution.frozen.token_ids)
    ]


def _target_nodes(attribution: Traced) -> list[Node]:
    if attribution.targets.feature is not None:
        return [_asked_feature(attribution, attribution.targets.feature)]
    if attribution.targets.question.kind == "direction":
        return [_asked_direction(attribution)]
    return _logit_nodes(attribution)


def _asked_feature(attribution: Traced, name: FeatureName) -> Node:
    activation = float(attribution.targets.values[0])
    return Node(
        node_id=str(name),
        feature=_cantor(name.layer, name.index),
        layer=str(name.layer),
        ctx_idx=name.position,
        feature_type=_feature_type(attribution),
        js_node_id=f"{name.layer}_{name.index}-{name.position}",
        clerp="",
        influence=0.0,  # a rank share: it comes first, and no threshold hides it
        activation=activation,
        effect=abs(activation),
    )


def _asked_direction(attribution: Traced) -> Node:
    layer, last = attribution.frozen.n_layers + 1, attribution.frozen.n_positions - 1
    return Node(
        node_id=f"{layer}_direction_{last}",
        feature=None,
        layer=str(layer),
        ctx_idx=last,
        feature_type=LOGIT,
        js_node_id=f"L_direction-{last}",
        clerp="a direction of the final stream",
        is_target_logit=True,
    )


def _logit_nodes(attribution: Traced) -> list[Node]:
    frozen, targets = attribution.frozen, attribution.targets
    text, last = frozen.model.tokenizer.text, frozen.n_positions - 1
    nodes = []
    for token_id, weight in zip(targets.token_ids, targets.weights.tolist(), strict=True):
        nodes.append(
            Node(
                node_id=f"{frozen.n_layers + 1}_{token_id}_{last}",
                feature=token_id,
                layer=str(frozen.n_layers + 1),
                ctx_idx=last,
                feature_type=LOGIT,
                js_node_id=f"L_{token_id}-{last}",
                clerp=f'Output "{text(token_id)}" (p={weight:.3f})',
                token_prob=weight,
                is_target_logit=token_id == targets.question.target_id,
            )
        )
    return nodes


def _metadata(attribution: Traced, pruned: Pruned, slug: str) -> Metadata:
    matrix = attribution.matrix
    frozen, ask, settings = attribution.frozen, attribution.ask, attribution.settings
    info = TracerInfo(
        graph_id=graph_id(
            ask,
            model_identity=frozen.model.info.identity,
            features=attribution.features_info.identity,
            settings=settings,
        ),
        model=frozen.model.info,
        features=attribution.features_info,
        question=attribution.targets.question,
        token_ids=ask.token_ids,
        chat=ask.chat,
        answers=attribution.targets.answers,
        settings=settings,
        scores=attribution.scores(),
        counts=Counts(
            active=attribution.active_count,
            candidates=sum(map(len, attribution.layers)),
            expanded=len(attribution.swept.expanded),
            nodes_before_pruning=matrix.n_sources + len(matrix.logit_weights),
            links_before_pruning=matrix.n_links,
            links_before_limit=pruned.links_before_limit,
        ),
        fit=attribution.fit,
    )
    text = frozen.model.tokenizer.text
    foreign = {
        "schema_version": 1,
        "node_threshold": settings.node_threshold,
        "info": {"generator": {"name": "tracer"}},
        "generation_settings": {
            "max_n_logits": settings.max_logits,
            "desired_logit_prob": settings.logit_mass,
        },
        "pruning_settings": {
            "node_threshold": settings.node_threshold,
            "edge_threshold": settings.edge_threshold,
        },
    }
    return Metadata(
        slug=slug,
        scan=frozen.model.info.name,
        prompt_tokens=tuple(map(text, ask.token_ids)),
        prompt=ask.prompt,
        tracer=info,
        **foreign,
    )


def _cantor(layer: int, index: int) -> int:
    """How schema version 1 packs layer and index into one number."""
    return (layer + index) * (layer + index + 1) // 2 + index
