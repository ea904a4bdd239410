"""A hundred prompts of twelve tokens, one after another on this machine: accounts, without
ablations and heads. Is the time in proportion, and does memory stay what it is?

`make bench-many` writes `bench/many.json` and README's line; `python bench/many.py 20` takes as
many, and writes nothing.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "bench" / "many.json"
COUNT, FEW = 100, 10
CITIES = (
    *("Moscow", "Madrid", "Paris", "Rome", "Berlin", "Lisbon", "Athens", "Warsaw", "Tokyo"),
    *("Cairo", "Helsinki", "Stockholm", "Oslo", "Amsterdam", "Budapest", "Prague", "Baghdad"),
    *("Jerusalem", "Lima", "Santiago", "Havana", "Canberra", "London", "Washington", "Vienna"),
    *("Dublin", "Damascus", "Tunis"),
)
ASKED = (
    "official language of the country",
    "largest city in the country",
    "highest mountain in the state",
    "oldest king of the people",
)
RUN = """
import sys
from pathlib import Path
from tracer.batch.session import build_graphs
from tracer.documents.prompts import load_prompts
status = build_graphs(load_prompts(Path(sys.argv[1])), Path(sys.argv[2]), device="cpu")
held = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(status, int(held) * 1024)
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    found: dict[str, Any] = {
        "load": os.getloadavg()[0],
        "few": traced(FEW),
        "many": traced(count),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": time.strftime("%Y-%m-%d"),
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if count == COUNT:
        RESULT.write_text(json.dumps(found, indent=1) + "\n")


def traced(count: int) -> dict[str, float]:
    """So many prompts in one process: seconds, and the most memory that it held, in GiB."""
    prompts = [f"The {asked} whose capital is {city} is" for asked in ASKED for city in CITIES]
    rows = "".join(
        f'      - {{prompt: "{one}", answer: " the", contrast: [" banana"]}}\n'
        for one in prompts[:count]
    )
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "prompts.yaml"
        listed.write_text(
            "defaults: {model: smollm2-135m-instruct, features: neurons}\nsets:\n  - slug: many\n"
            f"    counts: ahead\n    prompts:\n{rows}"
        )
        began = time.perf_counter()
        command = [sys.executable, "-c", RUN, str(listed), str(Path(folder) / "graphs")]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        status, held = map(int, done.stdout.split())
        counted = re.search(r"(\d+) of (\d+) rows count", done.stderr + done.stdout)
        assert status == 0 and counted is not None, done.stderr
    return {
        "prompts": int(counted[2]),
        "traced": int(counted[1]),
        "seconds": round(seconds, 1),
        "peak_gib": round(held / 2**30, 2),
    }


if __name__ == "__main__":
    main()
