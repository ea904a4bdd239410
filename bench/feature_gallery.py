"""Ten thousand features in fifty graphs, each with a record of texts of about 1.5 KB."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from bench.graph_gallery import graph
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.feature_store import FeatureStore

FEATURES, COUNT, OWN = 10_000, 50, 200
SOURCE = "bench.bench-set"


def write_features(folder: Path) -> None:
    """The same bytes each time. Of a graph's 300 features, 200 stand in it alone."""
    (folder / "site_src").mkdir(parents=True, exist_ok=True)
    (folder / "site_src" / "site.yaml").write_text("title: Bench\n")
    records: dict[str, FeatureExamples] = {}
    for number in range(COUNT):
        document = _renumbered(graph(number), number)
        file = folder / "graphs" / f"graph-{number}" / "1.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document))
        for node in document["nodes"]:
            if node["feature_type"] == "neuron":
                key = node["node_id"].rpartition("_")[0]
                records.setdefault(key, _record(len(records)))
    FeatureStore(folder / "features").save(SOURCE, records)


def _renumbered(document: dict[str, Any], number: int) -> dict[str, Any]:
    """The first 200 features get numbers of their own; the others are those of the first graph."""
    names: dict[str, str] = {}
    shared = [one for one in graph(0)["nodes"] if one["feature_type"] == "neuron"]
    neurons = [one for one in document["nodes"] if one["feature_type"] == "neuron"]
    for at, node in enumerate(neurons):
        layer, index, place = node["node_id"].split("_")
        if at < OWN:
            index = str(1000 + number * OWN + at)
        elif shared[at]["node_id"].split("_")[0] == layer:
            index = shared[at]["node_id"].split("_")[1]
        names[node["node_id"]] = f"{layer}_{index}_{place}"
        node["node_id"] = names[node["node_id"]]
        node["feature"] = int(index)
    for link in document["links"]:
        link["source"] = names.get(link["source"], link["source"])
        link["target"] = names.get(link["target"], link["target"])
    document["metadata"]["feature_details"] = {"neuronpedia_source_set": "bench-set"}
    return document


def _record(number: int) -> FeatureExamples:
    chance = random.Random(number)
    texts = [
        {
            "tokens": [f" word{chance.randrange(3000)}" for _ in range(20)],
            "tokens_acts_list": [round(max(0.0, chance.gauss(-1, 1.5)), 2) for _ in range(20)],
        }
        for _ in range(8)
    ]
    return FeatureExamples.model_validate(
        {
            "index": number,
            "examples_quantiles": [
                {"quantile_name": "Top", "examples": texts[:5]},
                {"quantile_name": "Middle", "examples": texts[5:]},
            ],
            "top_logits": [f" up{chance.randrange(3000)}" for _ in range(10)],
            "bottom_logits": [f" down{chance.randrange(3000)}" for _ in range(10)],
            "act_min": 0.0,
            "act_max": 5.0,
            "histogram": [chance.randrange(1, 900) for _ in range(30)],
            "activation_frequency": 0.02,
            "suggestion": {"name": f"word{number}", "from": "texts", "auroc": 0.9},
        }
    )
