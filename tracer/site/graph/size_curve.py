"""How much of the answer circuits of growing size bring: sentences, curves, a table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from tracer.documents.graph import Graph
from tracer.documents.size_curve import SizeCurve, SizePoint, told
from tracer.site.graph.curves import Frame, share


@dataclass(frozen=True)
class ShownSize:
    """Circuits of one size, each share in words."""

    size: str
    parts: str
    supporters: str
    strongest: str
    controls: str


@dataclass(frozen=True)
class ShownSizeCurve:
    sentences: tuple[str, ...]
    curves: Markup
    points: tuple[ShownSize, ...]


def show_size_curve(found: SizeCurve, graph: Graph) -> ShownSizeCurve:
    return ShownSizeCurve(
        sentences=tuple(_sentences(found, graph)),
        curves=_curves(found),
        points=tuple(_point(one) for one in found.points),
    )


def _sentences(found: SizeCurve, graph: Graph) -> list[str]:
    info = graph.metadata.tracer
    neurons = info is not None and info.features.kind == "neurons"
    kind = "neuron" if neurons else "feature"
    run = f"{'the chat that ends ' if found.chat else ''}“{told(found)}”"
    words = "one word" if found.words == 1 else f"{found.words} words"
    rest = "" if neurons else " What the transcoders leave unexplained stays as it was there, too."
    return [
        f"{found.parts - found.words:,} {kind}s, each at one word, and {words} differ from the run "
        f"of {run}. There, the strongest of these get the values they have here, more "
        "and more of them; all others keep theirs, and attention is recomputed. With none of them "
        "nothing of the answer’s lead is there, with all of them "
        f"{share(found.points[-1].supporters)}.{rest}",
        f"The area under the curve of those that support the answer (CPR) is {found.cpr:.2f}. A "
        "circuit that brought the whole lead at every size would have 1.00; more is too much, "
        "since what would hold it back is still missing. The area between the curve of those that "
        f"move it most, either way, and 100\N{NO-BREAK SPACE}% (CMD) is {found.cmd:.3f}, and best "
        f"would be 0.{_beside(found, kind)}",
        "Both areas are defined as in the benchmark MIB (Mueller et al. 2025), but of other "
        "things: it counts edges or whole components, heads of attention among them, over many "
        "prompts. So these numbers stand beside each other, not beside those.",
    ]


def _beside(found: SizeCurve, kind: str) -> str:
    if not found.controls_cpr or not found.controls_cmd:
        return ""
    cpr, cmd = fmean(found.controls_cpr), fmean(found.controls_cmd)
    return (
        f" With other {kind}s in place of each, at random from the same layer and word, they "
        f"are {cpr:.2f} and {cmd:.3f}."
    )


def _size(one: SizePoint) -> str:
    """In percent, as short as can be."""
    return f"{100 * one.share:g}"


def _point(one: SizePoint) -> ShownSize:
    controls = "–"
    if one.controls_supporters and one.controls_strongest:
        means = fmean(one.controls_supporters), fmean(one.controls_strongest)
        controls = f"{share(means[0])}, {share(means[1])}"
    return ShownSize(
        size=f"{_size(one)}\N{NO-BREAK SPACE}%",
        parts=f"{one.parts:,}",
        supporters=share(one.supporters),
        strongest=share(one.strongest),
        controls=controls,
    )


def _curves(found: SizeCurve) -> Markup:
    spans = [
        (_size(one), min(drawn), max(drawn))
        for one in found.points
        if (drawn := (*one.controls_supporters, *one.controls_strongest))
    ]
    supporters = [(_size(one), one.supporters) for one in found.points]
    strongest = [(_size(one), one.strongest) for one in found.points]
    values = [value for _, value in (*supporters, *strongest)]
    values += [end for _, low, high in spans for end in (low, high)]
    told = "percent of all that differ, strongest first"
    sizes = [_size(one) for one in found.points]
    frame = Frame(sizes, min(0.0, *values), max(1.0, *values), told)
    return frame.picture(
        "Shares of the lead over the size of the circuit; the table below has the numbers",
        frame.band(spans),
        frame.line(supporters, "enough", "supporters"),
        frame.line(strongest, "needed", "either way"),
    )
