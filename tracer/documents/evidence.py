"""`graphs/<slug>/<revision>.evidence.json`: what happened when features were really set."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.graph import significant
from tracer.documents.head_names import HeadName
from tracer.documents.json_text import decode
from tracer.documents.prompts import ChatTurn, Counterfactual
from tracer.documents.records import Many, Strict, first_mistake
from tracer.documents.size_curve import SizeCurve, answers_with, stands_against
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError

FORMAT: Literal[1] = 1
REDO = "delete it and run `tracer verify` again"
Quantity = Literal["probability", "lead", "activation", "continuation"]
Circuit = Literal["groups", "strongest"]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Likely(Strict):
    """A possible next token."""

    token: str
    probability: Number


class Change(Strict):
    """A feature, its activation and what it was set to."""

    node: str
    before: Number
    after: Number


class Measure(Strict):
    """One quantity before and after, and after each control in its place.

    `lead` is a logit less that of another token. For a continuation 1 says that the expected
    happens, 0 that it does not. A claim holds only if each measure that `decides` beats all
    controls.
    """

    quantity: Quantity
    before: Number
    after: Number
    controls: Many[Number]
    beaten: int = Field(description="how many controls did less, in the expected direction")
    decides: bool = True

    @property
    def sides(self) -> tuple[float, float]:
        return self.before, self.after

    @property
    def beats_all(self) -> bool:
        return self.beaten == len(self.controls)


Verdict = Literal["holds", "fails"]


def verdict_of(bound_met: bool, measures: Iterable[Measure]) -> Verdict:
    """A claim holds only if it meets its bound and, in each measure that decides, does more than
    all of its controls."""
    beats = all(one.beats_all for one in measures if one.decides)
    return "holds" if bound_met and beats else "fails"


class LookWeight(Strict):
    """A head that no longer looked from a token at others, and how much it had looked there."""

    head: HeadName
    to: int = Field(description="the token that looked")
    keys: Many[int] = Field(description="those it looked at")
    weight: Number
    controls: Number = Field(description="the mean weight of the looks that controls lost instead")


class ClaimEvidence(Strict):
    """What became of one claim. `claim` is the hash of what was claimed of what."""

    id: str
    claim: str
    verdict: Verdict
    bound_met: bool
    seed: int
    changes: Many[Change]
    looks: tuple[LookWeight, ...] | None = Field(None, description="where heads were knocked out")
    measures: Many[Measure]
    before: Many[Likely]
    after: Many[Likely]
    continuation_before: str | None = None
    continuation_after: str | None = None


class NodeAblation(Strict):
    """One node alone set to zero: the change of what the graph explains, predicted and real,
    the answer's probability after it, and the change when its control is set to zero instead."""

    node: str
    predicted: Number
    actual: Number
    probability: Number | None
    control: Number | None


class PartAblation(Strict):
    """Many nodes set to zero at once. `value` is what the graph explains, in its unit."""

    ablated: int
    predicted: Number | None
    value: Number
    probability: Number | None
    control_values: Many[Number]
    control_probabilities: Many[Number]


class Faithfulness(Strict):
    """How far the graph's predictions agree with the model."""

    unit: Literal["logits", "activation"]
    value: Number = Field(description="what the graph explains, with nothing set")
    probability: Number | None
    seed: int
    nodes: Many[NodeAblation]
    correlation: Number | None
    slope: Number | None
    circuit: Circuit
    circuit_nodes: Many[str]
    necessity: PartAblation
    sufficiency: PartAblation | None = Field(
        None, description="no longer measured: with all else at zero there is no model left"
    )


class Exchanged(Strict):
    """Features that were given their values in the other run, both ways round, in shares of the
    whole move of the lead; and other features as loud at the same places, exchanged likewise."""

    features: int
    enough: Number = Field(description="share gained there, with the values from here")
    needed: Number = Field(description="share lost here, with the values from there")
    turns_there: bool = Field(description="whether the answer then comes in front there")
    turns_here: bool = Field(description="whether the answer then falls behind here")
    controls_enough: Many[Number] = ()
    controls_needed: Many[Number] = ()


class ExchangedLayer(Strict):
    """All features of one layer, exchanged both ways, in shares of the whole move of the lead."""

    layer: int
    features: int = Field(description="how many write something else there")
    enough: Number
    needed: Number


class OtherModel(Strict):
    """The model of another graph, in which the same prompt was run."""

    graph: str
    graph_id: str
    name: str


class Exchange(Strict):
    """A graph's prompt against a counterfactual of the same length. Leads are in logits, of the
    graph's `answer` over the `other`, the counterfactual's. Against another model, what is
    exchanged is what features write there, and `layers` say what each layer's features do."""

    prompt: str = Field(description="the counterfactual's; of a chat, what the model reads of it")
    chat: Many[ChatTurn] = Field((), description="the counterfactual's turns, where it is a chat")
    chat_date: date | None = Field(None, description="the day for its template")
    model: OtherModel | None = Field(None, description="the counterfactual's, where it is another")
    layers: Many[ExchangedLayer] = Field((), description="against another model")
    answer: str
    other: str
    other_id: int
    changed: Many[int] = Field(description="positions whose token is another")
    lead: Number
    lead_there: Number
    seed: int
    curve: Many[Exchanged] = Field(description="the strongest supporters among all features")
    early_layers: int = Field(description="the first layers: left out of `middle` where changed")
    late_layers: int = Field(description="the last layers: left out of `middle` at the last word")
    middle: Many[Exchanged] = Field(description="the same of those between")
    circuit: Circuit = "groups"
    circuit_nodes: Many[str] = ()
    circuit_exchanged: Exchanged | None = None

    def is_of(self, meant: Counterfactual) -> bool:
        """Whether this was measured against those very words and that answer."""
        if self.model is not None:
            return answers_with(self, meant) and meant.graph == self.model.graph
        return stands_against(self, meant)


class SilencedGroup(Strict):
    """A group that people made, set to zero at once. `confirmed` is the correlation, over likely
    words, of what its account predicts with what the model did; the words are those that moved so
    in both."""

    nodes: Many[str]
    confirmed: Number | None
    pushes: Many[str] = ()
    opposes: Many[str] = ()


class SilencedGroups(Strict):
    """All groups of a graph, in the order of its annotations."""

    groups: Many[SilencedGroup]

    def of(self, nodes: Iterable[str]) -> SilencedGroup | None:
        """What became of this very group."""
        meant = set(nodes)
        return next((one for one in self.groups if set(one.nodes) == meant), None)


class Versions(Strict):
    """What it was measured with."""

    tracer: str
    torch: str
    transformers: str
    precision: str


class Evidence(Strict):
    """All that was measured of one graph."""

    format: Literal[1] = 1
    graph_id: str
    versions: Versions
    faithfulness: Faithfulness | None = None
    exchange: Exchange | None = None
    curve: SizeCurve | None = None
    groups: SilencedGroups | None = None
    claims: Many[ClaimEvidence] = ()

    def of(self, claim_hash: str, *, name: str | None = None) -> ClaimEvidence | None:
        """What became of a claim of this content; with `name`, of the one that is called so."""
        known = (one for one in self.claims if one.claim == claim_hash)
        return next((one for one in known if name in (None, one.id)), None)

    def with_claim(self, found: ClaimEvidence) -> Evidence:
        """With this claim's evidence in place of any of the same id."""
        others = tuple(one for one in self.claims if one.id != found.id)
        return self.model_copy(update={"claims": (*others, found)})

    def to_json(self) -> str:
        """Canonical text: five significant digits, a claim or an ablated node a line."""
        parts_of_it = {"claims", "faithfulness", "exchange", "curve", "groups"}
        head = _rounded(self.model_dump(mode="json", exclude=parts_of_it))
        parts = [f"{json.dumps(key)}: {_line(value)}" for key, value in head.items()]
        if self.faithfulness is not None:
            fields = self.faithfulness.model_dump(mode="json")
            if fields["sufficiency"] is None:
                del fields["sufficiency"]
            nodes = _lines(fields.pop("nodes"))
            rest = "".join(
                f", {json.dumps(key)}:\n {_line(value)}" for key, value in fields.items()
            )
            parts.append(f'"faithfulness": {{"nodes": [\n{nodes}\n]{rest}}}')
        if self.exchange is not None:
            parts.append(f'"exchange": {_exchange_text(self.exchange)}')
        if self.curve is not None:
            parts.append(
                f'"curve": {_with_lines(self.curve, "points", without=_unsaid(self.curve))}'
            )
        if self.groups is not None:
            groups = _lines(self.groups.model_dump(mode="json")["groups"])
            parts.append(f'"groups": {{"groups": [\n{groups}\n]}}')
        claims = [one.model_dump(mode="json", exclude_none=True) for one in self.claims]
        parts.append(f'"claims": [\n{_lines(claims)}\n]')
        return "{" + ",\n".join(parts) + "}\n"

    def save(self, file: Path) -> None:
        """Raises TracerError when it cannot be written; what was there before stays."""
        write_atomically(file, self.to_json())


def evidence_file(graph_file: Path) -> Path:
    """Where the evidence of a graph lies."""
    return graph_file.with_suffix(".evidence.json")


class StoredEvidence(StoredFile):
    """An evidence file, parsed when it is first asked for."""

    @cached_property
    def evidence(self) -> Evidence:
        """Raises TracerError when the file is cut short or no evidence."""
        return load_evidence(self.file)


def load_evidence(file: Path) -> Evidence:
    """Raises TracerError with the place when the file is cut short or no evidence."""
    try:
        return Evidence.model_validate(decode(read_bytes(file), file, hint=REDO))
    except ValidationError as error:
        what = f"not evidence: {first_mistake(error)}"
        raise TracerError(what, hint=REDO, place=Place(file)) from None


def _exchange_text(exchange: Exchange) -> str:
    unsaid = _unsaid(exchange)
    if exchange.model is None:
        return _with_lines(exchange, "curve", "middle", without=("model", "layers", *unsaid))
    return _with_lines(exchange, "layers", "curve", "middle", without=unsaid)


def _unsaid(found: Exchange | SizeCurve) -> list[str]:
    """What only a chat has, where there is none."""
    return [key for key in ("chat", "chat_date") if not getattr(found, key)]


def _with_lines(found: BaseModel, *keys: str, without: Sequence[str] = ()) -> str:
    """An object whose lists under these keys have a line for each item, behind all else."""
    fields = found.model_dump(mode="json", exclude=set(without))
    curves = [f"{json.dumps(key)}: [\n{_lines(fields.pop(key))}\n]" for key in keys]
    rest = (f"{json.dumps(key)}: {_line(value)}" for key, value in fields.items())
    return "{" + ",\n".join([*rest, *curves]) + "}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False)


def _lines(values: list[Any]) -> str:
    return ",\n".join(map(_line, values))
