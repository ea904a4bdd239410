"""Whether a circuit is enough and needed, against a counterfactual: sentences, curves, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from tracer.documents.evidence import Exchange, Exchanged
from tracer.documents.graph import Graph
from tracer.documents.size_curve import told
from tracer.site.graph.curves import Frame, share
from tracer.site.wording.tokens import visible


@dataclass(frozen=True)
class ShownPoint:
    """With so many features, each share in words."""

    features: str
    enough: str
    needed: str
    controls: str
    middle_enough: str
    middle_needed: str


@dataclass(frozen=True)
class ShownExchange:
    sentences: tuple[str, ...]
    curves: Markup
    points: tuple[ShownPoint, ...]


def show_exchange(found: Exchange, graph: Graph) -> ShownExchange:
    return ShownExchange(
        sentences=tuple(_sentences(found, graph)),
        curves=_curves(found),
        points=tuple(_points(found)),
    )


def _sentences(found: Exchange, graph: Graph) -> list[str]:
    kind = "neuron" if _of_neurons(graph) else "feature"
    words = [visible(graph.metadata.prompt_tokens[at]) for at in found.changed]
    answer, other = f"“{visible(found.answer)}”", f"“{visible(found.other)}”"
    if found.model is not None:
        begins = f"The same prompt was run in the model {found.model.name}."
        done = "in which features write what they write in the other of the two runs."
    else:
        second = "chat, which ends" if found.chat else "prompt,"
        begins = f"A second {second} “{told(found)}”, is as long and differs at {_all(words)}."
        done = "with values exchanged between the two runs."
    said = [
        f"{begins} Here {answer} is {_lead(found.lead)} {other}, there {_lead(found.lead_there)} "
        f"it. What follows are shares of that whole move, {done}",
    ]
    if not found.curve:
        return [*said, f"No {kind} supports the answer here more than there."]
    last = found.curve[-1]
    many = f"{last.features} {kind}s" if last.features > 1 else f"one {kind}"
    said.append(
        f"Enough? There, with the values from here of the {many} that support the answer most, "
        f"{share(last.enough)} of the move comes back{_turns(last.turns_there)}. Needed? Here, "
        f"with their values from there, {share(last.needed)} is lost{_turns(last.turns_here)}."
        f"{_beyond(last)}"
    )
    if last.controls_enough and last.controls_needed:
        said.append(
            f"In {len(last.controls_enough)} draws of as many others, as loud, in the same layers "
            "at the same words, balanced so that they predict no move, it is "
            f"{_range(last.controls_enough)} and {_range(last.controls_needed)} in the mean."
        )
    if found.middle and found.model is None:
        between = found.middle[-1]
        said.append(
            f"Reading the changed words and writing the answer alone would be copying. Without the "
            f"first {_layers(found.early_layers)} at the changed words and the last "
            f"{_layers(found.late_layers)} at the last word, the {between.features} strongest "
            f"give {share(between.enough)} and {share(between.needed)}."
        )
    return [*said, *_of_circuit(found, kind)]


def _of_circuit(found: Exchange, kind: str) -> list[str]:
    one = found.circuit_exchanged
    if one is None:
        return []
    named = "in the groups that people named" if found.circuit == "groups" else "that are strongest"
    many = len(found.circuit_nodes)
    verb = "differs" if one.features == 1 else "differ"
    runs = "models" if found.model is not None else "prompts"
    text = (
        f"Of the {many} {kind}s {named}, {one.features} {verb} between the {runs}; exchanged, "
        f"they give {share(one.enough)} and {share(one.needed)}"
    )
    if one.controls_enough and one.controls_needed:
        text += f", others as loud {_range(one.controls_enough)} and {_range(one.controls_needed)}"
    return [f"{text}."]


def _beyond(one: Exchanged) -> str:
    """More than all of it is no better than less."""
    if max(one.enough, one.needed) < 1.005:
        return ""
    hits = [share(1 - abs(1 - value)) for value in (one.enough, one.needed)]
    return (
        " More than 100\N{NO-BREAK SPACE}% overshoots: what would hold it back stays as it was. "
        f"Counted as a miss like too little, that is {hits[0]} and {hits[1]}."
    )


def _turns(turns: bool) -> str:
    return ", and the answer turns" if turns else ""


def _lead(value: float) -> str:
    return f"{abs(value):.2f} logits {'ahead of' if value >= 0 else 'behind'}"


def _layers(count: int) -> str:
    return "layer" if count == 1 else f"{count} layers"


def _all(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _range(values: Sequence[float]) -> str:
    return f"{share(fmean(values))} ({share(min(values))} to {share(max(values))})"


def _of_neurons(graph: Graph) -> bool:
    info = graph.metadata.tracer
    return info is not None and info.features.kind == "neurons"


def _points(found: Exchange) -> list[ShownPoint]:
    middle = {one.features: one for one in found.middle}
    counts = sorted({one.features for one in found.curve} | middle.keys())
    curve = {one.features: one for one in found.curve}
    return [_point(count, curve.get(count), middle.get(count)) for count in counts]


def _point(count: int, one: Exchanged | None, between: Exchanged | None) -> ShownPoint:
    none = "–"
    controls = none
    if one is not None and one.controls_enough and one.controls_needed:
        controls = f"{share(fmean(one.controls_enough))}, {share(fmean(one.controls_needed))}"
    return ShownPoint(
        features=str(count),
        enough=share(one.enough) if one else none,
        needed=share(one.needed) if one else none,
        controls=controls,
        middle_enough=share(between.enough) if between else none,
        middle_needed=share(between.needed) if between else none,
    )


def _curves(found: Exchange) -> Markup:
    """None of the move and all of it are lines."""
    points = (*found.curve, *found.middle)
    counts = sorted({one.features for one in points})
    if not counts:
        return Markup("")
    spans = [(str(one.features), *_ends(one)) for one in found.curve if one.controls_enough]
    values = [value for one in points for value in (one.enough, one.needed)]
    values += [end for _, *ends in spans for end in ends]
    sizes = [str(one) for one in counts]
    frame = Frame(sizes, min(0.0, *values), max(1.0, *values), "strongest supporters")
    between = [(str(one.features), one.enough) for one in found.middle]
    enough = [(str(one.features), one.enough) for one in found.curve]
    needed = [(str(one.features), one.needed) for one in found.curve]
    return frame.picture(
        "Shares of the move over the number of features; the table below has the numbers",
        frame.band(spans),
        frame.line(between, "between", "enough, middle only"),
        frame.line(enough, "enough", "enough"),
        frame.line(needed, "needed", "needed"),
    )


def _ends(one: Exchanged) -> tuple[float, float]:
    values = (*one.controls_enough, *one.controls_needed)
    return min(values), max(values)
