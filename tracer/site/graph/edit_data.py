"""The file that lets the viewer edit: the annotations as written, and what a circuit is made of.

`assets/viewer/editing/editing.js` is its one reader. It is fetched after the graph is shown.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tracer.documents.claims import reference
from tracer.documents.graph import Graph, significant
from tracer.documents.parts.parts import flows_file, words_file
from tracer.documents.prompt_words import input_names
from tracer.documents.yaml_spans import spans
from tracer.site.circuit.account_circuit import MOST_INTO_A_BOX as MOST_FLOWS_INTO_A_BOX
from tracer.site.circuit.account_circuit import WEAKEST_SHARE as WEAKEST_FLOW
from tracer.site.circuit.account_circuit import sources_of
from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.lines import MOST_INTO_A_BOX, MOST_INTO_THE_ANSWER, WEAKEST_SHARE
from tracer.site.content.entry import Entry
from tracer.site.content.forge import annotation_file
from tracer.site.wording.answers import target_node
from tracer.site.wording.effects import effects_on, strengthening
from tracer.site.wording.tokens import words

FORMAT = 2
_GROUP_LINK = re.compile(r"\]\(group:([a-z0-9-]+)")
_DEPTH = 5  # the file, its sections, their entries, an entry's fields, a group's nodes
_DIGITS = 4


def encode(entry: Entry, circuit: Circuit | None) -> bytes:
    """Everything about one graph's annotation file, whether it is there or not."""
    source = entry.annotation_source
    text = None if source is None else source.written
    document = {
        "format": FORMAT,
        "slug": entry.slug,
        "revision": entry.revision,
        "file": annotation_file(entry.slug),
        "text": text,
        "tree": None if text is None else spans(text, depth=_DEPTH),
        "annotations": entry.said.model_dump(
            mode="json", exclude_none=True, include={"labels", "groups", "pins"}
        ),
        "shared": {
            key: label.model_dump(mode="json", exclude_none=True)
            for key, label in entry.annotations.labels.items()
            if key not in entry.said.labels
        },
        "named": _named(entry),
        "circuit": circuit_facts(entry.graph, circuit, entry.revision) if circuit else None,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _named(entry: Entry) -> dict[str, Any]:
    """The groups that something else names, by key: the claims' ids, and whether a text links."""
    said = entry.said
    texts = [one.text for one in said.counterpoints]
    for section in (said.labels.values(), said.groups.values(), said.claims):
        texts += [one.note or "" for one in section]
    if entry.write_up is not None:
        texts.append(entry.write_up.body)
    linked = {key for text in texts for key in _GROUP_LINK.findall(text)}
    claims: dict[str, list[str]] = {}
    for claim in said.claims:
        named = {reference(target).group for _, target in claim.targets()}
        for key in said.groups.keys() & named:
            claims.setdefault(key, []).append(claim.id)
    return {
        key: {"claims": claims.get(key, []), "linked": key in linked}
        for key in said.groups
        if key in claims or key in linked
    }


def circuit_facts(graph: Graph, circuit: Circuit, revision: int) -> dict[str, Any]:
    """What runs along a link of the viewer's data is its weight times the `gain` of its target."""
    stated = effects_on(graph, circuit.answer.parts[0].nodes).gain
    gain = [
        strengthening(stated[node.node_id], node) if node.node_id in stated else 0.0
        for node in graph.nodes
    ]
    prompt = words(graph.metadata.prompt_tokens)
    word_at = {p: number for number, word in enumerate(prompt) for p in word.positions}
    account = _account(graph, circuit, revision)
    return {
        "automatic": circuit.automatic,
        "target": target.node_id if (target := target_node(graph)) else None,
        "gain": [significant(one, _DIGITS) for one in gain],
        "wordAt": [word_at.get(p, -1) for p in range(len(graph.metadata.prompt_tokens))],
        "weakest": WEAKEST_FLOW if account else WEAKEST_SHARE,
        "intoABox": MOST_FLOWS_INTO_A_BOX if account else MOST_INTO_A_BOX,
        "intoTheAnswer": MOST_INTO_THE_ANSWER,
        **account,
    }


def _account(graph: Graph, circuit: Circuit, revision: int) -> dict[str, Any]:
    """Where the packed parts are, and which nodes flow in without being words."""
    info = graph.metadata.tracer
    if info is None or info.account is None:
        return {}
    order = {one: index for index, one in enumerate(graph.node_ids)}
    file = Path(f"{revision}.json")
    sources = {
        box.key: [order[one] for one in box.parts[0].nodes] for box in sources_of(graph, set())
    }
    return {
        "account": {
            "graphId": info.graph_id,
            "flows": flows_file(file).name,
            "words": words_file(file).name,
            "inputs": input_names(graph.node_ids, graph.metadata.prompt_tokens),
            "unit": info.account.unit,
            "quantity": info.account.quantity,
            "held": info.account.links_hold,
            "sources": sources,
        }
    }
