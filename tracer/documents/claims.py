"""Claims: what an author expects of the model when features are set, and by how much."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tracer.documents.head_names import Head, HeadName
from tracer.documents.records import Strict
from tracer.documents.references import Reference, Slug
from tracer.documents.token_id import TokenName

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Target = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]
Above = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]

Position = Annotated[int, Field(ge=0)]
OPERATIONS = ("ablate", "set", "scale", "swap", "exchange", "knock_out")
OF_A_TOKEN = (
    "p_falls_by",
    "p_rises_by",
    "p_below",
    "p_above",
    "lead_falls_by",
    "lead_rises_by",
    "becomes_top",
)
BOUNDS = (*OF_A_TOKEN, "feature_off", "continuation_contains", "continuation_lacks")


class Elsewhere(Strict):
    """A group of another graph."""

    graph: Slug
    group: Key


class Swap(Strict):
    """Both groups' features take, at the words of this one, their values at those of the other."""

    group: Key
    with_: Elsewhere = Field(alias="with")


class ExchangeValues(Strict):
    """A group's features take their values in the run of the entry's counterfactual; where that is
    another model's, they write what they write there."""

    group: Key
    with_: Literal["counterfactual"] = Field(alias="with")


class KnockedOut(Strict):
    """Heads that no longer look from one token at others, earlier ones: their attention is shared
    out among the tokens that are left."""

    head: HeadName | tuple[HeadName, ...] = Field(description='layer.head: "23.4", or a list')
    from_: Position | tuple[Position, ...] = Field(
        alias="from", description="the token that is looked at, where the start is 0; or a list"
    )
    to: Position = Field(description="the token that looks, behind it")
    zero: Literal[True] | None = Field(
        None, description="true: the others keep the attention they had, instead of sharing it out"
    )

    @property
    def heads(self) -> tuple[Head, ...]:
        names = (self.head,) if isinstance(self.head, str) else self.head
        return tuple(map(Head.parse, names))

    @property
    def keys(self) -> tuple[int, ...]:
        """The tokens that are looked at."""
        return (self.from_,) if isinstance(self.from_, int) else self.from_

    @model_validator(mode="after")
    def _looks_back(self) -> KnockedOut:
        if not self.heads or not self.keys:
            raise ValueError("name a head, and a token that it looks at")
        if len(set(self.heads)) < len(self.heads) or len(set(self.keys)) < len(self.keys):
            raise ValueError("a head or a token is named twice")
        if max(self.keys) >= self.to:
            raise ValueError("a head looks back: `from` is a token in front of `to`")
        return self


class Expectation(Strict):
    """One bound. Probabilities are between 0 and 1, leads in logits."""

    token: TokenName | None = Field(None, description="literal, with its leading space; or {id: 9}")
    versus: TokenName | None = Field(
        None, description="the lead is the token's logit less this one's"
    )
    p_falls_by: Share | None = Field(None, description="share of the probability that is lost")
    p_rises_by: Above | None = Field(None, description="share gained: 1 doubles it")
    p_below: Share | None = Field(None, description="the probability ends below this")
    p_above: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="the probability ends above this"
    )
    lead_falls_by: Above | None = Field(None, description="logits")
    lead_rises_by: Above | None = Field(None, description="logits")
    becomes_top: bool | None = Field(None, description="it becomes the likeliest next token")
    feature_off: Target | None = Field(
        None, description="this node turns off: a feature to zero, a neuron to a tenth at most"
    )
    continuation_contains: Token | None = Field(None, description="the greedy continuation")
    continuation_lacks: Token | None = Field(None, description="the greedy continuation")
    tokens: int | None = Field(None, ge=1, le=200, description="length of the continuation")

    @property
    def bound(self) -> str:
        """The name of the one bound there is."""
        return next(name for name in BOUNDS if getattr(self, name) is not None)

    @property
    def continuation(self) -> int:
        """How many tokens to generate; none where the bound asks for none."""
        return (self.tokens or 20) if self.bound.startswith("continuation") else 0

    @model_validator(mode="after")
    def _one_bound(self) -> Expectation:
        given = [name for name in BOUNDS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            raise ValueError(f"give one bound (found {found}): {', '.join(BOUNDS)}")
        bound = given[0]
        if self.becomes_top is False:
            raise ValueError("`becomes_top` can only be true")
        if (bound in OF_A_TOKEN) != (self.token is not None):
            there = "needs a `token`" if self.token is None else "is not about a `token`"
            raise ValueError(f"`{bound}` {there}")
        if bound.startswith("lead") and self.versus is None:
            raise ValueError(f"`{bound}` needs `versus`, the token to be ahead of")
        if self.versus is not None and self.versus in (self.token, None):
            raise ValueError("`versus` names the token itself")
        if self.versus is not None and self.token is None:
            raise ValueError("`versus` needs a `token`")
        if self.tokens is not None and not bound.startswith("continuation"):
            raise ValueError("`tokens` belongs to a continuation")
        return self


class Claim(Strict):
    """Set features so, and that happens."""

    id: Key
    ablate: Target | tuple[Target, ...] | None = Field(
        None, description="a group, a node, or a list of them: to zero"
    )
    set: Mapping[Target, Finite] | None = Field(
        None, min_length=1, description="group or node: value"
    )
    scale: Mapping[Target, Finite] | None = Field(
        None, min_length=1, description="group or node: factor"
    )
    swap: Swap | None = None
    exchange: ExchangeValues | None = None
    knock_out: KnockedOut | tuple[KnockedOut, ...] | None = Field(
        None, description="heads that do not look somewhere; or a list of them"
    )
    expect: Expectation
    holds: bool = Field(True, description="whether the author says so; false: tried, and it fails")
    by: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    note: str | None = Field(None, max_length=4000, description="Markdown")

    @model_validator(mode="after")
    def _one_operation(self) -> Claim:
        given = [name for name in OPERATIONS if getattr(self, name) is not None]
        if len(given) != 1 or () in (self.ablate, self.knock_out):
            raise ValueError(f"do one thing: {', '.join(OPERATIONS)}")
        return self

    @property
    def operation(self) -> str:
        return next(name for name in OPERATIONS if getattr(self, name) is not None)

    @property
    def knocked_out(self) -> tuple[KnockedOut, ...]:
        """None where it does something else."""
        one = self.knock_out
        return (one,) if isinstance(one, KnockedOut) else one or ()

    def targets(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Each reference to nodes of this graph, with its path in the claim."""
        if isinstance(self.ablate, str):
            yield ("ablate",), self.ablate
        elif self.ablate is not None:
            for number, target in enumerate(self.ablate):
                yield ("ablate", number), target
        for operation in ("set", "scale"):
            for target in getattr(self, operation) or ():
                yield (operation, target), target
        if self.swap is not None:
            yield ("swap", "group"), self.swap.group
        if self.exchange is not None:
            yield ("exchange", "group"), self.exchange.group
        if self.expect.feature_off is not None:
            yield ("expect", "feature_off"), self.expect.feature_off


def reference(target: str) -> Reference:
    """What a claim's target means: group keys have no underscore, node ids have some.

    >>> reference("italy").text, reference("22_580").text
    ('group:italy', '22_580')
    """
    if target.startswith("group:") or "_" in target:
        return Reference(target)
    return Reference(f"group:{target}")


def features_meant(
    target: str, features: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """The ids of a graph's features that a target means; `features` are all it has."""
    return reference(target).resolve(features, groups)


def claim_hash(
    claim: Claim,
    meant: Mapping[str, Sequence[str]],
    graph_ids: Sequence[str],
    counterfactual: str | Mapping[str, object] | None = None,
) -> str:
    """sha256 over what decides a claim's outcome: what is done, to which nodes, what is expected,
    the graphs, and the prompt or chat that values are exchanged with. Not over who says so, or
    whether they think that it holds."""
    said = claim.model_dump(
        by_alias=True, exclude_none=True, exclude={"id", "by", "note", "holds"}, mode="json"
    )
    decides: dict[str, object] = {"claim": said, "nodes": dict(meant), "graphs": list(graph_ids)}
    if counterfactual is not None:
        decides["counterfactual"] = counterfactual
    canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
