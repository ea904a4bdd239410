"""Graphs as other programs write them, small and made up here."""

from __future__ import annotations

from typing import Any

TOKENS = ["<bos>", "Fact", ":", " Paris", " is"]


def foreign_node(
    node_id: str, kind: str = "cross layer transcoder", /, **fields: Any
) -> dict[str, Any]:
    layer, index, position = node_id.split("_")
    return {
        "node_id": node_id,
        "feature": 7,
        "layer": layer,
        "ctx_idx": int(position),
        "feature_type": kind,
        "token_prob": 0.0,
        "is_target_logit": False,
        "run_idx": 0,
        "reverse_ctx_idx": 0,
        "jsNodeId": f"{layer}_{index}-0",
        "clerp": "",
        "influence": 0.5,
        "activation": 1.25,
    } | fields


def error(node_id: str, layer: int | str, **fields: Any) -> dict[str, Any]:
    empty = {"activation": None, "feature": -1, "clerp": "Err: mlp"}
    return foreign_node(node_id, "mlp reconstruction error", layer=layer) | empty | fields


def foreign_graph(**changes: Any) -> dict[str, Any]:
    """circuit-tracer's shape: features with names, old errors, tokens, one answer, supernodes."""
    nodes = [
        foreign_node("0_354_1", clerp="facts"),
        foreign_node("3_10_3", clerp="[France] cities, and: colons", feature=None),
        foreign_node("3_10_4", clerp="cities, and: colons", layer=3),
        foreign_node("4_12_4", clerp="say a country"),
        foreign_node("4_12_3", clerp="France\nand \u2028more"),
        error("0_2_3", "2"),
        *(
            foreign_node(f"E_{i}_{i}", "embedding", clerp=f'Emb: "{token}"', activation=None)
            for i, token in enumerate(TOKENS)
        ),
        foreign_node("6_99_4", "logit", clerp='Output " in" (p=0.6)', token_prob=0.6),
    ]
    links = [
        ("E_3_3", "3_10_3", 2.5),
        ("0_354_1", "3_10_3", 0.25),
        ("0_2_3", "4_12_4", -0.5),
        ("3_10_3", "4_12_4", 1.5),
        ("4_12_4", "6_99_4", 3),
    ]
    graph = {
        "metadata": {
            "slug": "Fact: Paris is",
            "scan": "gemma-2-2b",
            "transcoder_list": [],
            "prompt_tokens": TOKENS,
            "prompt": "<bos>Fact: Paris is",
            "node_threshold": 0.8,
        },
        "qParams": {
            "linkType": "both",
            "pinnedIds": ["4_12_4", "E_3_3", "9_9_9"],
            "clickedId": "",
            "supernodes": [["France", "3_10_3", "4_12_3"], ["France", "4_12_4"], ["gone", "9_9_9"]],
            "sg_pos": "",
        },
        "nodes": nodes,
        "links": [{"source": s, "target": t, "weight": w} for s, t, w in links],
    }
    return graph | changes
