"""The parts of `bench/gpu.py`: what is measured, in which order, and how long each may take."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from bench.card import SHAPES, Card, Found
from bench.engine import PRECISIONS, matrix_rate
from bench.gpu_peer import BATCHES, Peer, find_peer
from bench.in_memory import random_question
from bench.limits import attempted, is_memory
from bench.our_side import operations
from bench.parts import Parts, machine
from tracer.attribution.account.account_graph import AccountGraph
from tracer.attribution.node_graph import NodeGraph
from tracer.attribution.prune import prune
from tracer.attribution.trace import trace_ask
from tracer.documents.trace_settings import Precision, TraceSettings
from tracer.features.choose import settings_for

WHOLE = 480.0  # seconds for one run
LEAST = 5.0  # with less left no part begins


@dataclass(frozen=True)
class Part:
    """One thing to measure. `prepare` makes what it needs, and is not counted."""

    name: str
    seconds: float
    measure: Callable[[Found], None]
    prepare: Callable[[], object]
    of_peer: bool = False


def run(size: str, device: str, peer_folder: Path | None, file: Path) -> int:
    """Measures what `file` does not hold yet, and saves each part as it ends.

    Gives the exit status: 1 where a part failed for another reason than memory or time.
    """
    began, card = time.perf_counter(), Card(device, SHAPES[size])
    file.parent.mkdir(parents=True, exist_ok=True)
    sources = Path(__file__).parent.glob("*.py")
    parts = Parts.of(file, f"{machine(_name(device))}", *sorted(sources))
    parts.head |= {"size": size, "torch": torch.__version__}
    peer = find_peer(peer_folder)
    late, status = [], 0
    for part in plan(card, peer):
        there = parts.found.get(part.name)
        if there is not None and "error" not in there:
            say(f"{part.name}: as found before")
            continue
        left = WHOLE - (time.perf_counter() - began)
        if part.of_peer and isinstance(peer, str):
            say(f"{part.name}: not run, {peer}")
        elif left < LEAST:
            late.append(part.name)
        else:
            say(f"{part.name} …")
            found = attempted(part.prepare, part.measure, min(part.seconds, left))
            if "left_out" in found and left < part.seconds:
                late.append(part.name)  # it did not have all of its time
                continue
            parts.found[part.name] = found
            parts.save()
            status = max(status, int("error" in found))
            say(f"  {told(found)}")
    if late:
        say(f"left out, {WHOLE:.0f} s being over: {', '.join(late)}; run it again to go on")
    say(f"{len(parts.found)} parts in {file}")
    return status


def told(found: Found) -> str:
    """One line about a part."""
    shown = [f"{key} {found[key]}" for key in ("seconds", "tokens", "card_gib") if key in found]
    stopped = [f"{key.replace('_', ' ')}: {found[key]}" for key in STOPPED if key in found]
    return "; ".join([*shown, *stopped, f"took {found['took']} s"])


STOPPED = ("stopped", "left_out", "out_of_memory", "error")


def plan(card: Card, peer: Peer | str) -> Iterator[Part]:
    """Short ones first; all together less than WHOLE."""
    shapes, transcoders = card.shapes, card.with_transcoders
    precisions: tuple[Precision, ...] = ("float32", "fast")
    yield Part("matrix products", 10, partial(rates, card), lambda: None)
    for tokens, seconds in zip(shapes.tokens, (25, 40), strict=True):
        for precision in precisions:
            name = f"transcoders, {tokens} tokens, {precision}"
            measure = partial(of_transcoders, card, tokens, precision)
            yield Part(name, seconds, measure, transcoders)
    yield Part("longest prompt, transcoders", 75, partial(longest, card), transcoders)
    for tokens, seconds in zip(shapes.tokens, (45, 75), strict=True):
        name, measure = f"circuit-tracer, {tokens} tokens", partial(of_peer, card, peer, tokens)
        yield Part(name, seconds, measure, transcoders, of_peer=True)
    for tokens, both in zip(shapes.neuron_tokens, ((15, 30), (20, 45)), strict=True):
        modes: tuple[Literal["transparent", "nodes"], ...] = ("transparent", "nodes")
        for mode, seconds in zip(modes, both, strict=True):
            name = f"neurons, {tokens} tokens, account {'on' if mode == 'transparent' else 'off'}"
            measure = partial(of_neurons, card, tokens, mode)
            yield Part(name, seconds, measure, card.with_neurons)


def rates(card: Card, found: Found) -> None:
    """GFLOP/s of matrix products, which a sweep cannot beat."""
    for precision in PRECISIONS:
        found[precision] = round(matrix_rate(precision, card.device, card.shapes.product), 1)


def of_transcoders(card: Card, tokens: int, precision: Precision, found: Found) -> None:
    card.begin()
    for _ in range(card.shapes.repeats):
        _add(found, _transcoders_once(card, tokens, precision, found))
        found |= card.memory()


def _transcoders_once(card: Card, tokens: int, precision: Precision, found: Found) -> Found:
    """Seconds of one trace with scores and pruning; what was traced goes to `found`."""
    model, features = card.with_transcoders()
    settings = TraceSettings(
        coverage=1.0,
        max_expanded=card.shapes.transcoders.expanded,
        precision=precision,
        allow_misfit=True,  # the set is random
    )
    steps: list[float] = []
    start = time.perf_counter()
    traced = trace_ask(
        random_question(card.shapes.transcoders, tokens),
        model=model,
        features=features,
        settings=settings_for(settings, features),
        progress=lambda *_: steps.append(time.perf_counter()),
    )
    card.wait()
    swept = time.perf_counter()
    assert isinstance(traced, NodeGraph)  # transcoders' graphs are
    traced.scores()
    prune(
        traced.matrix,
        influence=traced.influence,
        node_threshold=settings.node_threshold,
        edge_threshold=settings.edge_threshold,
    )
    card.wait()
    end = time.perf_counter()
    found |= {
        "tokens": tokens,
        "active": traced.swept.columns.n_features,
        "expanded": len(traced.swept.expanded),
        "gflop": round(operations(traced, traced.swept.cut) / 1e9, 1),
    }
    return {"forward": steps[1] - start, "trace": swept - start, "prune": end - swept}


def longest(card: Card, found: Found) -> None:
    """Twice as many tokens each time, until they do not fit; then once between the two."""
    found["tries"] = []
    tokens = card.shapes.first_long
    while tokens <= card.shapes.longest and _fits(card, tokens, found):
        tokens *= 2
    if "stopped" not in found:
        found["stopped"] = "more were not tried"
    elif found["tries"]:
        _fits(card, 3 * found["tokens"] // 2, found)


def _fits(card: Card, tokens: int, found: Found) -> bool:
    """Whether so many tokens can be traced; what it took goes to `found`."""
    card.begin()
    try:
        times = _transcoders_once(card, tokens, "float32", found)
    except Exception as error:
        if not is_memory(error):
            raise
        found["stopped"] = f"{tokens:,} tokens do not fit"
        return False
    seconds = round(_total(times), 4)
    found["tries"].append({"tokens": tokens, "seconds": seconds, **card.memory()})
    found |= found["tries"][-1]
    return True


def of_neurons(
    card: Card, tokens: int, mode: Literal["transparent", "nodes"], found: Found
) -> None:
    """With the account (`transparent`), or with what is not listed as nodes, pruning included."""
    model, features = card.with_neurons()
    settings = settings_for(TraceSettings(remainder=mode), features)
    ask = random_question(card.shapes.neurons, tokens)
    card.begin()
    for _ in range(card.shapes.repeats):
        start = time.perf_counter()
        traced = trace_ask(ask, model=model, features=features, settings=settings)
        graph = traced.prune()
        card.wait()
        _add(found, {"trace": time.perf_counter() - start})
        found |= {"tokens": tokens, "nodes": len(graph.nodes), "links": len(graph.links)}
        if isinstance(traced, AccountGraph):
            found["listed"] = len(traced.account)
        found |= card.memory()


def of_peer(card: Card, peer: Peer | str, tokens: int, found: Found) -> None:
    """The same weights and the same tokens, at the better one of two batch sizes."""
    assert not isinstance(peer, str)
    most, ids = card.shapes.transcoders.expanded, random_question(card.shapes.transcoders, tokens)
    card.begin()
    model = peer.model(*card.with_transcoders(), positions=max(256, tokens))
    found |= {"tokens": tokens, "version": peer.version}
    for batch in BATCHES:
        _add(found, {"batch": batch, **peer.once(model, ids.token_ids, batch, most, found)})
        found |= card.memory()
    found["seconds"] = round(min(_total(one) for one in found["runs"]), 4)


def _add(found: Found, times: Found) -> None:
    """One more run; `seconds` is the median of all so far."""
    runs = [*found.get("runs", []), {key: round(value, 4) for key, value in times.items()}]
    found |= {"runs": runs, "seconds": round(statistics.median(map(_total, runs)), 4)}


def _total(times: Found) -> float:
    return float(times["trace"] + times.get("prune", 0))


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "no card"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
