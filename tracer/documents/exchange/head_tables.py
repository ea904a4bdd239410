"""What attention heads carried and where they looked, as two tables more of a graph's CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracer.documents.annotations import Annotations
from tracer.documents.graph import Graph
from tracer.documents.head_names import PREFIX
from tracer.documents.parts.heads import Heads
from tracer.documents.prompt_words import START, word_of

CARRIED_COLUMNS = ("head", "label", "source", "target", "carried", "flow", "in_place")
LOOK_COLUMNS = (
    *("head", "label", "to", "to_token", "from", "from_tokens", "weight", "adds"),
    *("predicted", "actual", "probability", "score", "others"),
)
ANSWER, OTHERS, NO_GROUP = "the answer", "the other words", "no group"

Cell = str | float | None


def carried(graph: Graph, annotations: Annotations, heads: Heads) -> Iterator[Sequence[Cell]]:
    """A row for each head of each flow."""
    words = word_of(graph.metadata.prompt_tokens)
    groups = [_group(graph, annotations, one) for one in heads.groups]
    sources = [*groups, *(words[one[0]] if one else "" for one in heads.words), OTHERS, START]
    targets = [*groups, ANSWER]
    for flow in heads.flows:
        ends = (sources[flow.source], targets[flow.target])
        for head, value in flow.heads:
            yield head, _label(annotations, head), *ends, value, flow.flow, flow.in_place


def looks(graph: Graph, annotations: Annotations, heads: Heads) -> Iterator[Sequence[Cell]]:
    """A row for each look that was tried."""
    tokens = graph.metadata.prompt_tokens
    for one in heads.looks:
        yield (
            one.head,
            _label(annotations, one.head),
            one.to,
            tokens[one.to],
            " ".join(map(str, one.keys)),
            "".join(tokens[at] for at in one.keys),
            *(one.weight, one.adds, one.predicted, one.actual, one.probability),
            *((one.why.score, one.why.others) if one.why else (None, None)),
        )


def _label(annotations: Annotations, head: str) -> str | None:
    label = annotations.labels.get(PREFIX + head)
    return label.text if label else None


def _group(graph: Graph, annotations: Annotations, nodes: Sequence[str]) -> str:
    """What people call it, or the box that it is."""
    members = annotations.group_members(graph.node_ids)
    info = graph.metadata.tracer
    boxes = info.account.boxes if info and info.account else ()
    known = [(annotations.groups[key].name, ids) for key, ids in members.items()]
    known += [(box.name, list(box.nodes)) for box in boxes]
    return next((name for name, ids in known if set(ids) == set(nodes)), NO_GROUP)
