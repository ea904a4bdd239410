"""`sets/<slug>/<revision>.evidence.json`: what interventions measured over a set's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from tracer.documents.binomial import exact_interval
from tracer.documents.enclosure import is_there
from tracer.documents.evidence import REDO, Verdict, Versions
from tracer.documents.files import read_bytes, write_atomically
from tracer.documents.graph import significant
from tracer.documents.json_text import decode
from tracer.documents.records import Many, Strict, first_mistake
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError

Number = Annotated[float, Field(allow_inf_nan=False)]
Halves = Literal["kin", "rows"]


class ExchangedPair(Strict):
    """Two rows, and with more and more neurons the share of the lead's move that is gained in the
    second one's run with the values of the first (`enough`), and lost the other way (`needed`).
    `controls` are as loud at the same places, as many as the set's `at`, one number a draw."""

    here: str
    there: str
    enough: Many[Number]
    needed: Many[Number]
    turns: Many[bool] = Field(description="whether the first's answer then comes in front there")
    controls_enough: Many[Number]
    controls_needed: Many[Number]


class HalvesExchanged(Strict):
    """Neurons picked on one half of a set, exchanged between pairs of the other half, both ways
    round. `halves` by kin: no kin, and so no answer, is in both."""

    halves: Halves
    counts: Many[int] = Field(description="how many neurons")
    at: int = Field(description="for how many of them there are controls")
    of: int = Field(description="neurons times places that they were picked from")
    answers: tuple[int, int] = Field(description="how many answers each half has")
    rows: tuple[int, int]
    apart: tuple[int, int] = Field(
        (0, 0), description="rows set apart that each half was picked on beside these"
    )
    picked: tuple[Many[str], Many[str]] = Field(description="on each half, the first strongest")
    picked_on: tuple[int, int] | None = Field(
        None, description="how many pairs of each half they were picked on; none: by an older rule"
    )
    pairs: Many[ExchangedPair]
    seed: int

    def mean(self, which: Literal["enough", "needed"], count: int) -> float:
        at = self.counts.index(count)
        return fmean(getattr(one, which)[at] for one in self.pairs)

    def controls(self, which: Literal["enough", "needed"]) -> float:
        values = [v for one in self.pairs for v in getattr(one, f"controls_{which}")]
        return fmean(values) if values else 0.0

    def turned(self, count: int) -> int:
        """In how many pairs the answer flips."""
        at = self.counts.index(count)
        return sum(one.turns[at] for one in self.pairs)


class RowTried(Strict):
    """What became of a claim in one row: the quantity before, after, and after each control."""

    key: str
    before: Number
    after: Number
    controls: Many[Number]
    bound_met: bool
    beats_all: bool

    @property
    def holds(self) -> bool:
        return self.bound_met and self.beats_all


class SetClaimEvidence(Strict):
    """A claim in all rows that it could be run in. `claim` is the hash of what was claimed."""

    id: str
    claim: str
    at_least: Number = Field(description="share of rows that was claimed when it was run")
    quantity: Literal["lead", "probability", "share"]
    features: int
    rows: Many[RowTried]
    seed: int

    @cached_property
    def held(self) -> int:
        return sum(one.holds for one in self.rows)

    @property
    def share(self) -> float:
        return self.held / len(self.rows) if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share of such rows in which it holds."""
        return exact_interval(self.held, len(self.rows)) if self.rows else (0.0, 1.0)

    def verdict(self, at_least: float) -> Verdict:
        """Whether it holds in that share of the rows; what is claimed may change afterwards."""
        return "holds" if self.rows and self.share >= at_least else "fails"


class SetEvidence(Strict):
    """All that was measured of one set."""

    format: Literal[1] = 1
    set_id: str
    versions: Versions
    exchanges: Many[HalvesExchanged] = ()
    claims: Many[SetClaimEvidence] = ()

    def exchange(self, halves: Halves) -> HalvesExchanged | None:
        return next((one for one in self.exchanges if one.halves == halves), None)

    def of(self, claim_hash: str, *, name: str | None = None) -> SetClaimEvidence | None:
        """What became of a claim of this content; with `name`, of the one that is called so."""
        known = (one for one in self.claims if one.claim == claim_hash)
        return next((one for one in known if name in (None, one.id)), None)

    def with_claim(self, found: SetClaimEvidence) -> SetEvidence:
        others = tuple(one for one in self.claims if one.id != found.id)
        return self.model_copy(update={"claims": (*others, found)})

    def with_exchange(self, found: HalvesExchanged) -> SetEvidence:
        others = tuple(one for one in self.exchanges if one.halves != found.halves)
        both = sorted([*others, found], key=lambda one: one.halves)
        return self.model_copy(update={"exchanges": tuple(both)})

    def to_json(self) -> str:
        """Canonical text: five significant digits, a pair or a row a line."""
        fields = self.model_dump(mode="json")
        exchanges = [_with_lines(one, "pairs") for one in fields.pop("exchanges")]
        claims = [_with_lines(one, "rows") for one in fields.pop("claims")]
        head = [f"{json.dumps(key)}: {_line(value)}" for key, value in fields.items()]
        head.append('"exchanges": [\n' + ",\n".join(exchanges) + "\n]")
        head.append('"claims": [\n' + ",\n".join(claims) + "\n]")
        return "{" + ",\n".join(head) + "}\n"

    def save(self, file: Path) -> None:
        """Raises TracerError when it cannot be written; what was there before stays."""
        write_atomically(file, self.to_json())


def set_evidence_file(set_file: Path) -> Path:
    return set_file.with_suffix(".evidence.json")


def load_set_evidence(file: Path) -> SetEvidence:
    """Raises TracerError with the place when the file is cut short or no evidence."""
    try:
        return SetEvidence.model_validate(decode(read_bytes(file), file, hint=REDO))
    except ValidationError as error:
        what = f"not evidence of a set: {first_mistake(error)}"
        raise TracerError(what, hint=REDO, place=Place(file)) from None


def evidence_of(set_file: Path, set_id: str) -> SetEvidence | None:
    """What is on disk, if it is about this very set."""
    file = set_evidence_file(set_file)
    found = load_set_evidence(file) if is_there(file) else None
    return found if found is not None and found.set_id == set_id else None


class StoredSetEvidence(StoredFile):
    """An evidence file, parsed when it is first asked for."""

    @cached_property
    def evidence(self) -> SetEvidence:
        return load_set_evidence(self.file)


def _with_lines(fields: dict[str, Any], key: str) -> str:
    lines: Sequence[Any] = fields.pop(key)
    head = [f"{json.dumps(k)}: {_line(v)}" for k, v in fields.items()]
    return "{" + ",\n".join([*head, f'"{key}": [\n' + ",\n".join(map(_line, lines)) + "\n]"]) + "}"


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
