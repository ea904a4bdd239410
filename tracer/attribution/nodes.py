"""The nodes of a graph document: features, tokens, and what is explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracer.attribution.origin import FeatureName
from tracer.attribution.traced import Traced
from tracer.documents.graph import EMBEDDING, ERROR, LOGIT, NEURON, TRANSCODER, Node
from tracer.features.source import LayerFeatures

LEFT_OUT = "what the features leave out"


def feature_nodes(
    attribution: Traced, layer: int, features: LayerFeatures, shares: Iterator[float]
) -> Iterator[Node]:
    """Of one layer, in the order of `features`; `shares` gives each one's rank share."""
    columns = (features.positions, features.indices, features.activations, features.effects)
    for position, index, activation, effect in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        name = FeatureName(layer, index, position)
        numbers = {"influence": next(shares), "activation": activation, "effect": effect}
        yield feature_node(attribution, name, **numbers)


def feature_node(attribution: Traced, name: FeatureName, **found: Any) -> Node:
    """One feature, with what is `found` of it."""
    neurons = attribution.features_info.kind == "neurons"
    return Node(
        node_id=str(name),
        feature=_cantor(name.layer, name.index),
        layer=str(name.layer),
        ctx_idx=name.position,
        feature_type=NEURON if neurons else TRANSCODER,
        js_node_id=f"{name.layer}_{name.index}-{name.position}",
        clerp="",
        **found,
    )


def token_node(attribution: Traced, position: int, **numbers: Any) -> Node:
    """A token of the prompt."""
    token_id = attribution.frozen.token_ids[position]
    return Node(
        node_id=f"E_{token_id}_{position}",
        feature=token_id,
        layer="E",
        ctx_idx=position,
        feature_type=EMBEDDING,
        js_node_id=f"E_{token_id}-{position}",
        clerp=f'Embedding "{attribution.frozen.model.tokenizer.text(token_id)}"',
        **numbers,
    )


def error_node(layer: int, position: int, clerp: str, **numbers: Any) -> Node:
    """What is missing behind the MLP of a layer at a position, called `clerp`."""
    return Node(
        node_id=f"{layer}_-1_{position}",
        feature=-1,
        layer=str(layer),
        ctx_idx=position,
        feature_type=ERROR,
        js_node_id=f"{layer}_-1-{position}",
        clerp=f"{clerp}, layer {layer}",
        **numbers,
    )


def constant_node(node_id: str, kind: str, clerp: str, **numbers: Any) -> Node:
    """What stands nowhere in particular, beside the start."""
    return Node(
        node_id=node_id,
        feature=None,
        layer="E",
        ctx_idx=0,
        feature_type=kind,
        js_node_id=node_id,
        clerp=clerp,
        **numbers,
    )


def target_nodes(attribution: Traced) -> list[Node]:
    """What is explained: a feature, a direction or answers."""
    if attribution.targets.feature is not None:
        return [_asked_feature(attribution, attribution.targets.feature)]
    if attribution.targets.question.kind == "direction":
        return [_asked_direction(attribution)]
    return _logit_nodes(attribution)


def _asked_feature(attribution: Traced, name: FeatureName) -> Node:
    activation = float(attribution.targets.values[0])
    # Influence is a rank share: it comes first, and no threshold hides it.
    numbers = {"influence": 0.0, "activation": activation, "effect": abs(activation)}
    return feature_node(attribution, name, **numbers)


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


def _cantor(layer: int, index: int) -> int:
    """How schema version 1 packs layer and index into one number."""
    return (layer + index) * (layer + index + 1) // 2 + index
