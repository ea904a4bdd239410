"""How far a graph's predictions agree with the model: sentences and a scatter."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from tracer.documents.evidence import Faithfulness, PartAblation
from tracer.site.graph.scatter import scatter
from tracer.site.wording.amounts import signed
from tracer.site.wording.percent import percent


@dataclass(frozen=True)
class ShownFaithfulness:
    sentences: tuple[str, ...]
    scatter: Markup
    nodes: int


def show_faithfulness(found: Faithfulness) -> ShownFaithfulness:
    return ShownFaithfulness(
        sentences=tuple(_sentences(found)),
        scatter=scatter(found.nodes, found.unit),
        nodes=len(found.nodes),
    )


def _sentences(found: Faithfulness) -> list[str]:
    n = len(found.nodes)
    said = []
    if found.correlation is not None and found.slope is not None:
        said.append(
            f"Prediction against the model: each of the {n} strongest nodes was set to zero "
            f"alone. The real changes go with the predicted ones with a correlation of "
            f"{signed(found.correlation)} and a slope of {signed(found.slope)} (1 and 1 would be "
            "perfect)."
        )
    controls = [abs(one.control) for one in found.nodes if one.control is not None]
    if controls:
        moved = statistics.median(abs(one.actual) for one in found.nodes)
        said.append(
            f"Half of these nodes move it by {moved:.2f} {found.unit} or more. Of other features, "
            f"as loud, in the same layer at the same word, half move it by "
            f"{statistics.median(controls):.2f} or more."
        )
    named = "the groups that people named" if found.circuit == "groups" else "the ten strongest"
    many = len(found.circuit_nodes)
    said.append(
        f"Is the circuit needed? Without {named} ({many} nodes) {_part(found, found.necessity)}"
    )
    return said


def _part(found: Faithfulness, part: PartAblation) -> str:
    show: Callable[[float], str]
    if found.probability is None or part.probability is None:
        text = f"it goes from {found.value:.2f} to {part.value:.2f} ({found.unit})"
        controls, show = part.control_values, "{:.2f}".format
    else:
        text = (
            f"the probability goes from {percent(found.probability)} to {percent(part.probability)}"
        )
        controls, show = part.control_probabilities, percent
    if not controls:
        return f"{text}. There are too few other active features for a control."
    low, high = show(min(controls)), show(max(controls))
    return f"{text}; with as many others as loud set to zero, to {low} to {high}."
