"""How wide a circuit's lines are drawn."""

from __future__ import annotations

from tracer.site.circuit.boxes import Circuit
from tracer.site.circuit.lines import Line

THINNEST = 1.25
THICKEST = 9.0
THICKEST_FLOW = 18.0  # of an account, whose lines add up
THICK_SHARE = 0.4


def stroke(circuit: Circuit) -> tuple[float, float, float]:
    """A line's least width, its most, and the share from which it is that wide."""
    return THINNEST, THICKEST_FLOW if circuit.balance else THICKEST, THICK_SHARE


def line_width(line: Line, circuit: Circuit) -> float:
    thinnest, thickest, thick_share = stroke(circuit)
    return thinnest + (thickest - thinnest) * min(1.0, line.share / thick_share)
