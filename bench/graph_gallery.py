"""A thousand graphs of 300 nodes and 2,000 links, each with a write-up and annotations."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

GRAPHS, NODES, LINKS, LAYERS, TOKENS = 1000, 300, 2000, 24, 12
SMALL_NODES, SMALL_LINKS = 20, 40


def write_gallery(folder: Path, *, count: int = GRAPHS) -> None:
    """The same bytes each time."""
    _write(folder / "site_src" / "site.yaml", "title: Bench\nbase_url: https://example.org/\n")
    for number in range(count):
        slug = f"graph-{number}"
        document = graph(number)
        _write(folder / "graphs" / slug / "1.json", json.dumps(document))
        ids = [node["node_id"] for node in document["nodes"] if node["feature_type"] == "neuron"]
        _write(
            folder / "site_src" / "annotations" / f"{slug}.yaml",
            "revision: 1\nlabels:\n"
            + "".join(f'  "{one}": {{text: name {one}, by: ann}}\n' for one in ids[:6])
            + "groups:\n"
            + "".join(
                f"  g{n}: {{name: group {n}, nodes: {json.dumps(ids[n * 9 : n * 9 + 5])}}}\n"
                for n in range(5)
            ),
        )
        _write(
            folder / "site_src" / "write-ups" / f"{slug}.md",
            f"---\ntitle: Graph {number}\ndate: 2026-01-{number % 28 + 1:02d}\n"
            f"tags: [tag-{number % 20}]\n---\n"
            + f"What [this](group:g1) does, in words of number {number}. " * 12
            + "\n",
        )


def write_small_graphs(folder: Path, *, count: int) -> None:
    """Graphs and nothing written about them; the same bytes each time."""
    _write(folder / "site_src" / "site.yaml", "title: Bench\nbase_url: https://example.org/\n")
    listed = ["graphs:"]
    for number in range(count):
        slug, document = f"graph-{number}", graph(number, nodes=SMALL_NODES, links=SMALL_LINKS)
        prompt = json.dumps(document["metadata"]["prompt"])
        listed.append(f"  - {{slug: {slug}, prompt: {prompt}, tags: [tag-{number % 20}]}}")
        _write(folder / "graphs" / slug / "1.json", json.dumps(document))
    _write(folder / "site_src" / "prompts.yaml", "\n".join(listed) + "\n")


def graph(number: int, *, nodes: int = NODES, links: int = LINKS) -> dict[str, Any]:
    """Neurons spread over layers and tokens, words below, one answer above."""
    chance = random.Random(number)
    tokens = [f" word{number + place}" for place in range(TOKENS)]
    spots = sorted((chance.randrange(LAYERS), chance.randrange(TOKENS)) for _ in range(nodes))
    found = [
        _node(f"E_{n}_{n}", "embedding", clerp=f'Embedding "{t}"') for n, t in enumerate(tokens)
    ]
    for index, (layer, place) in enumerate(spots):
        numbers = {
            "influence": round(chance.random(), 5),
            "activation": round(chance.gauss(0, 3), 4),
            "effect": round(chance.gauss(0, 0.1), 5),
        }
        found.append(_node(f"{layer}_{index}_{place}", "neuron", **numbers))
    answer = _node(f"{LAYERS + 1}_7_{TOKENS - 1}", "logit", clerp='Output " so" (p=0.5)')
    found.append(answer | {"token_prob": 0.5, "is_target_logit": True})
    depth = [-1] * TOKENS + [layer for layer, _ in spots] + [LAYERS + 1]
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < links:
        low, high = sorted(chance.sample(range(len(found)), 2))
        if depth[low] < depth[high]:
            pairs.add((low, high))
    weights = [round(chance.lognormvariate(-3, 1.5), 6) for _ in pairs]
    drawn = [
        {"source": found[s]["node_id"], "target": found[t]["node_id"], "weight": weight}
        for (s, t), weight in zip(sorted(pairs), weights, strict=True)
    ]
    metadata = {
        "slug": f"graph-{number}",
        "scan": "bench",
        "prompt_tokens": tokens,
        "prompt": "".join(tokens),
        "node_threshold": 0.8,
    }
    return {"metadata": metadata, "qParams": {}, "nodes": found, "links": drawn}


def _node(node_id: str, kind: str, **fields: Any) -> dict[str, Any]:
    layer, index, place = node_id.split("_")
    return {
        "node_id": node_id,
        "feature": int(index),
        "layer": layer,
        "ctx_idx": int(place),
        "feature_type": kind,
        "jsNodeId": f"{layer}_{index}-{place}",
        "clerp": "",
    } | fields


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
