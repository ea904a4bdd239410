"""A graph as two tables, nodes.csv and links.csv, in one zip file; with two more, heads.csv and
looks.csv, where it is known what its attention heads did.

CSV as in RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front
(OWASP, "CSV Injection"); numbers stay numbers, to as many digits as the viewer's data file holds.
`assets/viewer/sharing/export_csv.js` saves the same bytes from a graph's page, where a column
`shown` follows; it has the columns' names from here, by way of the data file.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import isfinite

from tracer.documents.annotations import Annotations
from tracer.documents.exchange.answer_label import own_label, stated_answers
from tracer.documents.exchange.head_tables import CARRIED_COLUMNS, LOOK_COLUMNS, carried, looks
from tracer.documents.exchange.neuronpedia_file import named_groups, pinned
from tracer.documents.graph import Graph, Node, significant
from tracer.documents.parts.heads import Heads

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
DIGITS = 4  # significant ones, as many as the viewer's data file holds
# What Python and browsers each take for white space, since both write tables.
_FORMULA = re.compile(r"[\s\x1c-\x1f\x85\ufeff]*[=+\-@\t\r\n]")
_POSITIONAL = (1e-6, 1e21)  # outside of these, browsers write numbers with an exponent
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's own; the same graph gives the same bytes

Cell = str | float | None


def tables(graph: Graph, annotations: Annotations, heads: Heads | None = None) -> bytes:
    """The zip file of both tables, and of two more where it is known what heads did."""
    texts = {
        "nodes.csv": table(NODE_COLUMNS, _nodes(graph, annotations)),
        "links.csv": table(LINK_COLUMNS, _links(graph)),
    }
    if heads is not None:
        texts["heads.csv"] = table(CARRIED_COLUMNS, carried(graph, annotations, heads))
        texts["looks.csv"] = table(LOOK_COLUMNS, looks(graph, annotations, heads))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
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
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if _FORMULA.match(cell) else cell
    return number_text(cell)


def number_text(value: float) -> str:
    """A number as browsers write it (ECMA-262, Number::toString).

    >>> number_text(2.0), number_text(-0.0), number_text(0.00012), number_text(-1.5e-9)
    ('2', '0', '0.00012', '-1.5e-9')
    """
    if value == 0:
        return "0"
    if _POSITIONAL[0] <= abs(value) < _POSITIONAL[1]:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    digits, _, power = repr(float(value)).partition("e")
    return f"{digits.removesuffix('.0')}e{int(power):+d}"


def _links(graph: Graph) -> Iterable[tuple[Cell, ...]]:
    """By target, then by source, each in the order of the nodes."""
    order = {node_id: number for number, node_id in enumerate(graph.node_ids)}
    links = sorted(graph.links, key=lambda one: (order[one.target], order[one.source], one.weight))
    for link in links:
        weight = significant(link.weight, DIGITS) if isfinite(link.weight) else 0.0
        yield link.source, link.target, weight


def _nodes(graph: Graph, annotations: Annotations) -> Iterable[tuple[Cell, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, ids in named_groups(graph, annotations):
        for one in ids:
            groups[one].append(name)
    pins, answers = set(pinned(graph, annotations)), stated_answers(graph)
    for node in graph.nodes:
        label, answer = annotations.label_of(node.node_id), answers.get(node.node_id)
        yield (
            node.node_id,
            node.kind,
            node.feature_type,
            None if node.layer_number < 0 else node.layer_number,
            node.index,
            node.ctx_idx,
            graph.metadata.prompt_tokens[node.ctx_idx],
            label.text if label else answer.token if answer else own_label(node),
            "; ".join(groups[node.node_id]),
            "yes" if node.node_id in pins else "",
            *_numbers(node, answer.probability if answer else None),
        )


def _numbers(node: Node, probability: float | None) -> Iterable[Cell]:
    for value in (node.activation, node.influence, node.effect, probability):
        yield None if value is None or not isfinite(value) else significant(value, DIGITS)
