"""Whether a graph's account adds up, from its files alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from tracer.documents.account import AccountInfo
from tracer.documents.graph import Graph, Node
from tracer.documents.parts.ledger import WITHIN, Gap, Ledger
from tracer.documents.stored_file import StoredFile
from tracer.errors import Place, TracerError
from tracer.site.content.entry import Entry
from tracer.site.content.graph_parts import find_parts

_TOLD = 3
_LINKS_WITHIN = 5e-4  # of the absolute sum: a packed flow may be off by 2e-4 of itself


def of_account(entry: Entry) -> Iterator[TracerError]:
    """Of each revision: parts that are missing, damaged or of another graph, and sums that do not
    close."""
    revisions = {**entry.older, entry.revision: entry.stored}
    for number, stored in sorted(revisions.items()):
        graph = stored.graph
        info = graph.metadata.tracer
        parts = entry.parts.get(number)
        if info is None:
            yield from _of_nothing(parts.files if parts else ())
            continue
        found = find_parts(parts, graph)
        yield from found.faults
        if info.account is None:
            kept = [one for one in (parts.flows, parts.words) if one] if parts else []
            yield from _of_nothing(kept)
            continue
        if (flows := found.parts.flows) is not None:
            yield from _open_books(graph, info.account, Ledger(flows), stored.file)


def _of_nothing(files: Iterable[StoredFile]) -> Iterator[TracerError]:
    """Parts beside a graph that keeps no account."""
    for one in files:
        what = "the graph beside this keeps no account, so nothing reads this"
        yield TracerError(what, hint="remove it", place=Place(one.file))


def _open_books(
    graph: Graph, account: AccountInfo, ledger: Ledger, file: Path
) -> Iterator[TracerError]:
    gaps = [*_gaps(graph, account, ledger)]
    for one in islice(gaps, _TOLD):
        hint = "one of its files was changed; restore it, or run `tracer build-graphs` again"
        yield TracerError(f"the account does not add up: {one}", hint=hint, place=Place(file))
    if len(gaps) > _TOLD:
        what = f"and {len(gaps) - _TOLD} sums more do not add up"
        yield TracerError(what, place=Place(file))


def _gaps(graph: Graph, account: AccountInfo, ledger: Ledger) -> Iterator[Gap]:
    """Within the packed flows, and between them and what the graph says."""
    yield from ledger.gaps()
    flows, nodes = ledger.flows, {node.node_id: node for node in graph.nodes}
    said = {one: node.effect for one, node in nodes.items() if node.effect is not None}
    inputs = [said[one] for one, node in nodes.items() if one in said and _is_input(node)]
    gross = sum(map(abs, inputs)) or abs(account.quantity)
    sums = [
        ("what words and constants add up to", sum(inputs), account.quantity, gross),
        ("the answer, from its flows", ledger.quantity, account.quantity, gross),
    ]
    for name, effect in zip(flows.features, flows.effects, strict=True):
        sums.append((f"the effect of {name}", effect, said.get(name, 0.0), abs(effect)))
    for name, share in zip(flows.inputs, ledger.shares, strict=True):
        if name in said:
            sums.append((f"the share of {name}", share, said[name], gross))
    for what, found, expected, size in sums:
        if not abs(found - expected) <= WITHIN * size:
            yield Gap(what, found, expected, size)
    yield from _links(graph, ledger)


def _links(graph: Graph, ledger: Ledger) -> Iterator[Gap]:
    """The links that the graph lists, against the packed flows."""
    flows, nodes = ledger.flows, {node.node_id: node for node in graph.nodes}
    sources = {name: at for at, name in enumerate((*flows.features, *flows.inputs))}
    k = len(flows.features)
    listed: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for link in graph.links:
        source, target = sources.get(link.source), ledger.place.get(link.target)
        node = nodes[link.target]
        if source is None or target is None or not node.activation or node.effect is None:
            continue
        row, given = flows.between[target], flows.entering[target]
        packed = row[source] if source < len(row) else given[source - k] if source >= k else 0.0
        listed[link.target].append((link.weight * node.effect / node.activation, packed))
    for target_id, pairs in listed.items():
        found, expected = (sum(side) for side in zip(*pairs, strict=True))
        size = sum(abs(flow) for flow, _ in pairs)
        if not abs(found - expected) <= _LINKS_WITHIN * size:
            yield Gap(f"the links to {target_id}", found, expected, size)


def _is_input(node: Node) -> bool:
    return node.kind in ("embedding", "error")
