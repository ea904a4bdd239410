"""Where another program's graph says that details of its features lie, and how they are read.

`feature_json_base_url` holds a file a feature, as circuit-tracer writes them; of a set of
Neuronpedia its interface gives records of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from tracer.documents.annotation_text import one_line
from tracer.documents.exchange.provenance import details_of, web_address
from tracer.documents.feature_examples import FeatureExamples
from tracer.documents.graph import Graph, Node
from tracer.documents.json_text import decode
from tracer.documents.records import first_mistake
from tracer.errors import TracerError

NEURONPEDIA = "https://www.neuronpedia.org"
MOST_TEXTS, AROUND, MOST_WORDS, MOST_BINS = 20, 30, 10, 200  # kept of a record of Neuronpedia's
_LONGEST_NAME = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def neuronpedia_place(graph: Graph, node: Node) -> str | None:
    """The model, source and index by which Neuronpedia knows a feature, as they stand in its
    addresses; None where the graph names no set that is there."""
    model, found = graph.metadata.scan, details_of(graph).get("neuronpedia_source_set")
    if not isinstance(found, str) or not _NAME.match(found) or not _NAME.match(model):
        return None
    if node.index is None or node.kind != "feature":
        return None
    return f"{quote(model)}/{quote(f'{node.layer_number}-{found}/{node.index}')}"


def details_address(graph: Graph, node: Node) -> str | None:
    """Where the details of one feature can be fetched; None where the graph does not say."""
    if node.kind != "feature" or node.feature is None:
        return None
    base = web_address(details_of(graph).get("feature_json_base_url"))
    if base is not None:
        return f"{base.rstrip('/')}/{node.feature}.json"
    place = neuronpedia_place(graph, node)
    return None if place is None else f"{NEURONPEDIA}/api/feature/{place}"


def read_details(text: str, address: str, number: int) -> FeatureExamples:
    """A feature's record from what an address gave; `number` is what the graph calls it.

    Raises TracerError where it is neither of the two formats."""
    data = decode(text, Path(address), hint="the address gives no feature's details")
    if isinstance(data, dict) and "activations" in data and "examples_quantiles" not in data:
        data = _of_neuronpedia(data)
    if not isinstance(data, dict):
        raise TracerError(f"{address}: not a feature's details")
    try:
        return FeatureExamples.model_validate({**data, "index": number})
    except ValidationError as error:
        what = f"{address}: not a feature's details: {first_mistake(error)}"
        raise TracerError(what) from None


def _of_neuronpedia(data: Mapping[str, Any]) -> dict[str, Any]:
    """Its strongest texts, the words it promotes, how often and how strongly it is active, and what
    a language model called it."""
    examples = [one for one in map(_example, _list(data.get("activations"))) if one is not None]
    examples.sort(key=lambda one: -max(one["tokens_acts_list"]))
    found: dict[str, Any] = {
        "examples_quantiles": [
            {"quantile_name": "Strongest, by Neuronpedia", "examples": examples[:MOST_TEXTS]}
        ],
        "top_logits": _words(data.get("pos_str")),
        "bottom_logits": _words(data.get("neg_str")),
        "act_max": _number(data.get("maxActApprox")),
        "activation_frequency": _number(data.get("frac_nonzero")),
        "suggestion": _suggestion(_list(data.get("explanations"))),
    }
    return found | _histogram(data)


def _example(data: Any) -> dict[str, Any] | None:
    """Some tokens around the strongest one."""
    tokens, values = (_list(_get(data, name)) for name in ("tokens", "values"))
    numbers = [_number(value) for value in values]
    if not tokens or len(tokens) != len(values) or None in numbers:
        return None
    if not all(isinstance(token, str) for token in tokens):
        return None
    acts = [float(value) for value in numbers if value is not None]
    at = acts.index(max(acts))
    part = slice(max(0, at - AROUND), at + AROUND + 1)
    return {"tokens": tokens[part], "tokens_acts_list": acts[part]}


def _suggestion(explanations: Sequence[Any]) -> dict[str, Any] | None:
    for one in explanations:
        name, by = _get(one, "description"), _get(one, "explanationModelName")
        if isinstance(name, str) and (said := one_line(name)[:_LONGEST_NAME]):
            who = one_line(by)[:_LONGEST_NAME] if isinstance(by, str) and by else "Neuronpedia"
            return {"name": said, "from": "texts", "by": who, "confident": False}
    return None


def _histogram(data: Mapping[str, Any]) -> dict[str, Any]:
    """Counts between equal steps, where the middles of bars are told."""
    middles, heights = (
        [_number(one) for one in _list(data.get(f"freq_hist_data_bar_{name}"))]
        for name in ("values", "heights")
    )
    if not 2 <= len(middles) == len(heights) <= MOST_BINS or None in [*middles, *heights]:
        return {}
    known = [one for one in middles if one is not None]
    half = (known[-1] - known[0]) / (len(known) - 1) / 2
    return {"histogram": heights, "act_min": known[0] - half, "act_max": known[-1] + half}


def _words(words: Any) -> list[str]:
    return list(islice((one for one in _list(words) if isinstance(one, str)), MOST_WORDS))


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _get(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None
