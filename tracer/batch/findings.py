"""What one trace found, as a person reads it: answers, strongest features, scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.trace import Attribution
from tracer.batch.account_findings import account_findings
from tracer.documents.graph import Graph
from tracer.site.graph.facts import question

STRONGEST = 10


@dataclass(frozen=True)
class AdmittedFeature:
    """An admitted feature; `effect` is in units of what was asked about."""

    node_id: str
    token: str
    effect: float
    activation: float


def strongest(
    attribution: Attribution, most: int = STRONGEST
) -> tuple[list[AdmittedFeature], list[AdmittedFeature]]:
    """The features that support the answer most, and those that oppose it most."""
    found = sorted(_admitted(attribution), key=lambda one: (-one.effect, one.node_id))
    supporting = [one for one in found[:most] if one.effect > 0]
    opposing = [one for one in found[::-1][:most] if one.effect < 0]
    return supporting, opposing


def findings(attribution: Attribution, graph: Graph) -> RenderableType:
    """All of it, ready to print."""
    supporting, opposing = strongest(attribution)
    size = f"{len(graph.nodes):,} nodes, {len(graph.links):,} links"
    unit = "its activation" if attribution.targets.feature else "logits"
    if attribution.targets.question.kind == "direction":
        unit = "units along it"
    return Group(
        Text(f"{question(graph)}; effects in {unit}", style="bold"),
        _answers(attribution),
        _features("supports", supporting),
        _features("opposes", opposing),
        *_account(attribution, graph, size),
        *_reconstruction(attribution),
    )


def plain_findings(attribution: Attribution, graph: Graph) -> dict[str, Any]:
    """The same for programs: docs/json.md."""
    supporting, opposing = strongest(attribution)
    info, targets = graph.metadata.tracer, attribution.targets
    account = None if info is None else info.account
    return {
        "question": question(graph),
        "answers": [
            {
                "token": one.token,
                "id": one.token_id,
                "probability": one.probability,
                "explained": one.token_id == targets.question.target_id,
            }
            for one in targets.answers
        ],
        "supports": [asdict(one) for one in supporting],
        "opposes": [asdict(one) for one in opposing],
        "boxes": [] if account is None else [one.model_dump(mode="json") for one in account.boxes],
        "nodes": len(graph.nodes),
        "links": len(graph.links),
        "notices": list(attribution.notices),
    }


def _account(attribution: Attribution, graph: Graph, size: str) -> Iterator[RenderableType]:
    """What adds up to the answer; or, where it does not, how much is explained."""
    info = graph.metadata.tracer
    if info is not None and info.account is not None:
        yield from account_findings(graph, info.account)
        yield size
    elif isinstance(attribution, NodeGraph):
        scores = attribution.scores()
        share = f"replacement {scores.replacement:.2f}, completeness {scores.completeness:.2f}"
        yield f"{size}; {share}"


def _reconstruction(attribution: Attribution) -> list[str]:
    fit = attribution.fit
    if fit is None or fit.median is None:
        return []
    layer, most = fit.worst()[0]
    what = "of what the MLPs write" if fit.against == "variance" else "of the MLPs' mean square"
    return [
        f"the features leave {fit.median:.2f} {what} unexplained (FVU, median over layers; most in "
        f"layer {layer}: {most:.2f})"
    ]


def _admitted(attribution: Attribution) -> Iterator[AdmittedFeature]:
    frozen = attribution.frozen
    text = [frozen.model.tokenizer.text(one) for one in frozen.token_ids]
    for layer, features in enumerate(attribution.layers):
        columns = (features.positions, features.indices, features.effects, features.activations)
        for position, index, effect, activation in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield AdmittedFeature(f"{layer}_{index}_{position}", text[position], effect, activation)


def _answers(attribution: Attribution) -> Table:
    targets = attribution.targets
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("answer", overflow="fold")
    table.add_column("probability", justify="right")
    texts = [answer.token for answer in targets.answers]
    for answer in targets.answers:
        shared = f" (id {answer.token_id})" if texts.count(answer.token) > 1 else ""
        mark = " ←" if answer.token_id == targets.question.target_id else ""
        table.add_row(escape(repr(answer.token)) + shared + mark, f"{answer.probability:.4f}")
    return table


def _features(verb: str, found: list[AdmittedFeature]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(verb, no_wrap=True, min_width=12)
    table.add_column("at", overflow="fold", min_width=14)
    table.add_column("effect", justify="right", min_width=9)
    table.add_column("activation", justify="right")
    for one in found:
        numbers = (f"{one.effect:+.3f}", f"{one.activation:.3f}")
        table.add_row(one.node_id, escape(repr(one.token)), *numbers)
    return table
