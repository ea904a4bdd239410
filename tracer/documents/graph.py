"""Attribution graph JSON: what circuit-tracer and Neuronpedia read, with ours under `tracer`.

Links are direct effects: `weight` is the source's contribution to the target in the frozen
forward pass (Ameisen et al. 2025, "Constructing an Attribution Graph for a Prompt").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from tracer.documents.account import Read, Word
from tracer.documents.drawing import Shown
from tracer.documents.files import MAX_GRAPH_BYTES, read_bytes, write_atomically
from tracer.documents.frames import digraph, frames
from tracer.documents.json_text import decode
from tracer.documents.node_words import automatic_name
from tracer.documents.other_formats import no_graph
from tracer.documents.parts.parts import Parts, load_parts
from tracer.documents.records import Many, Open, first_mistake
from tracer.documents.saved_view import QueryParameters
from tracer.documents.trace_info import Token, TracerInfo
from tracer.errors import Place, TracerError

RESTORE = "restore it from version control, or delete it and run `tracer build-graphs` again"
NodeKind = Literal["feature", "error", "embedding", "logit"]

NEURON = "neuron"
TRANSCODER = "cross layer transcoder"  # what circuit-tracer writes for every kind
ERROR = "mlp reconstruction error"
EMBEDDING = "embedding"
LOGIT = "logit"
BIAS = "bias"

_LAYER = re.compile(r"-?[0-9]{1,5}\Z")
# Far beyond what any vocabulary or viewer has: every one is written into pages, some several times.
Name = Annotated[str, StringConstraints(max_length=1_000)]
Said = Annotated[str, StringConstraints(max_length=100_000)]
Text = Annotated[str, StringConstraints(max_length=1_000_000)]


def _layer(value: object) -> str:
    """Numbers and text alike; embeddings stand at `E`, in some files at -1."""
    text = str(value)
    if isinstance(value, float) and value.is_integer():
        text = f"{value:.0f}"
    if text == "E":
        return text
    if not _LAYER.match(text):
        raise ValueError(f"a layer is a number or `E`, not `{text}`")
    return str(int(text))


class Metadata(Open):
    slug: str
    scan: str
    prompt_tokens: Many[Token]
    prompt: Text
    tracer: TracerInfo | None = None


class Node(Open):
    """A feature, an error, a prompt token or an answer token, at one position."""

    node_id: Name
    feature: int | None
    layer: Annotated[str, BeforeValidator(_layer)]
    ctx_idx: int
    feature_type: Name
    js_node_id: Name = Field(alias="jsNodeId")
    clerp: Annotated[Said, BeforeValidator(lambda text: "" if text is None else text)]
    influence: float | None = None
    activation: float | None = None
    effect: float | None = None
    token_prob: float | None = None
    is_target_logit: bool | None = None
    reads: tuple[Read, ...] = ()
    pushes: tuple[Word, ...] = ()
    opposes: tuple[Word, ...] = ()

    @cached_property
    def kind(self) -> NodeKind:
        return _kind_of(self.feature_type, self.layer_number < 0)

    @property
    def automatic_name(self) -> str | None:
        """What a feature is called while nobody has named it."""
        if self.kind != "feature":
            return None
        return automatic_name(self.reads, self.pushes, self.opposes)

    @cached_property
    def layer_number(self) -> int:
        """Embeddings stand below layer 0."""
        return -1 if self.layer == "E" else int(self.layer)

    @cached_property
    def index(self) -> int | None:
        """The feature's index in its layer, or the vocabulary id of a token or answer."""
        if self.kind == "error":
            return None
        parts = self.node_id.split("_")  # `5_310_2`, and `5_lor_310_2` for a head's feature
        return int(parts[-2]) if len(parts) > 2 and parts[-2].isdecimal() else None


class Link(Open):
    source: str
    target: str
    weight: float


class _Beside:
    """The packed files beside a graph, where it came with them. They are no part of what it says:
    two graphs are equal whatever lies beside them."""

    def __init__(self, parts: Parts | None = None):
        self.parts = parts or Parts()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Beside)

    __hash__ = None  # type: ignore[assignment]


class Graph(Shown, Open):
    """A pruned attribution graph, as published. Nodes and links keep a stable order.

    A link's `weight` is a direct effect in the target's units (its activation, or logits); a node's
    `effect` is its signed effect on the answer over all paths, in logits; `influence` is the
    cumulative share of influence down to it, between 0 and 1.
    """

    metadata: Metadata
    query: QueryParameters = Field(
        default_factory=QueryParameters, validation_alias=AliasChoices("qParams", "query")
    )
    nodes: Many[Node]
    links: Many[Link]
    _beside: _Beside = PrivateAttr(default_factory=_Beside)

    def __repr__(self) -> str:
        size = f"{len(self.nodes):,} nodes, {len(self.links):,} links"
        return f"<Graph {self.metadata.slug}: {size}, of {self.metadata.scan}>"

    __str__ = __repr__

    def __rich_repr__(self) -> Iterator[str]:
        yield repr(self)

    @model_validator(mode="after")
    def _consistent(self) -> Graph:
        ids = {node.node_id for node in self.nodes}
        if len(ids) != len(self.nodes):
            raise ValueError("two nodes share one node_id")
        for link in self.links:
            if link.source not in ids or link.target not in ids:
                raise ValueError(f"the link {link.source} → {link.target} names an absent node")
        last = len(self.metadata.prompt_tokens)
        for node in self.nodes:
            if not 0 <= node.ctx_idx < last:
                raise ValueError(f"node {node.node_id} stands at position {node.ctx_idx} of {last}")
        return self

    @property
    def node_ids(self) -> list[str]:
        return [node.node_id for node in self.nodes]

    def to_json(self) -> str:
        """Canonical text: one node or link a line, five significant digits, a stable order.

        It is what Neuronpedia's upload and circuit-tracer's viewer read; ours is under
        `metadata.tracer`. Fields that are not known here stay as they came.
        """
        head = self.metadata.model_dump(by_alias=True, exclude_none=True)
        if "tracer" in head:
            head["tracer"] = _rounded(head["tracer"])
        nodes = (_node_fields(node) for node in self.nodes)
        links = (link.model_dump() for link in self.links)
        others = "".join(
            f",\n{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in (self.model_extra or {}).items()
        )
        return (
            f'{{"metadata": {json.dumps(head, ensure_ascii=False, indent=1)},\n'
            f'"qParams": {json.dumps(self.query.fields(), ensure_ascii=False)},\n'
            f'"nodes": [\n{_lines(nodes)}\n],\n'
            f'"links": [\n{_lines(links)}\n]{others}}}\n'
        )

    @property
    def parts(self) -> Parts:
        """The flows and words that it came with, if it did."""
        return self._beside.parts

    def beside(self, parts: Parts) -> Graph:
        """The same graph, with these flows and words."""
        found = self.model_copy()
        found._beside = _Beside(parts)
        return found

    def save(self, file: Path | str) -> None:
        """Write the canonical text atomically, with any folders it needs, and beside it the flows
        and words that it came with.

        Raises TracerError when it cannot be written; what was there before stays.
        """
        self.parts.save(Path(file))
        write_atomically(Path(file), self.to_json())

    @staticmethod
    def load(file: Path | str) -> Graph:
        """A graph of ours, of circuit-tracer or of Neuronpedia, with what lies beside it. Raises
        TracerError with the place when a file is damaged or no graph."""
        graph = load_graph(Path(file))
        info = graph.metadata.tracer
        return graph if info is None else graph.beside(load_parts(Path(file), info.graph_id))

    def to_pandas(self) -> tuple[Any, Any]:
        """Two `pandas.DataFrame`s, nodes and links. Raises TracerError where pandas is not
        installed."""
        return frames(self)

    def to_networkx(self) -> Any:
        """A `networkx.DiGraph`: nodes by their id, links with a `weight`. Raises TracerError where
        networkx is not installed."""
        return digraph(self)


def load_graph(file: Path) -> Graph:
    """Read a graph of ours, of circuit-tracer or of Neuronpedia.

    Raises TracerError with the place when the file is cut short, not JSON or not a graph.
    """
    return parse_graph(read_bytes(file, max_bytes=MAX_GRAPH_BYTES), file)


def parse_graph(content: bytes, file: Path) -> Graph:
    """A graph from a file's bytes; `file` is only for messages. Raises as `load_graph` does."""
    return graph_of(decode(content, file, hint=RESTORE), file)


def graph_of(data: Any, file: Path, *, hint: str = RESTORE, other: str = RESTORE) -> Graph:
    """A graph from decoded JSON. Raises TracerError that names the first thing wrong; `hint` says
    what to do about a damaged graph, `other` about what is no graph at all."""
    if (what := no_graph(data)) is not None:
        raise TracerError(f"not an attribution graph: {what}", hint=other, place=Place(file))
    try:
        return Graph.model_validate(data)
    except ValidationError as error:
        what = f"not an attribution graph: {first_mistake(error)}"
        raise TracerError(what, hint=hint, place=Place(file)) from None


@lru_cache(maxsize=64)
def _kind_of(feature_type: str, below: bool) -> NodeKind:
    """`below` says that it stands below layer 0, where there are only inputs, whatever they are
    called: `embedding`, or a picture's `patch` or a `state`."""
    if feature_type in (EMBEDDING, LOGIT):
        return cast(NodeKind, feature_type)
    # A bias is, like an error, something that flows in and that no feature says.
    if "error" in feature_type or feature_type == BIAS:
        return "error"
    return "embedding" if below else "feature"


def significant(value: float, digits: int = 5) -> float:
    """Rounded to `digits` significant digits."""
    return float(f"{value:.{digits}g}")


def _node_fields(node: Node) -> dict[str, Any]:
    fields = node.model_dump(by_alias=True)
    keep = ("feature", "influence", "activation")
    return {k: v for k, v in fields.items() if v not in (None, ()) or k in keep}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False)


def _lines(values: Iterable[Any]) -> str:
    return ",\n".join(_line(value) for value in values)
