"""One reader under atheris, which changes its documents towards code not reached before.

`python bench/fuzz_coverage.py READER CORPUS -max_total_time=30 …`: what follows is libFuzzer's. A
fault is written to the folder of `-artifact_prefix` and ends the run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["tracer"]):
    from tests.hostile import outcome
    from tests.readers import BY_NAME


def main() -> None:
    reader = BY_NAME[sys.argv.pop(1)]
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(reader.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def once(case: bytes) -> None:
        fault = outcome(reader, case).fault
        if fault is not None:
            raise AssertionError(fault)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
