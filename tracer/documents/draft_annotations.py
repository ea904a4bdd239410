"""Annotations to begin from: names by rule, groups of features that read and push alike, claims.

A draft is a person's to edit. What it says nobody has checked, and it says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from tracer.documents.annotation_text import annotations_text, one_line, yaml_quoted, yaml_scalar
from tracer.documents.annotations import Annotations, Group, Label
from tracer.documents.feature_examples import Suggestion, feature_key
from tracer.documents.graph import Graph, Node
from tracer.documents.node_words import automatic_name
from tracer.documents.references import slug_from
from tracer.documents.schemas import schema_header

BY = "suggested by rule"
NAMES = 20  # of the strongest features
STRONGEST = 80  # features that groups are made of
GROUPS, SMALLEST = 8, 3
ALIKE = 0.5  # of 1, so much must two have in common, on average over their groups
BOUND = 0.5  # of the effect that a graph predicts, a claim asks for so much
LEAST_CLAIMED = 0.1  # logits
_LONGEST_NAME = 200
_LONGEST_KEY = 50
_HEAD = """\
# A draft by `tracer suggest`: names, groups and claims by rule, which nobody has checked. Change
# them, take away what you do not mean, and say `by:` yourself; then run `tracer verify`.
"""


def draft_annotations(
    graph: Graph, revision: int, suggested: Mapping[str, Suggestion], named: Sequence[str] = ()
) -> str:
    """The text of an annotation file for a graph. `suggested` are names by feature; `named` are
    features and nodes that have one from a person."""
    ranked = sorted(_features(graph), key=lambda node: -abs(node.effect or 0.0))
    labels: dict[str, Label] = {}
    for node in ranked:
        key = feature_key(node.node_id)
        known = key in named or node.node_id in named or key in labels
        if len(labels) < NAMES and not known and (label := _label(node, suggested.get(key))):
            labels[key] = label
    groups = dict(_keyed(_alike(ranked[:STRONGEST])))
    said = {key: one.group for key, one in groups.items()}
    text = annotations_text(Annotations(revision=revision, labels=labels, groups=said))
    claims = "\n".join(_claims(graph, groups))
    claimed = f"claims:\n{claims}\n" if claims else ""
    return f"{schema_header('annotations')}{_HEAD}{text}{claimed}"


def _features(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.kind == "feature"]


def _label(node: Node, suggestion: Suggestion | None) -> Label | None:
    if suggestion is not None and bool(suggestion.below) == ((node.activation or 0.0) < 0):
        sure = "medium" if suggestion.confident else "low"
        score = "" if suggestion.auroc is None else f" (AUROC {suggestion.auroc:.2f})"
        note = f"From texts{score}; here it is {node.automatic_name or 'not known'}."
        return _named(suggestion.name, sure, note)
    return _named(node.automatic_name, "low", "From what it reads and pushes in this graph.")


def _named(name: str | None, confidence: str, note: str) -> Label | None:
    text = one_line(name or "")[:_LONGEST_NAME].strip()
    if not text:
        return None
    fields = {"text": text, "by": BY, "confidence": confidence, "note": one_line(note)}
    return Label.model_validate(fields)


@dataclass(frozen=True)
class _Drafted:
    """A group, what it is called, and the sum of its members' effects, in logits."""

    group: Group
    effect: float


def _alike(nodes: Sequence[Node]) -> list[list[Node]]:
    """Groups of features that push the answer one way and read and push alike, the strongest
    first: two are joined while their members have half in common on average."""
    groups = [[node] for node in nodes if node.effect and (node.reads or node.pushes)]
    common = {
        (one.node_id, other.node_id): _in_common(one, other)
        for first in groups
        for one in first
        for second in groups
        for other in second
    }

    def between(first: Sequence[Node], second: Sequence[Node]) -> float:
        pairs = [common[one.node_id, other.node_id] for one in first for other in second]
        return sum(pairs) / len(pairs)

    while len(groups) > 1:
        pairs = ((a, b) for b in range(len(groups)) for a in range(b))
        best, first, second = max(
            (between(groups[a], groups[b]), -a, -b) for a, b in pairs
        )  # of equals those of the strongest
        if best < ALIKE:
            break
        groups[-first] += groups.pop(-second)
    large = [group for group in groups if len(group) >= SMALLEST]
    return sorted(large, key=lambda group: -abs(_effect(group)))[:GROUPS]


def _in_common(one: Node, other: Node) -> float:
    """From 0 to 1: half for what they read, half for the words that they push."""
    if (one.effect or 0.0) * (other.effect or 0.0) <= 0:
        return 0.0
    first, second = ({read.word: abs(read.share) for read in node.reads} for node in (one, other))
    reads = sum(min(share, second.get(word, 0.0)) for word, share in first.items())
    most = max(sum(first.values()), sum(second.values()))
    pushed, others = {*one.pushes}, {*other.pushes}
    pushes = len(pushed & others) / max(len(pushed | others), 1)
    return (reads / most if most else 0.0) / 2 + pushes / 2


def _effect(nodes: Sequence[Node]) -> float:
    return sum(node.effect or 0.0 for node in nodes)


def _keyed(groups: Sequence[Sequence[Node]]) -> Iterator[tuple[str, _Drafted]]:
    taken: set[str] = set()
    for nodes in groups:
        name = one_line(_name(nodes))[:_LONGEST_NAME].strip() or "group"
        plain = (slug_from(name) or "group")[:_LONGEST_KEY].strip("-")
        keys = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        key = next(one for one in keys if one not in taken)
        taken.add(key)
        ids = tuple(node.node_id for node in nodes)
        yield key, _Drafted(Group(name=name, nodes=ids, by=BY), _effect(nodes))


def _name(nodes: Sequence[Node]) -> str:
    """What its strongest member reads, and the words that most of them push."""
    pushed = [word for node in nodes for word in node.pushes]
    ranked = sorted(dict.fromkeys(pushed), key=lambda word: -pushed.count(word))
    return automatic_name(nodes[0].reads, ranked) or nodes[0].node_id


def _claims(graph: Graph, groups: Mapping[str, _Drafted]) -> Iterator[str]:
    """Without a group the answer's lead changes by half of what the graph predicts, or more."""
    info = graph.metadata.tracer
    question = info.question if info else None
    if question is None or question.kind not in ("target", "contrast"):
        return
    versus = f", versus: {yaml_quoted(question.contrast[0])}" if question.contrast else ""
    for key, one in groups.items():
        bound = round(BOUND * abs(one.effect), 2)
        if bound < LEAST_CLAIMED:
            continue
        way = "falls" if one.effect > 0 else "rises"
        bounded = f"lead_{way}_by: {bound}" if versus else _of_probability(one.effect, bound)
        expect = f"{{token: {yaml_quoted(question.target)}{versus}, {bounded}}}"
        yield (
            f"  - {{id: {key}-counts, ablate: {key}, expect: {expect}, holds: true, "
            f"by: {yaml_scalar(BY)}}}"
        )


def _of_probability(effect: float, bound: float) -> str:
    """Without a contrast there is no lead: a small change of the probability."""
    return f"p_falls_by: {min(bound, 0.2)}" if effect > 0 else f"p_rises_by: {min(bound, 0.2)}"
