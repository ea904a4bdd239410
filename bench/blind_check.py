"""`bench/blind_check.json`: forty suggested names, drawn by a seed, and what a reader made of each.

A name is drawn by the digest of the seed and its feature, so that nobody chooses, and so that new
records change few. `--draw` prints the sample with the texts that the reader saw before the name
was judged; without it the list is checked against the records and told.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.peer import say  # noqa: E402
from tracer.documents.feature_examples import FeatureExamples, Suggestion  # noqa: E402
from tracer.documents.feature_pack import packed_records  # noqa: E402

LIST = ROOT / "bench" / "blind_check.json"
SEED, COUNT = "tracer names 2026-11-29", 40
LEAST_READ = 1_000_000  # tokens; names from fewer are made anew when all of the corpus is read
TEXTS = 6  # of the strongest, shown to the reader


def records() -> dict[str, FeatureExamples]:
    """All that are packed in the repository, by source and key."""
    return {
        f"{file.parent.name} {key}": record
        for file in sorted((ROOT / "features").glob("*/*.features"))
        for key, record in packed_records(file).items()
    }


def drawn(names: Mapping[str, object], seed: str = SEED, count: int = COUNT) -> list[str]:
    """Those with the lowest digests."""
    return sorted(names, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).digest())[:count]


def suggested(found: Mapping[str, FeatureExamples]) -> dict[str, Suggestion]:
    """Those of features that were looked for in enough text."""
    return {
        key: one.suggestion
        for key, one in found.items()
        if one.suggestion is not None and one.found_in and one.found_in.tokens >= LEAST_READ
    }


def judged() -> list[dict[str, Any]]:
    loaded: dict[str, Any] = json.loads(LIST.read_text(encoding="utf-8"))
    names: list[dict[str, Any]] = loaded["names"]
    return names


def shown(record: FeatureExamples) -> list[str]:
    """The strongest texts on the side that the name is about, the place itself marked."""
    below = bool(record.suggestion and record.suggestion.below)
    found = []
    for quantile in record.examples_quantiles:
        if bool(quantile.below) == below and quantile.examples:
            for one in quantile.examples[:TEXTS]:
                acts = one.tokens_acts_list
                at = acts.index((min if below else max)(acts))
                text = [f"⟦{t}⟧" if n == at else t for n, t in enumerate(one.tokens)]
                found.append("".join(text).replace("\n", "↵"))
            break
    return found


def main() -> None:
    found = records()
    sample = drawn(suggested(found))
    if sys.argv[1:] == ["--draw"]:
        for key in sample:
            name = suggested(found)[key]
            say(f"\n{key}: {name.name} [{name.origin}, {name.auroc}, {name.confident}]")
            say("\n".join(f"    {text}" for text in shown(found[key])))
        return
    kept = [one for one in judged() if one["kept"]]
    say(f"{len(kept)} of {COUNT} kept; the sample is the seed's: {sample == _keys()}")


def _keys() -> list[str]:
    return [one["feature"] for one in judged()]


if __name__ == "__main__":
    main()
