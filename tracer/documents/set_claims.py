"""`site_src/sets/<slug>.yaml`: what people say about a set: groups of its neurons, and claims."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from tracer.documents.claims import Above, Key, Share, Target
from tracer.documents.records import Strict
from tracer.documents.set_account import Kind, SetAccount, SetNeuron
from tracer.documents.slots import shown_slot
from tracer.documents.yaml_source import YamlSource, load_yaml
from tracer.errors import TracerError, did_you_mean

Layers = Annotated[tuple[int, int], Field(description="from and to, both included")]


class SetGroup(Strict):
    """Neurons of a set, by name or by rule; what is said of a rule must all be so."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    nodes: tuple[str, ...] | None = Field(None, min_length=1, description="`28_1095@is`")
    kinds: tuple[Kind, ...] = Field(("core", "sometimes"), min_length=1)
    at: Annotated[str, Field(min_length=1)] | None = Field(None, description="a slot")
    layers: Layers | None = None
    sign: Literal["for", "against"] | None = Field(None, description="of the mean effect")
    note: str | None = Field(None, max_length=4000, description="Markdown")

    @model_validator(mode="after")
    def _one_way(self) -> SetGroup:
        rule = {"kinds", "at", "layers", "sign"} & self.model_fields_set
        if self.nodes is not None and rule:
            raise ValueError(f"give either `nodes` or a rule (found `{sorted(rule)[0]}`)")
        if self.nodes is None and not rule:
            raise ValueError("say which: `nodes`, or `kinds`, `at`, `layers`, `sign`")
        return self

    def members(self, account: SetAccount) -> list[SetNeuron]:
        """In the account's order. A slot may be written as it is or as it is shown. Raises
        TracerError for nodes that the set does not list."""
        if self.nodes is None:
            return [one for one in account.neurons if self._fits(one, account)]
        known = {name for one in account.neurons for name in (one.id, one.shown)}
        for node in self.nodes:
            if node not in known:
                hint = did_you_mean(node, sorted(known)) or "`tracer sets` lists them"
                raise TracerError(f"the set does not list `{node}`", hint=hint)
        return [one for one in account.neurons if {one.id, one.shown} & {*self.nodes}]

    def _fits(self, one: SetNeuron, account: SetAccount) -> bool:
        low, high = self.layers or (0, one.layer)
        sign = "for" if one.effect.mean > 0 else "against"
        return (
            account.kind_of(one) in self.kinds
            and self.at in (None, one.slot, shown_slot(one.slot))
            and low <= one.layer <= high
            and self.sign in (None, sign)
        )


class SetExpectation(Strict):
    """One bound, on each row's own answer."""

    lead_falls_by: Above | None = Field(None, description="logits, over the mean of the contrast")
    lead_rises_by: Above | None = None
    p_falls_by: Share | None = Field(None, description="share of the probability that is lost")
    share_above: Share | None = Field(
        None, description="of an exchange: the share of the lead's move that is gained or more"
    )

    @property
    def bound(self) -> str:
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def value(self) -> float:
        found: float = getattr(self, self.bound)
        return found

    @model_validator(mode="after")
    def _one_bound(self) -> SetExpectation:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one bound: {', '.join(type(self).model_fields)}")
        return self


class HoldsIn(Strict):
    at_least: Share = Field(description="share of the rows")


class SetClaim(Strict):
    """Set a group's features in each row, and that happens in so many of them."""

    id: Key
    ablate: Target | None = Field(None, description="a group: to zero")
    exchange: Target | None = Field(
        None, description="a group: the values of this row, in the run of another"
    )
    expect: SetExpectation
    holds: HoldsIn | Literal[False] = Field(
        description="in what share of the rows; false: tried, and in fewer than half"
    )
    note: str | None = Field(None, max_length=4000, description="Markdown")

    @property
    def group(self) -> str:
        return self.ablate or self.exchange or ""

    @property
    def at_least(self) -> float:
        return 0.5 if self.holds is False else self.holds.at_least

    @model_validator(mode="after")
    def _one_operation(self) -> SetClaim:
        if (self.ablate is None) == (self.exchange is None):
            raise ValueError("do one thing: ablate, exchange")
        if (self.exchange is not None) != (self.expect.share_above is not None):
            raise ValueError("`share_above` is what an exchange expects, and only that")
        return self


class SetAnnotations(Strict):
    """Everything people say about one set."""

    groups: dict[Key, SetGroup] = Field(default_factory=dict)
    claims: tuple[SetClaim, ...] = ()

    @field_validator("claims")
    @classmethod
    def _ids_differ(cls, claims: tuple[SetClaim, ...]) -> tuple[SetClaim, ...]:
        ids = [claim.id for claim in claims]
        if twice := next((one for one in ids if ids.count(one) > 1), None):
            raise ValueError(f"two claims are called `{twice}`")
        return claims


def load_set_annotations(file: Path) -> tuple[SetAnnotations, YamlSource]:
    """Raises TracerError or Problems with file:line:col."""
    source = load_yaml(file)
    if source.data is None:
        return SetAnnotations(), source
    return source.validate(SetAnnotations), source


def resolve_group(claim: SetClaim, said: SetAnnotations, account: SetAccount) -> list[SetNeuron]:
    """The neurons that a claim means. Raises TracerError where there are none."""
    group = said.groups.get(claim.group)
    if group is None:
        hint = did_you_mean(claim.group, list(said.groups)) or "name it under `groups:`"
        raise TracerError(f"there is no group `{claim.group}`", hint=hint)
    found = group.members(account)
    if not found:
        what = f"no neuron of the set is in the group `{claim.group}`"
        raise TracerError(what, hint="`tracer sets` lists them, with their slots and layers")
    return found


def set_claim_hash(claim: SetClaim, nodes: Mapping[str, object] | list[str], set_id: str) -> str:
    """sha256 over what decides the outcome in each row; not over how many should hold."""
    said = claim.model_dump(exclude_none=True, exclude={"id", "note", "holds"}, mode="json")
    decides = {"claim": said, "nodes": nodes, "set": set_id}
    canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
