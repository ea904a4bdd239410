"""Compares with circuit-tracer 0.5 on the same random weights, in one run: `make bench-peer`.

Both sides trace, score and prune; the peer at its best batch size. Results go to
`bench/peer.json`, ratios of medians to the screen and into README.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.workload import SIZES, Size, write_workload  # noqa: E402

SCRATCH = ROOT / ".tracer" / "bench"
BATCHES = ("16", "32", "64", "128", "256")
# Minutes each, and on M the smallest is the fastest.
FEWER_BATCHES = {"L": ("16", "64"), "P": ("16", "64")}


def main() -> None:
    peer_python, names = sys.argv[1], sys.argv[2:] or ["M", "L", "P"]
    file = ROOT / "bench" / "peer.json"
    for name in names:
        found = {**compare(SIZES[name], peer_python), **_circumstances()}
        say(json.dumps(found["ratios"]))
        before = json.loads(file.read_text())["sizes"] if file.exists() else []
        sizes = {one["ratios"]["size"]: one for one in before} | {name: found}
        record = {"sizes": [sizes[one] for one in SIZES if one in sizes]}
        file.write_text(json.dumps(record, indent=1) + "\n")


def _circumstances() -> dict[str, Any]:
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, no GPU",
        "date": time.strftime("%Y-%m-%d"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "load": os.getloadavg()[0],
    }


def compare(size: Size, peer_python: str, device: str = "cpu") -> dict[str, Any]:
    """One workload, each side in its own process, one after the other."""
    folder = SCRATCH / size.name
    write_workload(size, folder)
    most = str(size.expanded or "all")
    ours = {
        precision: run_side(
            sys.executable, "our_side.py", folder, precision, most, "3", precision, device
        )
        for precision in ("float32", "fast")
    }
    batches = FEWER_BATCHES.get(size.name, BATCHES)
    peer = run_side(peer_python, "peer_side.py", folder, "peer", most, "1", device, *batches)
    # Batches grow, so the best one's peak is not yet that of larger ones.
    best_run = min(peer["runs"], key=_total)
    best = _total(best_run)
    ratios = {"size": size.name, "peer_seconds": best, "peer_peak_gib": _gib(best_run)}
    for precision, side in ours.items():
        median = statistics.median(_total(run) for run in side["runs"])
        ratios[precision] = {
            "seconds": median,
            "times_faster": best / median,
            "peak_gib": _gib(side),
            "of_peer_memory": side["peak_rss_bytes"] / best_run["peak_rss_bytes"],
            **agreement(folder, precision),
        }
    return {"ratios": ratios, "ours": ours, "peer": peer}


def agreement(folder: Path, precision: str) -> dict[str, float]:
    """How far rows and pruned graphs agree, over the rows that both sides expanded."""
    ours = torch.load(folder / f"{precision}.pt", weights_only=True)
    peer = torch.load(folder / "peer.pt", weights_only=True)
    n_logits = len(ours["logit_tokens"])
    mine = {tuple(place): column for column, place in enumerate(ours["active"].tolist())}
    same_features = [mine[tuple(place)] for place in peer["active"].tolist()]
    assert len(mine) == len(same_features) and same_features == sorted(same_features)
    assert torch.equal(ours["logit_tokens"], peer["logit_tokens"].to(ours["logit_tokens"]))
    my_rank = {column: rank for rank, column in enumerate(ours["expanded"].tolist())}
    theirs = peer["selected"].tolist()
    shared = [(my_rank[column], rank) for rank, column in enumerate(theirs) if column in my_rank]
    n_peer = len(theirs)
    columns = torch.tensor([*theirs, *range(len(mine), ours["rows"].shape[1])])
    left = ours["rows"][torch.tensor([rank for rank, _ in shared])][:, columns]
    right = peer["adjacency"][torch.tensor([rank for _, rank in shared])][:, : len(columns)]
    logits = ours["rows"][-n_logits:][:, columns] - peer["adjacency"][-n_logits:, : len(columns)]
    found = {
        "rows_compared": len(shared),
        "row_error": float((left - right).norm() / right.norm()),
        "logit_row_error": float(logits.norm() / peer["adjacency"][-n_logits:].norm()),
    }
    if n_peer == len(mine):
        found |= _pruned_agreement(ours, peer)
    return found


def _pruned_agreement(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, float]:
    """How much of the pruned graphs is the same, node by node and link by link, where the peer
    expanded everything. Features without influence have no row on our side."""
    n_peer, n_mine = len(peer["active"]), len(ours["expanded"])
    n_logits = len(ours["logit_tokens"])
    n_rest = len(ours["nodes"]) - n_mine
    sources = [*ours["expanded"].tolist(), *range(n_peer, n_peer + n_rest)]
    targets = [*sources[:n_mine], *range(n_peer + n_rest, n_peer + n_rest + n_logits)]
    my_nodes = {sources[one] for one in ours["nodes"].nonzero()[:, 0].tolist()}
    their_nodes = set(peer["nodes"][:-n_logits].nonzero()[:, 0].tolist())
    my_links = {(targets[t], sources[s]) for t, s in ours["links"].tolist()}
    their_links = set(map(tuple, peer["edges"].nonzero().tolist()))
    top = {sources[one] for one in ours["influence"].argsort(descending=True)[:50].tolist()}
    return {
        "nodes_in_common": len(my_nodes & their_nodes) / len(my_nodes | their_nodes),
        "links_in_common": len(my_links & their_links) / len(my_links | their_links),
        "top_50_kept": len(top & their_nodes) / len(top),
    }


def run_side(python: str, script: str, folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    result = folder / f"{name}.json"
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    environment["PYTHONPATH"] = str(ROOT)
    command = [python, str(ROOT / "bench" / script), str(folder), str(result), *arguments]
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
    side: dict[str, Any] = json.loads(result.read_text())
    return {**side, "process_seconds": time.perf_counter() - start}


def _total(run: dict[str, float]) -> float:
    return run["trace"] + run["prune"]


def _gib(side: dict[str, Any]) -> float:
    return float(side["peak_rss_bytes"]) / 2**30


def _output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.strip()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
