"""Try an intervention: what became of the answer when one thing was taken away, from what was
measured and stored. Nothing is computed for it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tracer.documents.annotations import Annotations
from tracer.documents.evidence import ClaimEvidence, Faithfulness, Measure, NodeAblation
from tracer.documents.graph import Graph
from tracer.documents.parts.heads import Heads, TriedLook
from tracer.documents.resolved_claims import ResolvedClaim
from tracer.site.graph.bars import bars
from tracer.site.graph.claims import measured, tokens_named, with_texts
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import signed
from tracer.site.wording.percent import percent

Became = Sequence[tuple[ResolvedClaim, ClaimEvidence]]


@dataclass(frozen=True)
class Tried:
    """One thing taken away. `change` is in units of the question."""

    name: str
    link: Mapping[str, str]
    before: str
    after: str
    picture: Markup
    change: str
    of: str = ""  # what was measured, where that is not the answer's probability


@dataclass(frozen=True)
class GroupTried:
    """What a claim measured of one group that was taken away, as the viewer shows it."""

    nodes: tuple[str, ...]
    of: str
    measure: Measure

    @property
    def share(self) -> bool:
        return self.measure.quantity == "probability"


@dataclass(frozen=True)
class ShownTried:
    nodes: tuple[Tried, ...]
    groups: tuple[Tried, ...]
    heads: tuple[Tried, ...]
    untried: tuple[tuple[str, str], ...]  # groups that no claim takes away, and how one does
    commands: tuple[tuple[str, str], ...]
    unit: str

    def __bool__(self) -> bool:
        return bool(self.nodes or self.groups or self.heads)


def show_tried(
    graph: Graph,
    annotations: Annotations,
    measured_of: Faithfulness | None,
    became: Became,
    heads: Heads | None,
    steer: str,
) -> ShownTried:
    """`became` are the claims with what came of them, `steer` is the command for this graph."""
    groups = groups_tried(graph, annotations, became)
    members = annotations.group_members(graph.node_ids)
    known = {one.nodes for one in groups.values()}
    nodes = _nodes(graph, measured_of)
    return ShownTried(
        nodes=nodes,
        groups=tuple(_group(annotations.groups[key].name, one) for key, one in groups.items()),
        heads=tuple(_looks(graph, heads)) if heads else (),
        untried=tuple(
            (annotations.groups[key].name, f"{steer} --ablate group:{key}")
            for key, own in members.items()
            if own and tuple(own) not in known
        ),
        commands=tuple(_commands(steer, nodes, list(groups))),
        unit=_unit(graph, measured_of),
    )


def steer_command(slug: str, revision: int | None) -> str:
    """`revision` where it is not the newest."""
    words = ["tracer", "steer", slug]
    return shlex.join([*words, *(["--revision", str(revision)] if revision else [])])


def groups_tried(graph: Graph, annotations: Annotations, became: Became) -> dict[str, GroupTried]:
    """By key the groups that a claim takes away alone. Of several claims the first counts that
    measures the answer's probability, else the first."""
    members, info = annotations.group_members(graph.node_ids), graph.metadata.tracer
    answers = info.answers if info else ()
    found: dict[str, GroupTried] = {}
    for resolved, evidence in became:
        claim, touched = resolved.claim, set(resolved.touched)
        if claim.operation != "ablate" or not evidence.measures:
            continue
        one = next((m for m in evidence.measures if m.quantity == "probability"), None)
        measure = one or evidence.measures[0]
        for key, nodes in members.items():
            better = key not in found or (not found[key].share and one is not None)
            if nodes and touched == set(nodes) and better:
                of = measured(with_texts(claim, answers), measure)
                found[key] = GroupTried(tuple(nodes), of, measure)
    return {key: found[key] for key in members if key in found}


def _unit(graph: Graph, found: Faithfulness | None) -> str:
    info = graph.metadata.tracer
    if found is not None:
        return found.unit
    unit = info.account.unit if info and info.account else "along it"
    return "" if unit == "along it" else unit


def _group(name: str, tried: GroupTried) -> Tried:
    one = tried.measure
    show = _shown(tried.share)
    return Tried(
        name=f"“{name}”",
        link=node_link(tried.nodes),
        before=show(one.before),
        after=show(one.after),
        picture=bars(one.before, one.after, one.controls, share=tried.share),
        change=f"controls {show(min(one.controls))} to {show(max(one.controls))}"
        if one.controls
        else "",
        of=tried.of,
    )


def _nodes(graph: Graph, found: Faithfulness | None) -> tuple[Tried, ...]:
    """The strongest, one by one; without evidence those that were tried when it was traced."""
    if found is not None:
        return tuple(_node(one, found, graph) for one in found.nodes)
    info = graph.metadata.tracer
    account = info.account if info else None
    if account is None or account.trial is None:
        return ()
    return tuple(
        _valued(one.node, account.quantity, one.predicted, one.actual, None, graph)
        for one in account.trial.nodes
    )


def _node(one: NodeAblation, found: Faithfulness, graph: Graph) -> Tried:
    if one.probability is None or found.probability is None:
        return _valued(one.node, found.value, one.predicted, one.actual, one.control, graph)
    return Tried(
        name=_called(one.node, graph),
        link=node_link([one.node]),
        before=percent(found.probability),
        after=percent(one.probability),
        picture=bars(found.probability, one.probability, (), share=True),
        change=_change(one.predicted, one.actual, one.control),
    )


def _valued(
    node: str, value: float, predicted: float, actual: float, control: float | None, graph: Graph
) -> Tried:
    show = _shown(False)
    beside = () if control is None else (value + control,)
    return Tried(
        name=_called(node, graph),
        link=node_link([node]),
        before=show(value),
        after=show(value + actual),
        picture=bars(value, value + actual, beside, share=False),
        change=_change(predicted, actual, control),
    )


def _change(predicted: float, actual: float, control: float | None) -> str:
    said = f"{signed(actual)}, predicted {signed(predicted)}"
    return said if control is None else f"{said}, control {signed(control)}"


def _looks(graph: Graph, heads: Heads) -> Iterable[Tried]:
    tokens = graph.metadata.prompt_tokens
    for one in heads.looks:
        before, after, picture = _look_bars(one, heads)
        yield Tried(
            name=f"{one.head}, from {tokens_named([one.to], tokens)} at "
            f"{tokens_named(one.keys, tokens)}",
            link={"href": f"#head-{one.head}"},
            before=before,
            after=after,
            picture=picture,
            change=_change(one.predicted, one.actual, None),
        )


def _look_bars(one: TriedLook, heads: Heads) -> tuple[str, str, Markup]:
    before, after = heads.probability, one.probability
    if before is None or after is None:
        return "–", "–", Markup("")
    return percent(before), percent(after), bars(before, after, (), share=True)


def _called(node: str, graph: Graph) -> str:
    found = next((one.automatic_name for one in graph.nodes if one.node_id == node), None)
    return f"{node}: {found}" if found else node


def _shown(share: bool) -> Callable[[float], str]:
    return percent if share else lambda value: f"{value:.2f}".replace("-", "−")


def _commands(
    steer: str, nodes: Sequence[Tried], groups: Sequence[str]
) -> Iterable[tuple[str, str]]:
    node = nodes[0].link["data-nodes"] if nodes else "22_580_14"
    yield "take a node away", f"{steer} --ablate {node}"
    if groups:
        yield "a whole group", f"{steer} --ablate group:{groups[0]}"
    yield "set one to twice what it is", f"{steer} --scale {node}=2"
