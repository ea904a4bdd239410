"""`sets/<slug>/<revision>.json`: what holds for many prompts of one kind.

Of each row its account is kept in columns: the effect of the strongest neurons that two rows list,
and what flows between boxes, a number a row. The rows' own graphs would take a hundred times as
much room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from tracer.documents.files import MAX_GRAPH_BYTES, read_bytes
from tracer.documents.graph import significant
from tracer.documents.json_text import decode
from tracer.documents.records import Many, Plain, Strict, first_mistake
from tracer.documents.slots import shown_slot
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError

FORMAT = 1
REDO = "delete it and run `tracer build-graphs` again"
CORE, SOMETIMES = 0.8, 0.2  # of the rows: listed at least so often
ANSWER = "the answer"
Number = Annotated[float, Field(allow_inf_nan=False)]
Kind = Literal["core", "sometimes", "noise"]


class Mean(Strict):
    """Over rows, with the interval that 95 of 100 resamples of the rows fall into."""

    mean: Number
    low: Number
    high: Number


class SetNeuron(Strict):
    """A feature at one slot. `effects` has a number a row that counts, in logits: 0 where it is
    below what was kept. `listed` is in how many of those rows an account of its own lists it."""

    layer: int
    index: int
    slot: str
    listed: int
    effect: Mean
    effects: Many[Number]
    pushes: Many[str] = ()

    @property
    def name(self) -> str:
        return f"{self.layer}_{self.index}"

    @property
    def id(self) -> str:
        return f"{self.name}@{self.slot}"

    @property
    def shown(self) -> str:
        """Its id as people read it."""
        return f"{self.name}@{shown_slot(self.slot)}"


class SetBox(Strict):
    """All listed features of one slot between two layers, both included."""

    id: str
    slot: str
    layers: tuple[int, int]
    through: Mean


class SetFlow(Strict):
    """What runs from a box, a word, the start or biases to a box or the answer, in logits."""

    source: str
    target: str
    flow: Mean
    values: Many[Number] = Field(description="a number a row that counts")


class Fires(Strict):
    """How strongly a feature, by name, is active at its slot, a number a row, those set apart too;
    0 where a row has no such slot."""

    node: str
    values: Many[Number]


class Row(Strict):
    """One prompt, what the model said, and, where it counts, its account in short."""

    key: str
    words: Mapping[str, str]
    prompt: str
    tokens: int
    places: Many[int] = Field(description="of each token, its slot, by its number in `slots`")
    answer: str
    answer_id: int
    contrast_ids: Many[int]
    probability: Number
    said: str = Field(description="the likeliest token")
    said_probability: Number
    lead: Number = Field(description="logits over the mean of its contrast")
    counts: bool
    kin: str
    graph_id: str
    listed: int = Field(0, description="features in its account")
    cluster: int | None = None
    likeness: Number | None = Field(None, description="cosine with the mean of the other rows")
    odd: bool = False

    @property
    def shown(self) -> str:
        """Its words, or its key where a prompt was given whole."""
        return ", ".join(self.words.values()) or self.key


class Refusal(Strict):
    """A row that could not be asked."""

    key: str
    prompt: str
    error: str


class SetModel(Strict):
    name: str
    identity: str
    features: str
    features_identity: str
    layers: int


class SetAccount(Strict):
    """All of it. `inputs` are the words, start and biases that flows begin at, by slot."""

    format: Literal[1] = 1
    id: str
    slug: str
    title: str
    summary: str | None = None
    template: str | None = None
    tags: Many[str] = ()
    counts: Literal["first", "ahead"]
    model: SetModel
    slots: Many[str]
    rows: Many[Row]
    refused: Many[Refusal] = ()
    neurons: Many[SetNeuron] = Field(
        description="of those that two rows list or more the strongest, by mean |effect|"
    )
    left_out: int = Field(description="features that some row lists and `neurons` does not hold")
    boxes: Many[SetBox]
    inputs: Many[str]
    flows: Many[SetFlow]
    quantity: Mean
    resamples: int
    fires: tuple[Fires, ...] | None = Field(
        None, description="of sets over two words: where the features are active that vary most"
    )

    @cached_property
    def counted(self) -> tuple[Row, ...]:
        """The rows that count, in the order of every column."""
        return tuple(row for row in self.rows if row.counts)

    @property
    def apart(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.counts)

    def kind_of(self, neuron: SetNeuron) -> Kind:
        """By how many of the rows list it."""
        share = neuron.listed / max(1, len(self.counted))
        return "core" if share >= CORE else "sometimes" if share >= SOMETIMES else "noise"

    def of_kind(self, kind: Kind) -> tuple[SetNeuron, ...]:
        return tuple(one for one in self.neurons if self.kind_of(one) == kind)

    def to_json(self) -> str:
        """Canonical text: four significant digits, a row, neuron, box or flow a line."""
        fields = self.model_dump(mode="json", exclude_defaults=False)
        long = ("rows", "refused", "neurons", "boxes", "flows", *(["fires"] if self.fires else []))
        if self.fires is None:
            del fields["fires"]
        head = [f"{json.dumps(k)}: {_line(v)}" for k, v in fields.items() if k not in long]
        lists = [f"{json.dumps(k)}: [\n" + ",\n".join(map(_line, fields[k])) + "\n]" for k in long]
        return "{" + ",\n".join([*head, *lists]) + "}\n"


class RowAccount(Plain):
    """What is kept of one row's trace until its set is told: small, without tensors.

    `strong` are the strongest effects of all features, (layer, position, index, effect), and
    `least` is what those left out are weaker than. `flows` holds (source, target, value), where
    a box is `slot/part of the layers`.
    """

    format: Literal[1] = 1
    graph_id: str
    slots: tuple[str, ...]
    quantity: float
    listed: tuple[tuple[int, int, int], ...]
    pushes: tuple[tuple[str, ...], ...]
    strong: tuple[tuple[int, int, int, float], ...]
    least: float
    flows: tuple[tuple[str, str, float], ...]
    seconds: float = 0.0


def load_set(file: Path) -> SetAccount:
    """Raises TracerError with the place when the file is cut short or no account of a set."""
    try:
        raw = read_bytes(file, max_bytes=MAX_GRAPH_BYTES)
        return SetAccount.model_validate(decode(raw, file, hint=REDO))
    except ValidationError as error:
        what = f"not the account of a set: {first_mistake(error)}"
        raise TracerError(what, hint=REDO, place=Place(file)) from None


class StoredSet(StoredFile):
    """A set's file, parsed when it is asked for."""

    @property
    def account(self) -> SetAccount:
        """Raises TracerError as `load_set` does."""
        return _parsed(self)


@lru_cache(maxsize=16)
def _parsed(stored: StoredSet) -> SetAccount:
    return load_set(stored.file)


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        short = significant(value, 4)
        return int(short) if short == int(short) and abs(short) < 1e9 else short
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
