"""Writes README's generated tables from the measurements in this folder.

`python bench/readme.py` rewrites them; a test checks that they agree.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
sys.path.insert(0, str(ROOT))

from bench.tables.curve import curve_table  # noqa: E402
from bench.tables.engine import engine_table  # noqa: E402
from bench.tables.exchange import exchange_table  # noqa: E402
from bench.tables.fuzz import fuzz_table  # noqa: E402
from bench.tables.gpu import gpu_table  # noqa: E402
from bench.tables.groups import groups_table  # noqa: E402
from bench.tables.many import many_table  # noqa: E402
from bench.tables.peer import peer_table  # noqa: E402
from bench.tables.runs import runs_table  # noqa: E402
from bench.tables.scale import scale_table  # noqa: E402
from bench.tables.sets import sets_table  # noqa: E402
from bench.tables.site import site_table  # noqa: E402
from bench.tables.torture import torture_table  # noqa: E402
from bench.tables.trials import trials_table  # noqa: E402
from bench.tables.truth import truth_table  # noqa: E402
from bench.tables.viewer import viewer_table  # noqa: E402
from bench.tables.workbench import workbench_table  # noqa: E402
from bench.tables.xss import xss_table  # noqa: E402

TABLES = {
    "runs": runs_table,
    "truth": truth_table,
    "trials": trials_table,
    "exchange": exchange_table,
    "workbench": workbench_table,
    "sets": sets_table,
    "many": many_table,
    "scale": scale_table,
    "curve": curve_table,
    "groups": groups_table,
    "peer": peer_table,
    "engine": engine_table,
    "gpu": gpu_table,
    "viewer": viewer_table,
    "site": site_table,
    "torture": torture_table,
    "fuzz": fuzz_table,
    "xss": xss_table,
}


def with_tables(text: str) -> str:
    """The text with the lines between each pair of markers made anew."""
    for name, make in TABLES.items():
        start, end = f"<!-- {name}: from bench/ -->", f"<!-- {name}: end -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"README.md has no place for the table `{name}`: {start}")
        before, after = pattern.split(text)
        # Prettier would line up the columns, and each new figure would change every row.
        made = f"<!-- prettier-ignore-start -->\n{make()}\n<!-- prettier-ignore-end -->"
        text = f"{before}{start}\n{made}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
