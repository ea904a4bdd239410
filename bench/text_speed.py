"""How fast `tracer find-examples` reads beside the bare pass: `python text_speed.py RESULT.json`.

The default model on the texts of this repository, for every feature that its graphs list. Bare is
the same model without its logits, with the attention that transformers takes of itself, on the same
batches, by turns with the reading; what is kept of each batch counts as reading.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tracer.batch.text_contexts import CONTEXT, Contexts, Place  # noqa: E402
from tracer.batch.text_pass import CONTEXTS, values_of  # noqa: E402
from tracer.batch.wanted_features import wanted_by_source  # noqa: E402
from tracer.documents.texts import find_texts  # noqa: E402
from tracer.interventions.targets import find_targets  # noqa: E402
from tracer.interventions.texts.batch import Batch  # noqa: E402
from tracer.interventions.texts.running import Running  # noqa: E402
from tracer.model.load import load_model  # noqa: E402

BATCHES = 6  # behind one that warms up
SOURCE = "smollm2-135m-instruct.neurons"


def main() -> None:
    model = load_model(device="cpu")
    targets = find_targets(model, "neurons")
    features = [one.feature for one in wanted_by_source(ROOT)[SOURCE].features.values()]
    contexts = Contexts(model.tokenizer, find_texts([ROOT / "docs"]))
    running = Running.empty(len(features), len(contexts.sorts))
    start = model.tokenizer.start_token
    prompt: Any = SimpleNamespace(model=model, targets=targets)
    runs: list[tuple[int, float, float]] = []
    for batch, _ in contexts.batches(Place(), CONTEXTS):
        ids = [[start, *one.tokens, *[start] * (CONTEXT - len(one.tokens))] for one in batch]
        bare = _bare(model.causal_lm, torch.tensor(ids))
        begin = time.perf_counter()
        running.add(Batch(batch, values_of(prompt, features, batch, start)))
        reading = time.perf_counter() - begin
        runs.append((sum(len(one.tokens) for one in batch), bare, reading))
        if len(runs) > BATCHES:
            break
    runs = runs[1:]
    record = {
        "features": len(features),
        "tokens": sum(tokens for tokens, _, _ in runs),
        "bare": statistics.median(tokens / bare for tokens, bare, _ in runs),
        "reading": statistics.median(tokens / reading for tokens, _, reading in runs),
        "share": statistics.median(bare / reading for _, bare, reading in runs),
    }
    Path(sys.argv[1]).write_text(json.dumps(record))


@torch.no_grad()
def _bare(causal_lm: Any, ids: torch.Tensor) -> float:
    """Seconds of one pass with transformers' own choice of attention."""
    causal_lm.set_attn_implementation("sdpa")
    begin = time.perf_counter()
    causal_lm.base_model(ids, use_cache=False)
    seconds = time.perf_counter() - begin
    causal_lm.set_attn_implementation("eager")
    return seconds


if __name__ == "__main__":
    main()
