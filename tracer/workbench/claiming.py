"""What was tried, as a claim: what is done, and a bound between what happened and what controls
did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tracer.documents.claims import Claim
from tracer.documents.references import slug_from
from tracer.documents.trace_info import Question
from tracer.errors import TracerError
from tracer.workbench.asked import Named, Poke


def propose(
    pokes: Sequence[Poke],
    question: Question,
    groups: Mapping[str, Named],
    *,
    chances: Sequence[float],
    leads: Sequence[float] | None,
    last: int,
    taken: Sequence[str] = (),
) -> Claim:
    """A claim about the question's answer; `chances` and `leads` are values before, after, and
    after each control. Of the lead where there is one, else of the probability. `last` is the
    prompt's last token, where heads look from.

    Raises TracerError for what no claim says, and for what controls do as well.
    """
    active = [one for one in pokes if one.on]
    operation = _operation(active, groups, last)
    expect: dict[str, Any] = {"token": question.target}
    if leads is not None and question.contrast:
        amount = _bound([one - leads[0] for one in leads[1:]])
        expect["versus"] = question.contrast[0]
        expect["lead_falls_by" if amount < 0 else "lead_rises_by"] = abs(amount)
    else:
        amount = _bound([one / chances[0] - 1 for one in chances[1:]])
        expect["p_falls_by" if amount < 0 else "p_rises_by"] = abs(amount)
    name = slug_from(f"{active[0].kind} {active[0].name}") or "claim"
    return Claim.model_validate({"id": _free(name[:50], taken), **operation, "expect": expect})


def _bound(changes: Sequence[float]) -> float:
    """Half way between what happened and the control that comes nearest to it."""
    mine, *controls = changes
    sign = 1.0 if mine > 0 else -1.0
    nearest = max((one * sign for one in controls), default=0.0)
    if abs(mine) <= max(nearest, 0.0) or not mine:
        beaten = sum(one * sign < abs(mine) for one in controls)
        what = (
            f"it beats {beaten} of {len(controls)} controls, so it says nothing of these features"
        )
        raise TracerError(what, hint="poke others, or more of them")
    bound = (abs(mine) + max(nearest, 0.0)) / 2
    return sign * (_shortened(bound) or bound)


def _shortened(value: float) -> float:
    """Two significant digits, never more than it is."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.floor(value / step) * step:.12g}")


def _knocked_out(pokes: Sequence[Poke], last: int) -> list[dict[str, Any]]:
    """Each head with all that it no longer looks at from one token."""
    looks: dict[tuple[str, int], list[int]] = {}
    for one in (head for poke in pokes for head in poke.heads):
        to = last if one.query is None else one.query
        keys = looks.setdefault((f"{one.layer}.{one.head}", to), [])
        if one.key not in keys:
            keys.append(one.key)
    return [
        {"head": head, "from": keys[0] if len(keys) == 1 else sorted(keys), "to": to}
        for (head, to), keys in looks.items()
    ]


def _operation(pokes: Sequence[Poke], groups: Mapping[str, Named], last: int) -> dict[str, Any]:
    kinds = {one.kind for one in pokes}
    if len(kinds) != 1:
        what = "a claim does one thing" if kinds else "nothing is poked"
        raise TracerError(what, hint="switch on what it is about, and the rest off")
    (kind,) = kinds
    if kind == "head":
        return {"knock_out": _knocked_out(pokes, last)}
    targets = [_target(one, groups) for one in pokes]
    if kind == "ablate":
        every = list(dict.fromkeys(name for one in targets for name in one))
        return {"ablate": every[0] if len(every) == 1 else every}
    if kind == "exchange":
        if len(pokes) != 1 or len(targets[0]) != 1 or "_" in targets[0][0]:
            raise TracerError("values of one named group are exchanged", hint="name the group")
        return {"exchange": {"group": targets[0][0], "with": "counterfactual"}}
    values = zip(targets, pokes, strict=True)
    return {kind: {name: poke.value for names, poke in values for name in names}}


def _target(poke: Poke, groups: Mapping[str, Named]) -> list[str]:
    """The group of just these nodes, or the nodes."""
    for key, one in groups.items():
        if set(one.nodes) == set(poke.nodes):
            return [key]
    return list(poke.nodes)


def _free(name: str, taken: Sequence[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found
