"""Our side of the comparison: trace + score + prune on a workload, without loading.

`python our_side.py FOLDER RESULT.json EXPANDED|all REPEATS PRECISION [DEVICE]`
"""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import cast

STARTED = time.perf_counter()

import torch  # noqa: E402

from bench.memory import peak_bytes  # noqa: E402
from tracer.attribution.cut import Count  # noqa: E402
from tracer.attribution.node_graph import NodeGraph  # noqa: E402
from tracer.attribution.prune import prune  # noqa: E402
from tracer.attribution.trace import trace  # noqa: E402
from tracer.documents.trace_settings import Device, Precision, TraceSettings  # noqa: E402
from tracer.model.load import load_model  # noqa: E402


def main() -> None:
    folder, result = Path(sys.argv[1]), Path(sys.argv[2])
    most = None if sys.argv[3] == "all" else int(sys.argv[3])
    repeats, precision = int(sys.argv[4]), cast("Precision", sys.argv[5])
    device = cast("Device", sys.argv[6] if len(sys.argv) > 6 else "cpu")
    ids = json.loads((folder / "tokens.json").read_text())
    prompt = " ".join(f"t{one}" for one in ids[1:])
    settings = TraceSettings(coverage=1.0, max_expanded=most, precision=precision)
    loading = time.perf_counter()
    model = load_model(str(folder / "model"), device=device, precision=precision)
    loaded = time.perf_counter()
    runs = []
    for _ in range(repeats):
        found = pruned = scores = None  # as if each run were the only one
        steps: list[float] = []
        start = time.perf_counter()
        found = trace(
            prompt,
            model=model,
            features=str(folder / "features"),
            settings=settings,
            allow_misfit=True,  # the set is random, so that both sides have it
            progress=lambda *_, steps=steps: steps.append(time.perf_counter()),
        )
        traced = time.perf_counter()
        assert isinstance(found, NodeGraph)  # transcoders' graphs are
        scores = found.scores()
        pruned = prune(
            found.matrix,
            influence=found.influence,
            node_threshold=settings.node_threshold,
            edge_threshold=settings.edge_threshold,
        )
        end = time.perf_counter()
        forward = steps[1] - start  # the model once, and which features are active
        runs.append({"trace": traced - start, "prune": end - traced, "forward": forward})
        sys.stdout.write(f"tracer ({precision}): {traced - start:.2f} + {end - traced:.2f} s\n")
        sys.stdout.flush()
    assert isinstance(found, NodeGraph) and scores is not None and pruned is not None
    peak = peak_bytes()
    on_card = torch.cuda.max_memory_allocated() if device == "cuda" else None
    torch.save(
        {
            "rows": found.swept.rows,
            "active": _places(found),
            "expanded": found.swept.expanded,
            "logit_tokens": torch.tensor(found.targets.token_ids),
            "nodes": pruned.nodes,
            "links": pruned.links,
            "influence": found.influence,
        },
        result.with_suffix(".pt"),
    )
    result.write_text(
        json.dumps(
            {
                "active": found.swept.columns.n_features,
                "expanded": len(found.swept.expanded),
                "scores": [scores.replacement, scores.completeness],
                "unexpanded": scores.unexpanded,
                "runs": runs,
                "cut": found.swept.cut,
                "operations": operations(found, found.swept.cut),
                "operations_without_cut": operations(found, 0),
                "import_seconds": loading - STARTED,
                "load_seconds": loaded - loading,
                "peak_rss_bytes": peak,
                "peak_card_bytes": on_card,
            }
        )
    )


def operations(found: NodeGraph, cut: int) -> float:
    """Multiplications and additions of the sweep, as it counts them itself."""
    swept = found.swept
    expanded = [
        int(((swept.expanded >= start) & (swept.expanded < end)).sum())
        for start, end in pairwise(swept.columns.starts)
    ]
    return Count.of(found.frozen, found.layers, expanded).operations(cut)


def _places(found: NodeGraph) -> torch.Tensor:
    """(features, 3): layer, position and index of each column."""
    return torch.cat(
        [
            torch.stack([torch.full_like(one.positions, layer), one.positions, one.indices], dim=1)
            for layer, one in enumerate(found.layers)
        ]
    )


if __name__ == "__main__":
    main()
