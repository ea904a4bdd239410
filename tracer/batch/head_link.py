"""One link of a graph, or all that runs from one group to another, shared out among heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tracer.attribution.account.carried import Carried
from tracer.batch.subject import Subject
from tracer.documents.resolved_claims import find_features
from tracer.errors import TracerError

ANSWER = "answer"
TOLD = 8


@dataclass(frozen=True)
class Link:
    """Ids of nodes at both ends; no target is what is asked."""

    source: tuple[str, ...]
    target: tuple[str, ...]

    @staticmethod
    def of(subject: Subject, source: str, target: str) -> Link:
        """Raises TracerError for what matches no feature, and ends that are one."""
        ends = [
            () if text == ANSWER else tuple(find_features(text, subject.graph, subject.annotations))
            for text in (source, target)
        ]
        if not ends[0] or set(ends[0]) & set(ends[1]):
            hint = f"name two, or `{ANSWER}` as the second"
            raise TracerError(f"nothing runs from `{source}` to `{target}`", hint=hint)
        return Link(*ends)

    def groups(self, subject: Subject) -> list[list[str]]:
        """The ends, and all else that is listed."""
        held = {*self.source, *self.target}
        listed = [node.node_id for node in subject.graph.nodes if node.kind == "feature"]
        rest = [one for one in listed if one not in held]
        ends = [list(self.source), list(self.target)]
        return [one for one in (*ends, rest) if one]

    def told(self, found: Carried) -> str:
        """What runs along it, what of it stays in place, and the strongest heads."""
        target = 1 if self.target else len(found.groups)
        carried = found.flows.carried[target, 0]
        stays, moved = float(found.flows.in_place[target, 0]), float(carried.sum())
        lines = [f"{moved + stays:+.4f} in all, {stays:+.4f} stays at its word, heads carry:"]
        return "\n".join([*lines, *_strongest(carried)])


def _strongest(carried: torch.Tensor) -> list[str]:
    flat, heads = carried.flatten(), carried.shape[1]
    order = flat.abs().argsort(descending=True).tolist()[:TOLD]
    told = [f"{at // heads}.{at % heads} {float(flat[at]):+.4f}" for at in order if flat[at]]
    rest = float(flat.sum() - flat[order].sum())
    return [*told, f"others {rest:+.4f}"]
