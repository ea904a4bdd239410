"""How much of a graph survives small changes of its question, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.documents.parts.stability import SOLID, Stability
from tracer.site.circuit.boxes import Circuit
from tracer.site.wording.percent import percent


@dataclass(frozen=True)
class ShownStability:
    sentence: str
    changes: Sequence[tuple[str, str]]  # each, and the share that survives it

    @staticmethod
    def of(found: Stability, circuit: Circuit) -> ShownStability:
        boxes = [box for box in circuit.groups if box.survives is not None]
        faint = sum(box.survives is not None and box.survives < SOLID for box in boxes)
        drawn = (
            f"{faint} of {len(boxes)} boxes, and their lines, are drawn faint: fewer than half of "
            "the changes leave them as they are."
            if faint
            else "Every box is solid: half of the changes or more leave it as it is."
        )
        solid = sum(share >= SOLID for share in found.nodes.values())
        count = len(found.changes)
        changes = "one small change" if count == 1 else f"{count} small changes"
        return ShownStability(
            f"Of its effects, {percent(found.stable)} by size survive {changes} of the question, "
            f"on average. {solid} of {len(found.nodes)} nodes survive half of them or more. "
            f"{drawn}",
            [(one.change, percent(one.survives)) for one in found.changes],
        )
