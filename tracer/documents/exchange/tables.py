"""A graph as two tables, nodes.csv and links.csv, in one zip file.

CSV as in RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front
(OWASP, "CSV Injection"); numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.answer_label import answer_of
from tracer.documents.exchange.neuronpedia_file import named_groups, pinned
from tracer.documents.graph import Graph, Node, significant

NODE_COLUMNS = (
    "node_id",
    "kind",
    "feature_type",
    "layer",
    "index",
    "position",
    "token",
    "label",
    "groups",
    "pinned",
    "activation",
    "influence",
    "effect",
    "probability",
)
LINK_COLUMNS = ("source", "target", "weight")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's own; the same graph gives the same bytes

Cell = str | float | None


def tables(graph: Graph, annotations: Annotations) -> bytes:
    """The zip file of both tables."""
    links = ((link.source, link.target, significant(link.weight)) for link in graph.links)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("nodes.csv", table(NODE_COLUMNS, _nodes(graph, annotations))),
            ("links.csv", table(LINK_COLUMNS, links)),
        ):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return packed.getvalue()


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """One CSV table with its header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell


def _nodes(graph: Graph, annotations: Annotations) -> Iterable[tuple[Cell, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, ids in named_groups(graph, annotations):
        for one in ids:
            groups[one].append(name)
    pins = set(pinned(graph, annotations))
    for node in graph.nodes:
        label = annotations.label_of(node.node_id)
        yield (
            node.node_id,
            node.kind,
            node.feature_type,
            None if node.layer_number < 0 else node.layer_number,
            node.index,
            node.ctx_idx,
            graph.metadata.prompt_tokens[node.ctx_idx],
            label.text if label else node.clerp,
            "; ".join(groups[node.node_id]),
            "yes" if node.node_id in pins else "",
            *_numbers(node),
        )


def _numbers(node: Node) -> Iterable[Cell]:
    probability = answer_of(node).probability if node.kind == "logit" else None
    for value in (node.activation, node.influence, node.effect, probability):
        yield None if value is None else significant(value)
