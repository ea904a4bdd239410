"""Graphs, examples and evidence with payloads wherever models and other programs write text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.builders import make_graph
from tests.foreign_graphs import error, foreign_graph, foreign_node
from tests.xss.texts import Payload
from tracer.documents.evidence import Evidence
from tracer.documents.exchange.import_graph import import_graph
from tracer.documents.exchange.share_link import IncomingGraph, ShareLink
from tracer.documents.graph import Graph, load_graph
from tracer.documents.resolved_claims import annotations_in, find_in, resolve_claim
from tracer.errors import TracerError


@dataclass
class Placed:
    """Which payloads stand in which field; those that were refused there are not among them."""

    pairs: set[tuple[int, str]] = field(default_factory=set)
    refused: set[tuple[int, str]] = field(default_factory=set)

    def add(self, name: str, payloads: Iterable[Payload]) -> None:
        self.pairs |= {(number, name) for number, _ in payloads}

    def refuse(self, name: str, payloads: Iterable[Payload]) -> None:
        self.refused |= {(number, name) for number, _ in payloads}


class Documents:
    """Writes documents below a gallery's `root`."""

    def __init__(self, root: Path, placed: Placed):
        self.root = root
        self.placed = placed

    def graph(self, slug: str, chunk: Sequence[Payload]) -> None:
        """A graph of ours: what models and their tokens are called, and what they say."""
        all_of_it = " ".join(text for _, text in chunk)
        info = json.loads(make_graph().to_json())["metadata"]["tracer"]
        info["model"]["name"] = all_of_it
        info["model"]["family"] = all_of_it
        info["features"]["source"] = slug
        info["question"] |= {"target": all_of_it, "contrast": [text for _, text in chunk]}
        info["question"]["contrast_ids"] = list(range(50, 50 + len(chunk)))
        info["answers"] = [
            {"token": text, "token_id": 42 + rank, "probability": 0.5 / (rank + 1), "logit": 9.0}
            for rank, (_, text) in enumerate(chunk)
        ]
        tokens = ["<|endoftext|>", *(text for _, text in chunk), " of", " is", "x", "y", "z"]
        info["token_ids"] = list(range(len(tokens)))
        fields = json.loads(
            make_graph(
                slug=slug, scan=all_of_it, prompt=all_of_it, prompt_tokens=tokens, tracer=info
            ).to_json()
        )
        for node, (_, text) in zip(features_of(fields), around(chunk), strict=False):
            node["clerp"] = text
        Graph.model_validate(fields).save(self.root / "graphs" / slug / "1.json")
        for name in ("model", "family", "target", "contrast", "answer", "token", "scan", "prompt"):
            self.placed.add(f"graph: {name}", chunk)
        self._examples(slug, "1_3", chunk)

    def foreign(self, slug: str, chunk: Sequence[Payload]) -> None:
        """Another program's: ids, kinds and names of nodes, supernodes, metadata."""
        fields = foreign_graph()
        all_of_it = " ".join(text for _, text in chunk)
        tokens = [text for _, text in chunk]
        fields["metadata"] |= {
            "slug": all_of_it,
            "scan": all_of_it,
            "prompt": all_of_it,
            "prompt_tokens": tokens,
            "title_prefix": all_of_it,
            "info": dict.fromkeys(("creator_name", "creator_url", "source_urls"), all_of_it),
            "generator": dict.fromkeys(("name", "version", "url", "git_hash"), all_of_it),
            "feature_details": dict.fromkeys(("neuronpedia_source_set",), all_of_it),
        }
        named = [
            foreign_node(f"2_{rank}_0", clerp=text, node_id=f"2_{text}_0", jsNodeId=text)
            | {"ppClerp": text, "localClerp": text, "remoteClerp": text, "feature_type": kind}
            for rank, (_, text) in enumerate(chunk)
            for kind in ["cross layer transcoder" if rank % 2 else f"cross layer transcoder {text}"]
        ]
        answers = [
            foreign_node(f"6_{50 + rank}_0", "logit", clerp=text, token_prob=0.1)
            for rank, (_, text) in enumerate(chunk)
        ]
        empty = [
            foreign_node(f"E_{rank}_{rank}", "embedding", clerp=text)
            for rank, (_, text) in enumerate(chunk)
        ]
        fields["nodes"] = [*named, *answers, *empty, error("0_2_0", "2", clerp=all_of_it)]
        ids = [node["node_id"] for node in fields["nodes"]]
        fields["qParams"] = {
            "linkType": all_of_it,
            "pinnedIds": [*ids, *tokens],
            "clickedId": ids[0],
            "supernodes": [[text, one] for text, one in zip(tokens, ids, strict=False)],
            "clerps": [[one, text] for text, one in zip(tokens, ids, strict=False)],
            "sg_pos": all_of_it,
        }
        fields["links"] = [
            {"source": empty[0]["node_id"], "target": one["node_id"], "weight": 1.0}
            for one in [*named, *answers]
        ]
        graph = Graph.model_validate(fields)
        graph.save(self.root / "graphs" / slug / "1.json")
        self._imported(f"i{slug}", graph, ids, chunk)
        names = "slug scan prompt token title generator creator node-id kind name answer embedding"
        for name in f"{names} supernode clerp pinned".split():
            self.placed.add(f"foreign: {name}", chunk)

    def _examples(self, source: str, key: str, chunk: Sequence[Payload]) -> None:
        texts = [text for _, text in chunk]
        document = {
            "index": 3,
            "found_in": {"texts": texts, "tokens": 9},
            "suggestion": {"name": texts[0], "from": texts[-1], "confident": False},
            "shares": [
                {"language": text, "kind": text, "share": 1, "of_texts": 1} for text in texts
            ],
            "top_logits": texts,
            "bottom_logits": texts,
            "examples_quantiles": [
                {
                    "quantile_name": text,
                    "examples": [{"tokens": texts, "tokens_acts_list": [1.0] * len(texts)}],
                }
                for text in texts
            ],
        }
        file = self.root / "features" / source / f"{key}.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(document), encoding="utf-8")
        for name in ("token", "logit", "quantile", "text's name", "quantile's name", "share"):
            self.placed.add(f"example: {name}", chunk)
        self.placed.add("example: suggestion", (chunk[0], chunk[-1]))

    def _imported(
        self, slug: str, graph: Graph, ids: Sequence[str], chunk: Sequence[Payload]
    ) -> None:
        """The same as `tracer import` brings it in, with what a share link says of it."""
        tokens = [text for _, text in chunk]
        work = {
            "slug": tokens[0],
            "pinnedIds": ",".join([ids[0], *tokens]),
            "supernodes": json.dumps([[text, one] for text, one in zip(tokens, ids, strict=False)]),
            "clerps": json.dumps([[one, text] for text, one in zip(tokens, ids, strict=False)]),
        }
        link = ShareLink.parse(f"https://example.org/m/graph?{urlencode(work)}")
        found = IncomingGraph(graph.to_json(), Path("foreign.json"), link)
        names = [f"share link: {name}" for name in ("slug", "pin", "supernode", "clerp")]
        try:
            import_graph(found, self.root, slug=slug)
        except TracerError:
            for name in names:
                self.placed.refuse(name, chunk)
        else:
            for name in names:
                self.placed.add(name, chunk)

    def plain(self, slug: str, payload: Payload) -> None:
        """A graph that says nothing, for what people say about it."""
        info = json.loads(make_graph().to_json())["metadata"]["tracer"]
        info["features"]["source"] = slug
        make_graph(slug=slug, tracer=info).save(self.root / "graphs" / slug / "1.json")

    def evidence(self, slug: str, payload: Payload) -> None:
        """What became of each claim that is left, with the payload wherever a model speaks."""
        said = payload[1]
        file = self.root / "graphs" / slug / "1.json"
        graph, annotations = load_graph(file), annotations_in(self.root, slug)
        find = find_in(self.root)
        hashes = [resolve_claim(one, graph, annotations, find).hash for one in annotations.claims]
        likely = [{"token": said, "probability": 0.5}]
        claims = [
            {
                "id": claim.id,
                "claim": found,
                "verdict": "holds",
                "bound_met": True,
                "seed": 1,
                "changes": [{"node": "1_3_4", "before": 1.0, "after": 0.0}],
                "measures": [_measure("probability"), _measure("lead"), _measure("continuation")],
                "before": likely,
                "after": likely,
                "continuation_before": said,
                "continuation_after": said,
            }
            for claim, found in zip(annotations.claims, hashes, strict=True)
        ]
        fields = {
            "graph_id": "0" * 64,
            "versions": dict.fromkeys(("tracer", "torch", "transformers", "precision"), said),
            "faithfulness": _faithfulness(said),
            "exchange": _exchange(said),
            "curve": _curve(said),
            "claims": claims,
        }
        Evidence.model_validate(fields).save(file.with_suffix(".evidence.json"))
        for name in ("version", "node", "prompt", "answer"):
            self.placed.add(f"evidence: {name}", [payload])
        if claims:
            for name in ("token", "continuation"):
                self.placed.add(f"evidence: {name}", [payload])


def _exchange(said: str) -> dict[str, Any]:
    point = {"features": 10, "enough": 0.5, "needed": 0.4, "turns_there": True, "turns_here": False}
    pair = {"prompt": said, "answer": said, "other": said, "other_id": 4}
    pair |= {"lead": 2.0, "lead_there": -1.0, "seed": 1}
    curves = {"curve": [point], "middle": [point], "circuit_nodes": ["1_3_4"]}
    return {**pair, "changed": [2], "early_layers": 1, "late_layers": 1, **curves}


def _curve(said: str) -> dict[str, Any]:
    point = {"share": 1.0, "parts": 920, "supporters": 1.0, "strongest": 1.0}
    pair = {"prompt": said, "answer": said, "other": said, "other_id": 4}
    pair |= {"lead": 2.0, "lead_there": -1.0, "seed": 1}
    return {**pair, "parts": 920, "words": 1, "points": [point], "cpr": 1.2, "cmd": 0.1}


def _measure(quantity: str) -> dict[str, Any]:
    values = {"before": 0.8, "after": 0.1, "controls": [0.7] * 20, "beaten": 20}
    return {"quantity": quantity, **values}


def _faithfulness(said: str) -> dict[str, Any]:
    part = {
        "ablated": 2,
        "predicted": -1.5,
        "value": 1.0,
        "probability": 0.2,
        "control_values": [3.0],
        "control_probabilities": [0.7],
    }
    numbers = {"predicted": -0.6, "actual": -0.5, "probability": 0.6, "control": None}
    return {
        "unit": "logits",
        "value": 3.7,
        "probability": 0.81,
        "seed": 1,
        "nodes": [{"node": one, **numbers} for one in ("1_3_4", said)],
        "correlation": 0.8,
        "slope": -0.5,
        "circuit": "groups",
        "circuit_nodes": ["1_3_4", said],
        "necessity": part,
        "sufficiency": part,
    }


def features_of(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in fields["nodes"] if node["feature_type"] == "neuron"]


def around(chunk: Sequence[Payload]) -> Iterator[Payload]:
    while True:
        yield from chunk
