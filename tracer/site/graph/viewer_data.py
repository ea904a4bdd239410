"""The file the interactive viewer loads: one graph and what people say about it, as columns.

`assets/viewer/graph/graph.js` is its one reader. It is JSON, because every static host compresses
that, and holds columns, because those compress well:

- nodes keep the graph's order, and everything else points at them by index;
- a link's weight is positive where it strengthens what its target does, also where that is active
  below zero: nothing else has to know of it;
- links are ordered by (target, source): a count per target, then each source as the distance to the
  source before it, in base-64 digits of five bits, lowest first, the sixth bit meaning "more";
- a weight is four decimal digits in `digits` and one base-64 character in `scales`, which is twice
  the power of ten above `lowest`, plus one when negative. Weights more than 31 powers of ten below
  the largest become zero.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import Faithfulness
from tracer.documents.exchange.answer_label import own_label, stated_answers
from tracer.documents.exchange.csv_tables import DIGITS, LINK_COLUMNS, NODE_COLUMNS
from tracer.documents.exchange.neuronpedia_file import keyed_groups, pinned
from tracer.documents.feature_examples import feature_key
from tracer.documents.feature_source import feature_source, numbering
from tracer.documents.graph import NEURON, Graph, Node, significant
from tracer.documents.parts.flows import Flows
from tracer.site.content.other_names import other_names
from tracer.site.graph.account_data import account_data
from tracer.site.graph.tried import GroupTried
from tracer.site.wording.answers import asked_instead, target_node
from tracer.site.wording.effects import strengthening

FORMAT = 2
KINDS = ("feature", "error", "embedding", "logit")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_MARKDOWN = MarkdownIt("commonmark")
_POWERS = len(ALPHABET) // 2


def encode(
    graph: Graph,
    annotations: Annotations,
    measured: Faithfulness | None = None,
    *,
    columns: Mapping[str, Any] | None = None,
    flows: Flows | None = None,
    tried: Mapping[str, GroupTried] | None = None,
    slug: str | None = None,
    features: str = "",
    examples: Collection[str] = (),
    pages: bool = False,
) -> bytes:
    """The viewer's data file; the same graph and annotations always give the same bytes.

    `columns` are `columns_of` the graph, where they are known. `flows` are all flows of a graph
    that keeps an account, where its file is there; `tried` are the groups that a claim takes away.
    `slug` is the graph's in this gallery; its own may be another. `examples` are the keys of
    features with a file of examples, and `features` leads from the data file to the folder that
    holds one folder for each feature source. Where there are `pages`, every feature has one.
    """
    order = {node_id: index for index, node_id in enumerate(graph.node_ids)}
    document = {
        "format": FORMAT,
        "meta": _meta(graph) | ({"slug": slug} if slug else {}),
        "nodes": _nodes(graph, annotations),
        **(columns_of(graph) if columns is None else columns),
        "groups": _groups(graph, annotations, order),
        "pins": _pins(graph, annotations, order),
        "answers": answer_rows(graph),
        "ablations": _ablations(measured, order),
    }
    if tried:
        document["tried"] = [_tried(one, order) for one in tried.values()]
    if account := account_data(graph, flows):
        document["account"] = account
    known = {feature_key(node.node_id) for node in graph.nodes if node.kind == "feature"}
    with_examples = sorted(known & set(examples))
    if with_examples or pages:
        folder = f"{features}{feature_source(graph)}/"
        document["examples"] = {"folder": folder, "keys": with_examples, "pages": pages}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def columns_of(graph: Graph) -> dict[str, Any]:
    """The larger part of the data: what stays as it is whatever people say about the graph."""
    return {
        "otherNames": other_names(graph, _asked_feature(graph)),
        "links": _links(graph),
        "tables": _tables(graph),
    }


def _meta(graph: Graph) -> dict[str, Any]:
    tracer, asked, target = graph.metadata.tracer, asked_instead(graph), target_node(graph)
    neurons = any(node.feature_type == NEURON for node in graph.nodes)
    return {
        "slug": graph.metadata.slug,
        "prompt": graph.metadata.prompt,
        "tokens": graph.metadata.prompt_tokens,
        "model": tracer.model.full_name if tracer else graph.metadata.scan,
        "source": feature_source(graph),
        "numbering": numbering(graph),
        "noun": "neuron" if neurons else "feature",
        "target": tracer.question.target if tracer and not asked else None,
        "asked": asked,
        "contrast": tracer.question.contrast if tracer else (),
        "answer": graph.node_ids.index(target.node_id) if target else None,
        "replacement": significant(tracer.scores.replacement) if tracer and tracer.scores else None,
    }


def _nodes(graph: Graph, annotations: Annotations) -> dict[str, Any]:
    nodes, asked = graph.nodes, _asked_feature(graph)
    labels = [annotations.label_of(node.node_id) for node in nodes]
    names = [node.index if node.index is not None else -1 for node in nodes]
    regular = [_regular_id(node, name) for node, name in zip(nodes, names, strict=True)]
    return {
        "kinds": [KINDS.index(_drawn_kind(node, asked)) for node in nodes],
        "layers": [node.layer_number for node in nodes],
        "names": names,
        "positions": [node.ctx_idx for node in nodes],
        "ids": [[i, n.node_id] for i, n in enumerate(nodes) if n.node_id != regular[i]],
        "activation": [_number(node.activation) for node in nodes],
        "influence": [_number(node.influence) for node in nodes],
        "effect": [_number(node.effect) for node in nodes],
        "labels": [
            label.text if label else _given_name(node)
            for node, label in zip(nodes, labels, strict=True)
        ],
        "bylines": [
            [i, label.by, label.confidence, _plain(label.note)]
            for i, label in enumerate(labels)
            if label
        ],
    }


def _drawn_kind(node: Node, asked: Node | None) -> str:
    """What is there for every prompt stands among the words, also what is no embedding."""
    if node is asked:
        return "logit"
    return "embedding" if node.kind == "error" and node.layer_number < 0 else node.kind


def _given_name(node: Node) -> str | None:
    """The graph's own name for a node, unless nobody gave it."""
    own = own_label(node)
    return None if own is not None and own == node.automatic_name else own


def _regular_id(node: Node, name: int) -> str:
    return f"{'E' if node.layer_number < 0 else node.layer_number}_{name}_{node.ctx_idx}"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else significant(value, DIGITS)


def _plain(markdown: str | None) -> str | None:
    """A note's words without their markup, one paragraph a line: the viewer shows text only."""
    if markdown is None:
        return None
    blocks = [token.children for token in _MARKDOWN.parse(markdown) if token.children]
    return "\n".join(
        "".join(" " if piece.type.endswith("break") else piece.content for piece in block)
        for block in blocks
    )


def _links(graph: Graph) -> dict[str, Any]:
    order = {node_id: index for index, node_id in enumerate(graph.node_ids)}
    ends = sorted((order[one.target], order[one.source], one.weight) for one in graph.links)
    counts = [0] * len(order)
    sources, last = [], [0] * len(order)
    for target, source, _ in ends:
        counts[target] += 1
        sources.append(_variable(source - last[target]))
        last[target] = source
    signs = [strengthening(1.0, node) for node in graph.nodes]
    weights = [weight * signs[target] for target, _, weight in ends]
    return {"counts": counts, "sources": "".join(sources)} | _weights(weights)


@lru_cache(maxsize=4096)
def _variable(value: int) -> str:
    digits = ""
    while value > 31:
        digits += ALPHABET[32 + value % 32]
        value //= 32
    return digits + ALPHABET[value]


def _weights(weights: Sequence[float]) -> dict[str, Any]:
    """Each split: 0.012345 is "1234", four digits, times ten to the power of -5."""
    sizes = [abs(weight) if math.isfinite(weight) else 0.0 for weight in weights]
    written = (f"%.{DIGITS - 1}e " * len(sizes) % tuple(sizes)).split()  # such as 1.234e-02
    mantissas = [text[0] + text[2 : DIGITS + 1] for text in written]
    exponents = [text[DIGITS + 2 :] for text in written]
    power_of = {text: int(text) - DIGITS + 1 for text in set(exponents)}
    powers = [power_of[text] for text in exponents]
    used = {power for power, size in zip(powers, sizes, strict=True) if size}
    lowest = max(min(used), max(used) - _POWERS + 1) if used else 0
    digits, scales = [], []
    for weight, size, mantissa, power in zip(weights, sizes, mantissas, powers, strict=True):
        kept = size and power >= lowest
        digits.append(mantissa if kept else "0000")
        scales.append(ALPHABET[2 * (power - lowest) + (weight < 0)] if kept else ALPHABET[0])
    return {"lowest": lowest, "digits": "".join(digits), "scales": "".join(scales)}


def _groups(graph: Graph, annotations: Annotations, order: Mapping[str, int]) -> list[list[Any]]:
    """Groups that have nodes here, which are as they were listed, and who says so."""
    rows = []
    for key, (name, ids) in keyed_groups(graph, annotations).items():
        group = annotations.groups.get(key)
        by, note = (group.by, _plain(group.note)) if group else (None, None)
        rows.append([key, name, [order[one] for one in ids], by, note])
    return rows


def _tables(graph: Graph) -> dict[str, Any]:
    """What the page's CSV needs and the graph's columns do not say: `sorts` are pairs of kind and
    feature type, `sortOf` the number of each node's own."""
    sorts = [(node.kind, node.feature_type) for node in graph.nodes]
    known = {one: number for number, one in enumerate(dict.fromkeys(sorts))}
    return {
        "nodes": NODE_COLUMNS,
        "links": LINK_COLUMNS,
        "sorts": list(known),
        "sortOf": [known[one] for one in sorts],
    }


def _pins(graph: Graph, annotations: Annotations, order: Mapping[str, int]) -> list[int]:
    return sorted(order[one] for one in pinned(graph, annotations))


def _ablations(measured: Faithfulness | None, order: Mapping[str, int]) -> dict[str, Any] | None:
    """What became of the answer when single nodes were really set to zero: for each the node,
    the predicted change, the real one, the probability then, and its control's change."""
    if measured is None:
        return None
    rows = [
        [order[one.node], *map(_number, (one.predicted, one.actual, one.probability, one.control))]
        for one in measured.nodes
        if one.node in order
    ]
    return {"unit": measured.unit, "before": _number(measured.probability), "rows": rows}


def _tried(found: GroupTried, order: Mapping[str, int]) -> list[Any]:
    """A group that a claim takes away: its nodes, what was measured, before, after, the least and
    the most of the controls, and whether these are shares."""
    one = found.measure
    ends = (min(one.controls), max(one.controls)) if one.controls else (None, None)
    numbers = [_number(value) for value in (one.before, one.after, *ends)]
    return [[order[node] for node in found.nodes], found.of, *numbers, found.share]


def _asked_feature(graph: Graph) -> Node | None:
    """The feature that a graph explains in an answer's place; it is drawn where answers are."""
    target = target_node(graph)
    return target if target is not None and target.kind == "feature" else None


def answer_rows(graph: Graph) -> list[list[Any]]:
    """Each answer node, its token and its probability, likeliest first."""
    if (asked := _asked_feature(graph)) is not None:
        return [[graph.nodes.index(asked), asked_instead(graph), None]]
    order = {node_id: index for index, node_id in enumerate(graph.node_ids)}
    answers = [
        [order[node_id], answer.token, _number(answer.probability)]
        for node_id, answer in stated_answers(graph).items()
    ]
    return sorted(answers, key=lambda answer: (-(answer[2] or 0), answer[0]))
