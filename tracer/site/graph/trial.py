"""Does it hold? What a graph predicted when it was made, and what the model did."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from tracer.documents.account import AccountInfo
from tracer.documents.graph import Graph
from tracer.site.graph.scatter import scatter
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import signed


@dataclass(frozen=True)
class Silenced:
    """A node for the table; `wrong` where the model moved the other way."""

    name: str
    link: dict[str, str]
    predicted: str
    actual: str
    wrong: bool


@dataclass(frozen=True)
class ShownTrial:
    warnings: tuple[str, ...]
    sentences: tuple[str, ...]
    scatter: Markup
    nodes: tuple[Silenced, ...]
    unit: str


def show_trial(graph: Graph) -> ShownTrial | None:
    """None where nothing was tried when the graph was made."""
    info = graph.metadata.tracer
    account = info.account if info else None
    if account is None or account.trial is None or not account.trial.nodes:
        return None
    names = {node.node_id: node.automatic_name for node in graph.nodes}
    unit = "" if account.unit == "along it" else account.unit
    return ShownTrial(
        warnings=tuple(
            f"{one[0].upper()}{one[1:]}.".replace(" -", " −") for one in account.warnings
        ),
        sentences=tuple(_sentences(account)),
        scatter=scatter(account.trial.nodes, unit),
        nodes=tuple(
            Silenced(
                name=f"{one.node}: {name}" if (name := names.get(one.node)) else one.node,
                link=node_link([one.node]),
                predicted=signed(one.predicted),
                actual=signed(one.actual),
                wrong=one.predicted * one.actual < 0,
            )
            for one in account.trial.nodes
        ),
        unit=unit,
    )


def _sentences(account: AccountInfo) -> list[str]:
    trial = account.trial
    assert trial is not None
    n = len(trial.nodes)
    each = "The strongest node was" if n == 1 else f"Each of the {n} strongest nodes was"
    said = [
        f"{each} silenced alone in the real model when the graph was made, and what the graph "
        "predicted was compared with what the model did."
    ]
    if trial.correlation is not None:
        said.append(
            f"Predicted and real changes correlate {signed(trial.correlation)} (1 would be "
            "perfect)."
        )
    wrong = sum(one.predicted * one.actual < 0 for one in trial.nodes)
    strongest = len(trial.wrong_signs) or "none"
    said.append(
        f"{wrong or 'None'} of them moved it the other way than predicted"
        + (f", {strongest} of the five strongest among these." if wrong else ".")
    )
    tried = [box for box in account.boxes if box.confirmed is not None]
    if tried:
        held = sum(box.words_hold for box in tried)
        said.append(
            f"Each of the {len(tried)} automatic boxes was silenced as well: the words of "
            f"{held or 'none'} were confirmed."
        )
    return said
