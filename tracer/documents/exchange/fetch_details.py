"""Details of features of another program's graph, fetched once by a command and kept here."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from tracer.documents.exchange.download import download
from tracer.documents.exchange.feature_details import details_address, read_details
from tracer.documents.feature_examples import FeatureExamples, feature_key, is_key
from tracer.documents.feature_source import feature_source
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph import Graph, Node
from tracer.errors import TracerError

MOST = 200  # features, unless more are asked for
MAX_BYTES = 2_000_000  # of one
SECONDS, TOTAL_SECONDS = 60.0, 900.0  # for one, and for all
_SAVED_AT_ONCE = 20
_GIVEN_UP = 5  # failures in a row
Say = Callable[[int, int], None]


@dataclass
class Fetched:
    """Of the features asked for so many were kept; of others the `failed` say why."""

    kept: int = 0
    there: int = 0  # had a record already
    failed: tuple[str, ...] = ()
    ended: str = ""  # why it ended early


def fetch_details(
    graph: Graph,
    store: FeatureStore,
    hosts: Collection[str],
    *,
    most: int = MOST,
    force: bool = False,
    say: Say = lambda *_: None,
) -> Fetched:
    """Fetch the details of the graph's most influential features that have no record, and keep them
    in the store, some at a time, so that what was fetched stays whatever comes.

    Only over https, only from `hosts`, one after the other, each bounded in size and time. Raises
    TracerError for a graph that does not say where they are, and for a host that is not allowed.
    """
    source, wanted = feature_source(graph), dict(_addresses(graph))
    _refuse_unallowed(wanted, hosts)
    known = set() if force else store.keys(source)
    found, new = Fetched(there=len(wanted.keys() & known)), dict[str, FeatureExamples]()
    missing = [key for key in wanted if key not in known][:most]
    until, in_a_row = time.monotonic() + TOTAL_SECONDS, 0
    try:
        for nth, key in enumerate(missing):
            if in_a_row >= _GIVEN_UP or time.monotonic() > until:
                found.ended = "nothing came any more" if in_a_row else "it took too long"
                break
            say(nth, len(missing))
            address, number = wanted[key]
            try:
                text = download(address, max_bytes=MAX_BYTES, total_seconds=SECONDS, hosts=hosts)
                new[key] = read_details(text, address, number)
                in_a_row = 0
            except TracerError as error:
                found.failed = (*found.failed, error.message)
                in_a_row += 1
            if len(new) >= _SAVED_AT_ONCE:
                _save(store, source, new, found)
    except KeyboardInterrupt:
        found.ended = "interrupted"
    _save(store, source, new, found)
    return found


def _save(
    store: FeatureStore, source: str, new: dict[str, FeatureExamples], found: Fetched
) -> None:
    if new:
        store.save(source, new)
    found.kept += len(new)
    new.clear()


def _addresses(graph: Graph) -> Iterator[tuple[str, tuple[str, int]]]:
    """Of each feature, by key, the most influential first."""
    for node in sorted(graph.nodes, key=_rank):
        address, key = details_address(graph, node), feature_key(node.node_id)
        if address is not None and node.feature is not None and is_key(key):
            yield key, (address, node.feature)


def _rank(node: Node) -> float:
    return 1.0 if node.influence is None else node.influence


def _refuse_unallowed(wanted: dict[str, tuple[str, int]], hosts: Collection[str]) -> None:
    named = {urlsplit(address).netloc for address, _ in wanted.values()}
    if not named:
        what = "the graph does not say where details of its features are"
        hint = "name files: `tracer import-examples SLUG FILE…`; of graphs traced here, "
        raise TracerError(what, hint=f"{hint}`tracer find-examples` looks for texts itself")
    if others := sorted(named - {*hosts}):
        what = f"the graph's details are at `{others[0]}`, which `site.yaml` does not allow"
        raise TracerError(what, hint=f"if you trust it: `fetch_from: [{others[0]}]`")
