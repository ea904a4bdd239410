"""Neurons of the default model on one prompt: `python neurons.py MODE TOKENS REPEATS RESULT.json`.

`MODE` is what becomes of features that are not listed. Loading, silencing and
knocking heads out are not counted; what heads carry is told beside the rest.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import tracer  # noqa: E402
from bench.memory import peak_bytes  # noqa: E402
from tracer.attribution.account.account_graph import AccountGraph  # noqa: E402
from tracer.batch.found_heads import groups_of  # noqa: E402
from tracer.documents.trace_settings import TraceSettings  # noqa: E402

PROMPT = "The official language of the country where the Colosseum is located is"
TEXT = ROOT / "docs" / "method.md"  # where a longer prompt is cut from


def main() -> None:
    mode, tokens, repeats, result = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    model = tracer.load_model(device="cpu")
    prompt = prompt_of(model.tokenizer, tokens)
    settings = TraceSettings(remainder=mode)
    runs, before = [], peak_bytes()
    for _ in range(repeats):
        begin = time.perf_counter()
        found = tracer.trace(prompt, model=model, settings=settings)
        graph = found.prune()
        runs.append(time.perf_counter() - begin)
    record = {
        "mode": mode,
        "tokens": len(graph.metadata.prompt_tokens),
        "runs": runs,
        "peak_bytes": peak_bytes(),
        "loaded_bytes": before,
        "nodes": len(graph.nodes),
        "links": len(graph.links),
    }
    if isinstance(found, AccountGraph):
        shares = found.chosen.shares
        record["listed"] = len(found.account)
        record["flow"], record["input_flow"] = shares.flow, shares.input_flow
        groups = list(groups_of(graph).values())
        record["heads_seconds"] = min(_seconds(lambda: found.heads(groups)) for _ in runs)
    Path(result).write_text(json.dumps(record))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def prompt_of(tokenizer, tokens: int) -> str:  # type: ignore[no-untyped-def]
    """The gallery's first prompt where it has as many tokens, else so many tokens of a text."""
    if len(tokenizer.encode_prompt(PROMPT)) == tokens:
        return PROMPT
    ids = tokenizer.encode_prompt(TEXT.read_text(encoding="utf-8"))[:tokens]
    prompt: str = tokenizer.prompt_of(ids)
    return prompt


if __name__ == "__main__":
    main()
