"""Whether a circuit is enough and needed, against a counterfactual: sentences, curves, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup, escape

from tracer.documents.evidence import Exchange, Exchanged
from tracer.documents.graph import Graph
from tracer.site.wording.tokens import visible

WIDTH, HEIGHT, MARGIN = 360, 240, 40


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
    said = [
        f"The other prompt is “{found.prompt}”, another from here at {_all(words)}. Here {answer} "
        f"{_lead(found.lead)} {other}; there it {_lead(found.lead_there)} it. What follows are "
        "shares of that whole move, with values exchanged between the two runs.",
    ]
    if not found.curve:
        return [*said, f"No {kind} supports the answer here more than there."]
    last = found.curve[-1]
    many = f"{last.features} {kind}s" if last.features > 1 else f"one {kind}"
    said.append(
        f"Enough? There, with the values from here of the {many} that support the answer most, "
        f"{share(last.enough)} of it comes back{_turns(last.turns_there, ' and the answer turns')}."
        f" Needed? Here, with their values from there, {share(last.needed)} of it is lost"
        f"{_turns(last.turns_here, ' and the answer turns')}.{_beyond(last)}"
    )
    if last.controls_enough and last.controls_needed:
        said.append(
            f"As many others instead, as loud, in the same layers at the same words, move "
            f"{_range(last.controls_enough)} and {_range(last.controls_needed)} "
            f"({len(last.controls_enough)} draws, half for the answer and half against it)."
        )
    if found.middle:
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
    text = (
        f"Of the {many} {kind}s {named}, {one.features} {verb} between the prompts; exchanged, "
        f"they give {share(one.enough)} and {share(one.needed)}"
    )
    if one.controls_enough and one.controls_needed:
        text += f", others as loud {_range(one.controls_enough)} and {_range(one.controls_needed)}"
    return [f"{text}."]


def _beyond(one: Exchanged) -> str:
    """More than all of it is no better than all of it."""
    over = max(one.enough, one.needed) - 1
    if over < 0.005:
        return ""
    return f" That is up to {share(over)} too much: what would hold them back stays as it was."


def _turns(turns: bool, words: str) -> str:
    return words if turns else ""


def _lead(value: float) -> str:
    verb = "leads" if value >= 0 else "trails"
    return f"{verb} by {abs(value):.2f} logits"


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


def share(value: float) -> str:
    """In percent, below zero and above one too.

    >>> share(0.806), share(-0.05), share(1.3), share(-0.001)
    ('81\\xa0%', '−5\\xa0%', '130\\xa0%', '0\\xa0%')
    """
    return f"{round(100 * value) + 0}\N{NO-BREAK SPACE}%".replace("-", "−")


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
    """Shares upwards over the number of features, which stand at equal distances; 0 and all of
    the move are lines."""
    counts = sorted({one.features for one in (*found.curve, *found.middle)})
    if not counts:
        return Markup("")
    controls = [v for one in found.curve for v in (*one.controls_enough, *one.controls_needed)]
    shares = [v for one in (*found.curve, *found.middle) for v in (one.enough, one.needed)]
    low, high = min(0.0, *shares, *controls), max(1.0, *shares, *controls)
    right, foot = WIDTH - MARGIN / 2, HEIGHT - MARGIN

    def x(count: int) -> float:
        return MARGIN + (right - MARGIN) * (counts.index(count) + 0.5) / len(counts)

    def y(value: float) -> float:
        return MARGIN / 2 + (foot - MARGIN / 2) * (high - value) / (high - low)

    def path(points: Sequence[tuple[int, float]], kind: str, title: str) -> Markup:
        places = [f"{x(count):.1f} {y(value):.1f}" for count, value in points]
        dots = "".join(
            f'<circle cx="{x(count):.1f}" cy="{y(value):.1f}" r="3">'
            f"<title>{escape(title)}, {count}: {share(value)}</title></circle>"
            for count, value in points
        )
        return Markup(f'<g class="{kind}"><path d="M{"L".join(places)}"/>{dots}</g>')

    band = [one for one in found.curve if one.controls_enough and one.controls_needed]
    parts = [
        f'<svg class="scatter curves" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="'
        f'Shares of the move over the number of features; the table below has the numbers">',
        _band(
            [
                (x(one.features), y(one_low), y(one_high))
                for one in band
                for one_low, one_high in [_ends(one)]
            ]
        ),
        f'<path class="axis" d="M{MARGIN} {y(0):.1f}H{right:.0f}M{MARGIN} {foot}V{MARGIN / 2}"/>',
        f'<path class="agreement" d="M{MARGIN} {y(1):.1f}H{right:.0f}"/>',
        f'<text x="{MARGIN - 5}" y="{y(1) + 4:.1f}" text-anchor="end">100%</text>',
        f'<text x="{MARGIN - 5}" y="{y(0) + 4:.1f}" text-anchor="end">0%</text>',
        *(
            f'<text x="{x(one):.1f}" y="{foot + 15}" text-anchor="middle">{one}</text>'
            for one in counts
        ),
        f'<text x="{right:.0f}" y="{HEIGHT - 8}" text-anchor="end">strongest supporters</text>',
    ]
    for kind, title, points in (
        ("between", "in the middle, enough", [(one.features, one.enough) for one in found.middle]),
        ("enough", "enough", [(one.features, one.enough) for one in found.curve]),
        ("needed", "needed", [(one.features, one.needed) for one in found.curve]),
    ):
        if points:
            parts.append(path(points, kind, title))
    return Markup("".join([*parts, "</svg>"]))


def _ends(one: Exchanged) -> tuple[float, float]:
    values = (*one.controls_enough, *one.controls_needed)
    return min(values), max(values)


def _band(spans: Sequence[tuple[float, float, float]]) -> str:
    """What controls reach, from lowest to highest, for each number of features."""
    if not spans:
        return ""
    lows = [f"{x:.1f} {low:.1f}" for x, low, _ in spans]
    highs = [f"{x:.1f} {high:.1f}" for x, _, high in reversed(spans)]
    return f'<path class="band" d="M{"L".join([*lows, *highs])}Z"/>'
