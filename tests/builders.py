"""Small, complete documents for tests, each part of which a test may override."""

from __future__ import annotations

import json
from typing import Any

from tracer.documents.graph import Graph
from tracer.documents.set_account import (
    ANSWER,
    Fires,
    Mean,
    Refusal,
    Row,
    SetAccount,
    SetBox,
    SetFlow,
    SetModel,
    SetNeuron,
)

PROMPT_TOKENS = ["<|endoftext|>", "The", " capital", " of", " France", " is"]


def make_graph(**metadata: Any) -> Graph:
    """A hand-made graph over two layers: four features, two errors, tokens and one answer."""
    features = [("0_7_4", 0.2, 1.5, 0.6), ("1_3_4", 0.4, 2.0, 0.9), ("1_9_5", 0.3, 1.0, 0.7)]
    features.append(("1_11_5", 0.7, 0.5, -0.3))
    nodes = [
        _node(node_id, "neuron", influence=influence, activation=activation, effect=effect)
        for node_id, influence, activation, effect in features
    ]
    nodes += [_node("0_-1_4", "mlp reconstruction error", clerp="neurons not listed at layer 0")]
    nodes += [_node("1_-1_5", "mlp reconstruction error", clerp="neurons not listed at layer 1")]
    nodes += [
        _node(f"E_{index}_{index}", "embedding", clerp=f'Embedding "{token}"')
        for index, token in enumerate(PROMPT_TOKENS)
    ]
    nodes += [_node("3_42_5", "logit", clerp='Output " Paris" (p=0.81)', token_prob=0.81)]
    links = [
        ("E_4_4", "0_7_4", 1.2),
        ("E_4_4", "1_3_4", 0.4),
        ("0_7_4", "1_3_4", 0.9),
        ("0_-1_4", "1_3_4", -0.2),
        ("1_3_4", "3_42_5", 0.8),
        ("1_9_5", "3_42_5", 0.7),
        ("1_11_5", "3_42_5", -0.3),
        ("E_5_5", "1_9_5", 0.5),
        ("E_2_2", "1_9_5", 0.3),
        ("E_5_5", "1_11_5", 0.2),
        ("1_-1_5", "3_42_5", 0.1),
    ]
    base = {
        "slug": "france-paris",
        "scan": "tiny",
        "prompt_tokens": PROMPT_TOKENS,
        "prompt": "The capital of France is",
        "node_threshold": 0.8,
        "tracer": _tracer_info(),
    }
    return Graph.model_validate(
        {
            "metadata": base | metadata,
            "qParams": {},
            "nodes": nodes,
            "links": [{"source": s, "target": t, "weight": w} for s, t, w in links],
        }
    )


def make_feature_graph() -> Graph:
    """What feeds neuron 9 of layer 1, in place of an answer."""
    fields = json.loads(make_graph().to_json())
    fields["metadata"]["tracer"]["question"] = {"kind": "feature", "target": "1_9_5"}
    fields["nodes"] = [node for node in fields["nodes"] if node["feature_type"] != "logit"]
    fields["links"] = [link for link in fields["links"] if link["target"] != "3_42_5"]
    return Graph.model_validate(fields)


def _node(node_id: str, feature_type: str, **fields: Any) -> dict[str, Any]:
    layer, index, position = node_id.split("_")
    return {
        "node_id": node_id,
        "feature": int(index),
        "layer": layer,
        "ctx_idx": int(position),
        "feature_type": feature_type,
        "jsNodeId": f"{layer}_{index}-{position}",
        "clerp": "",
    } | fields


def _tracer_info() -> dict[str, Any]:
    answers = [(" Paris", 42, 0.81, 9.0), (" Berlin", 43, 0.02, 5.3), (" Rome", 44, 0.01, 4.6)]
    return {
        "format": 1,
        "graph_id": "0" * 64,
        "model": {
            "name": "tiny",
            "identity": "0" * 64,
            "family": "llama",
            "layers": 2,
            "d_model": 8,
        },
        "features": {"source": "tiny.neurons", "kind": "neurons", "identity": "0" * 64},
        "question": {
            "kind": "contrast",
            "target": " Paris",
            "target_id": 42,
            "contrast": [" Berlin"],
            "contrast_ids": [43],
        },
        "token_ids": list(range(6)),
        "answers": [
            {"token": token, "token_id": index, "probability": p, "logit": logit}
            for token, index, p, logit in answers
        ],
        "settings": {},
        "scores": {
            "replacement": 0.61,
            "completeness": 0.83,
            "unexpanded": 0.01,
            "replacement_dropped": 0.62,
            "completeness_dropped": 0.84,
        },
        "counts": {
            "active": 96,
            "candidates": 12,
            "expanded": 8,
            "nodes_before_pruning": 20,
            "links_before_pruning": 60,
            "links_before_limit": 11,
        },
    }


def make_set(slug: str = "capitals") -> SetAccount:
    """A set of four rows that count, one set apart and one that cannot be asked."""

    def mean(value: float) -> Mean:
        return Mean(mean=value, low=value - 0.5, high=value + 0.5)

    def row(city: str, answer: str, *, counts: bool = True, odd: bool = False) -> Row:
        return Row(
            key=city.lower(),
            words={"city": city},
            prompt=f"The capital {city} is in",
            tokens=6,
            places=(0, 1, 2, 3, 4, 5),
            answer=answer,
            answer_id=len(city),
            contrast_ids=(1, 2),
            probability=0.6 if counts else 0.1,
            said=answer if counts else " Spain",
            said_probability=0.6,
            lead=4.0,
            counts=counts,
            kin=answer,
            graph_id=f"{city.lower():0<64}",
            listed=75 if counts else 0,
            cluster=(1 if odd else 0) if counts else None,
            likeness=(0.2 if odd else 0.9) if counts else None,
            odd=odd,
        )

    return SetAccount(
        id="0" * 64,
        slug=slug,
        title="Which country is this the capital of?",
        summary="Four capitals.",
        template="The capital {city} is in",
        tags=("geography",),
        counts="first",
        model=SetModel(
            name="tiny", identity="m", features="neurons", features_identity="f", layers=12
        ),
        slots=("the start", "The", "capital", "{city}", "is", "in"),
        rows=(
            row("Paris", " France"),
            row("Berlin", " Germany"),
            row("Madrid", " Spain"),
            row("Lima", " Peru", odd=True),
            row("Rome", " Italy", counts=False),
        ),
        refused=(Refusal(key="kyiv", prompt="The capital Kyiv is in", error="not one token"),),
        neurons=(
            SetNeuron(
                layer=9,
                index=5,
                slot="is",
                listed=4,
                effect=mean(1.5),
                effects=(1, 2, 2, 1),
                pushes=(" France", " Spain"),
            ),
            SetNeuron(
                layer=2,
                index=7,
                slot="{city}",
                listed=2,
                effect=mean(0.25),
                effects=(0.5, 0.5, 0, 0),
            ),
        ),
        left_out=40,
        boxes=(
            SetBox(id="is/2", slot="is", layers=(8, 11), through=mean(2)),
            SetBox(id="{city}/0", slot="{city}", layers=(0, 3), through=mean(1)),
        ),
        inputs=("{city}", "the start", "biases"),
        flows=(
            SetFlow(source="is/2", target=ANSWER, flow=mean(2), values=(2, 2, 2, 2)),
            SetFlow(source="{city}/0", target="is/2", flow=mean(1), values=(1, 1, 1, 1)),
            SetFlow(source="{city}", target="{city}/0", flow=mean(1), values=(2, 0, 1, 1)),
        ),
        quantity=mean(4),
        resamples=1000,
    )


def over_two_words(account: SetAccount) -> SetAccount:
    """The same rows as five of six pairs `{a} + {b}`, with where a neuron fires."""
    pairs = [("1", "2"), ("1", "10"), ("2", "2"), ("2", "10"), ("3", "2")]
    rows = tuple(
        row.model_copy(update={"words": {"a": a, "b": b}})
        for row, (a, b) in zip(account.rows, pairs, strict=True)
    )
    fires = (Fires(node="9_5@is", values=(1, 2, 2, -1, 0)),)
    return account.model_copy(
        update={"template": "What is {a} + {b}?", "rows": rows, "fires": fires}
    )
