"""What a circuit's boxes and lines are, in words."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.site.circuit.balance import Balance
from tracer.site.circuit.boxes import Box, Circuit
from tracer.site.circuit.lines import Line, Part
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent


def describe(circuit: Circuit) -> list[str]:
    """The picture in sentences: what flows into each box, strongest first."""
    names = {part.key: part_name(box, part) for box in circuit.boxes for part in box.parts}
    sentences = []
    for box in (circuit.answer, *reversed(circuit.groups)):
        if box.told and box.kind != "other":
            sentences.append(f"{names[box.parts[0].key]}: {' '.join(box.told)}")
        for part in box.parts:
            into = sorted(
                (line for line in circuit.lines if line.target == part.key),
                key=lambda line: -line.share,
            )
            if into:
                listed = [_flow(line, names[line.source], circuit.balance) for line in into]
                listed += _weaker(circuit.balance, part.key)
                sentences.append(f"{names[part.key]} gets its input from {'; '.join(listed)}.")
    return sentences


def _weaker(balance: Balance | None, key: str) -> list[str]:
    """What flows into a part along lines that are not drawn."""
    rest = balance.rest_in.get(key) if balance else None
    return [f"{rest.count} weaker, together {amount(rest.effect)}"] if rest else []


def flowing(box: Box, circuit: Circuit) -> str:
    """What flows through a box, in words."""
    balance = circuit.balance
    if balance is None or balance.held is not None or not box.amount:
        return ""
    own = balance.own.get(box.parts[0].key, 0.0)
    if box.kind in ("word", "source"):
        return f"{box.amount} {balance.unit}."
    brought = f", of which its own words bring {amount(own)}" if own else ""
    return f"{box.amount} {balance.unit} flow in, and out{brought}."


def part_name(box: Box, part: Part) -> str:
    """A part in a sentence."""
    name = f"“{box.name}”"
    if box.kind in ("source", "other"):
        return box.name if box.kind == "source" else f"the {box.detail} {box.name}"
    if box.kind == "word":
        return f"the word {name}"
    if box.kind == "answer":
        return f"the answer {name} ({box.detail})" if box.detail else f"the answer {name}"
    sign = {"supports": ", supporting half", "opposes": ", opposing half", "both": ""}[part.sign]
    return f"{name} ({box.detail}{sign})"


def _flow(line: Line, source: str, balance: Balance | None) -> str:
    size = percent(line.share) if balance is None else amount(line.effect)
    return f"{source}, {_way(line)}, {size}"


def line_title(line: Line, names: Mapping[str, str], circuit: Circuit) -> str:
    """What a line says of itself."""
    ends = f"{names[line.source]} to {names[line.target]}"
    if circuit.balance is not None and line.gross is not None:
        net = f"{amount(line.effect)} {circuit.balance.unit}"
        return f"{ends}: {_way(line)}, {net}, of {amount(line.gross)[1:]} that run either way"
    return f"{ends}: {_way(line)}, {percent(line.share)} of what reaches the answer"


def _way(line: Line) -> str:
    return "for the answer" if line.supports else "against the answer"
