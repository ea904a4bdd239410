"""A graph summed up: a few boxes of nodes, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import SilencedGroups
from tracer.documents.graph import Graph, Node
from tracer.documents.parts.parts import Parts
from tracer.site.circuit.account_circuit import account_circuit
from tracer.site.circuit.boxes import (
    Box,
    Circuit,
    answer_box,
    describe_members,
    group_box,
    mean_word,
    peoples_groups,
    word_boxes,
)
from tracer.site.circuit.groups_by_place import Segment, automatic_groups
from tracer.site.circuit.lines import Part, all_lines, strongest
from tracer.site.wording.answers import target_node
from tracer.site.wording.effects import effects_on
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import Word, words


def summarise(
    graph: Graph,
    annotations: Annotations,
    parts: Parts | None = None,
    silenced: SilencedGroups | None = None,
) -> Circuit | None:
    """The circuit of a graph, by its groups or automatically; None without an answer node.

    `parts` are what lies beside a graph with an account, `silenced` what became of its groups.
    """
    target = target_node(graph)
    if target is None:
        return None
    info = graph.metadata.tracer
    if info is not None and info.account is not None:
        known = parts or Parts()
        return account_circuit(graph, target, info.account, annotations, known, silenced)
    prompt = words(graph.metadata.prompt_tokens)
    nodes = {node.node_id: node for node in graph.nodes}
    people, named_answer = peoples_groups(graph, target, annotations)
    groups = [
        group_box(key, name, [nodes[one] for one in ids], prompt) for key, name, ids in people
    ]
    answer = answer_box(graph, target, named_answer)
    effects = effects_on(graph, answer.parts[0].nodes)
    automatic = not groups
    if automatic:
        others = {one: effect for one, effect in effects.total.items() if one != target.node_id}
        segments = automatic_groups(graph, others, prompt)
        groups = [_segment_box(segment, nodes, prompt) for segment in segments]
    taken = {one for box in groups for part in box.parts for one in part.nodes}
    foot = tuple(word_boxes(graph, prompt, taken))
    boxes = (*foot, *groups, answer)
    home = {part.key: number for number, box in enumerate(boxes) for part in box.parts}
    lines = strongest(all_lines(graph, [box.parts for box in boxes], effects), home)
    return Circuit(foot, tuple(groups), answer, lines, automatic)


def _segment_box(segment: Segment, nodes: dict[str, Node], prompt: Sequence[Word]) -> Box:
    members = [nodes[one] for half in segment.halves for one in half.nodes]
    parts = tuple(
        Part(
            key=f"{segment.key}-{half.sign}",
            nodes=half.nodes,
            sign=half.sign,
            caption=f"{'+' if half.sign == 'supports' else '−'}{percent(half.share)}",
        )
        for half in segment.halves
    )
    return Box(
        kind="group",
        name=segment.name,
        parts=parts,
        detail=describe_members(members),
        word=mean_word(members, prompt),
        layer=sum(node.layer_number for node in members) / len(members),
        column=segment.column,
    )
