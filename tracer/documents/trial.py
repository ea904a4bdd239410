"""Whether a graph predicts the model: its strongest nodes, silenced when it was traced."""

from __future__ import annotations

from tracer.documents.records import Open

FAITHFUL = 0.6  # below this correlation a graph predicts the model badly
STRONGEST = 5  # of which each should move the answer as predicted


class Silenced(Open):
    """A node alone set to zero: what the graph predicts and what the model does, in units of the
    question."""

    node: str
    predicted: float
    actual: float


class Trial(Open):
    """The strongest nodes, silenced one by one when the graph was traced."""

    nodes: tuple[Silenced, ...]
    correlation: float | None = None

    @property
    def wrong_signs(self) -> list[Silenced]:
        """Those of the five strongest that move the answer the other way."""
        return [one for one in self.nodes[:STRONGEST] if one.predicted * one.actual < 0]

    @property
    def warnings(self) -> list[str]:
        """Where the graph predicts the model badly, so that nobody should trust it."""
        found = []
        if self.correlation is not None and self.correlation < FAITHFUL:
            found.append(
                f"it predicts badly: silencing its {len(self.nodes)} strongest nodes one by one, "
                f"predicted and real changes correlate {self.correlation:.2f} only"
            )
        return found + [
            f"{one.node}, one of the five strongest, moves the answer the other way: silencing it "
            f"was to change it by {one.predicted:+.2f}, and changes it by {one.actual:+.2f}"
            for one in self.wrong_signs
        ]
