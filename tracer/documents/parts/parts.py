"""What may lie beside a graph, packed: `<n>.flows.bin`, `.words.bin`, `.heads.bin` and
`.stability.bin`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracer.documents.enclosure import is_there
from tracer.documents.files import write_atomically
from tracer.documents.parts.flows import NAME as FLOWS
from tracer.documents.parts.flows import Flows, read_flows
from tracer.documents.parts.heads import NAME as HEADS
from tracer.documents.parts.heads import Heads, read_heads
from tracer.documents.parts.stability import NAME as STABILITY
from tracer.documents.parts.stability import Stability, read_stability
from tracer.documents.parts.words import NAME as WORDS
from tracer.documents.parts.words import Pushes, read_pushes


@dataclass(frozen=True)
class Parts:
    """None of what there is not: graphs of other programs have no parts, nor older ones."""

    flows: Flows | None = None
    pushes: Pushes | None = None
    heads: Heads | None = None
    stability: Stability | None = None

    def save(self, graph_file: Path) -> None:
        """Write them beside a graph, each atomically. Raises TracerError when they cannot be."""
        for file, packed in self._packed(graph_file):
            write_atomically(file, packed)

    def _packed(self, graph_file: Path) -> Iterator[tuple[Path, bytes]]:
        if self.flows is not None:
            yield flows_file(graph_file), self.flows.packed()
        if self.pushes is not None:
            yield words_file(graph_file), self.pushes.packed()
        if self.heads is not None:
            yield heads_file(graph_file), self.heads.packed()
        if self.stability is not None:
            yield stability_file(graph_file), self.stability.packed()


def flows_file(graph_file: Path) -> Path:
    """`1.flows.bin` for `1.json`."""
    return graph_file.with_suffix(f".{FLOWS}.bin")


def words_file(graph_file: Path) -> Path:
    """`1.words.bin` for `1.json`."""
    return graph_file.with_suffix(f".{WORDS}.bin")


def heads_file(graph_file: Path) -> Path:
    """`1.heads.bin` for `1.json`."""
    return graph_file.with_suffix(f".{HEADS}.bin")


def stability_file(graph_file: Path) -> Path:
    """`1.stability.bin` for `1.json`."""
    return graph_file.with_suffix(f".{STABILITY}.bin")


def load_parts(graph_file: Path, graph_id: str) -> Parts:
    """What lies beside a graph. Raises TracerError where it is damaged or of another graph."""
    flows, words, heads = (one(graph_file) for one in (flows_file, words_file, heads_file))
    stability = stability_file(graph_file)
    return Parts(
        read_flows(flows, graph_id) if is_there(flows) else None,
        read_pushes(words, graph_id) if is_there(words) else None,
        read_heads(heads, graph_id) if is_there(heads) else None,
        read_stability(stability, graph_id) if is_there(stability) else None,
    )
