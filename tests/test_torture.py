"""A short sample of `make torture`; tests/batch/test_build_graphs.py kills what computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
# In a process of its own: what has computed with threads must not be forked.
SAMPLE = """
import json, sys
from pathlib import Path
from bench.killed import warm_up
from bench.torture import torture
from bench.work import WORKS
warm_up()
works = [one for one in WORKS if one.name in ("build", "import")]
found = torture(Path(sys.argv[1]), kills=1, pairs=1, full=1, seed=1, works=works)
print(json.dumps([found.faults, sum(map(sum, (one.values() for one in found.counts.values())))]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_kills_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SAMPLE, str(tmp_path)]
    done = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    faults, tried = json.loads(done.stdout)
    assert faults == []
    assert tried >= 2 + 2 + 2 + 6
