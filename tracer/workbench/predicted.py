"""What an account predicts of a poke: one pass over its flows, no model."""

from __future__ import annotations

from collections.abc import Mapping

from tracer.documents.parts.flows import Flows


def change(flows: Flows, left: Mapping[str, float]) -> float:
    """The change of the question when each of these features is held at `left` times its
    activation: 0 takes it away, 1 leaves it. What others hand on follows.

    A feature that is held hands on nothing of what changes below it, as in the real model.
    """
    answer = 0.0
    missing: list[float] = []
    for at, name in enumerate(flows.features):
        if name in left:
            share = 1.0 - left[name]
        elif flows.effects[at]:
            lost = sum(m * flow for m, flow in zip(missing, flows.between[at], strict=True) if m)
            share = lost / flows.effects[at]
        else:
            share = 0.0
        missing.append(share)
        answer -= share * flows.leaving[at]
    return answer
