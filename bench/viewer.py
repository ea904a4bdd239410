"""Measures the viewer in Chromium against its budgets and, in the same run, circuit-tracer's.

`make bench-viewer` writes `bench/viewer.json` and README's table. The graphs are generated: one
shaped as people publish them (694 nodes), two of size alone (2,000 nodes and 100,000 links, 5,000
and 300,000; the last in ours only). The two viewers take turns, visit by visit and a few movements
at a time, so that whatever slows the machine slows both; how quick it is at something plain is
measured before and after, so that figures of different days can be compared.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.static_site import hosted  # noqa: E402
from bench.viewer_page import (  # noqa: E402
    CIRCUIT_TRACER,
    OURS,
    Viewer,
    elements,
    opened,
    plain_ms,
    pointed,
    pruned,
    unselect,
    visit,
)
from bench.viewer_peer import VERSION, write_graphs, write_viewer  # noqa: E402
from tests.browser.executable import installed_browser, launch_arguments  # noqa: E402
from tests.foreign_graphs import PUBLISHED, published_graph  # noqa: E402
from tests.large_graph import large_graph  # noqa: E402
from tracer.documents.graph import Graph  # noqa: E402
from tracer.errors import TracerError  # noqa: E402
from tracer.site.build import build  # noqa: E402

LOADS, THROTTLED_LOADS, MOVES, CLICKS, STEPS, TURN = 5, 3, 80, 60, 30, 10
PLAIN_TIMES = 9
ONLY_OURS = "largest"

Sides = dict[str, Viewer]


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        graphs = _graphs()
        public, theirs = Path(scratch) / "public", Path(scratch) / "circuit-tracer"
        for name, graph in graphs.items():
            graph.save(Path(scratch) / "gallery" / "graphs" / name / "1.json")
        build(Path(scratch) / "gallery", public)
        sides = {"ours": replace(OURS, host=stack.enter_context(hosted(public)))}
        peer: dict[str, str] = {"name": f"circuit-tracer {VERSION}"}
        try:
            write_viewer(theirs)
            write_graphs(theirs, {name: graphs[name] for name in graphs if name != ONLY_OURS})
            sides["peer"] = replace(CIRCUIT_TRACER, host=stack.enter_context(hosted(theirs)))
        except TracerError as error:
            peer["missing"] = error.message
            sys.stderr.write(f"ours alone: {error}\n")
        found = _measured(sides, graphs) | {"peer": peer}
    text = json.dumps(found, indent=1, ensure_ascii=False)
    text = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda one: " ".join(one[0].split()), text)
    (ROOT / "bench" / "viewer.json").write_text(text + "\n", encoding="utf-8")
    for name, graph in found["graphs"].items():
        sys.stdout.write(f"{name}: {json.dumps(graph.get('ratios'), indent=1)}\n")


def _graphs() -> dict[str, Graph]:
    return {
        "published": Graph.model_validate(published_graph(PUBLISHED[-1])),
        "generated": large_graph(nodes=2000, links=100_000),
        ONLY_OURS: large_graph(nodes=5000, links=300_000),
    }


def _measured(sides: Sides, graphs: dict[str, Graph]) -> dict[str, Any]:
    load_before = round(os.getloadavg()[0], 1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=launch_arguments()
        )
        before = plain_ms(browser, PLAIN_TIMES)
        by_graph = {
            name: {
                "size": {"nodes": len(graph.nodes), "links": len(graph.links)},
                **_compared(browser, sides, name),
            }
            for name, graph in graphs.items()
        }
        after = plain_ms(browser, PLAIN_TIMES)
        return {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "browser": f"Chromium {browser.version}, headless, 1440 × 900",
            "date": datetime.date.today().isoformat(),
            "commit": _commit(),
            "load": {"before": load_before, "after": round(os.getloadavg()[0], 1)},
            "plain": {
                "what": "all primes below 3,000,000, crossed out one by one in a page",
                "before_ms": before,
                "after_ms": after,
                "median_ms": _median([*before, *after]),
            },
            "graphs": by_graph,
        }


def _compared(browser: Browser, sides: Sides, graph: str) -> dict[str, Any]:
    """What each side takes for the graph, and the peer's medians as multiples of ours."""
    if graph == ONLY_OURS:
        sides = {"ours": sides["ours"]}
    found: dict[str, dict[str, Any]] = {side: {"loads": [], "throttled": []} for side in sides}
    for number in range(LOADS):
        for side, viewer in _order(sides, number):
            found[side]["loads"].append(visit(browser, viewer, graph))
    for number in range(0 if graph == ONLY_OURS else THROTTLED_LOADS):
        for side, viewer in _order(sides, number):
            found[side]["throttled"].append(visit(browser, viewer, graph, throttled=True))
    for side, times in _answers(browser, sides, graph).items():
        found[side] |= times
    told = {side: one | {"medians": _medians(one)} for side, one in found.items()}
    ratios = ratios_of(told["ours"]["medians"], told["peer"]["medians"]) if "peer" in told else {}
    return told | ({"ratios": ratios} if ratios else {})


def ratios_of(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """Theirs over ours, where both have a figure that is not nothing."""
    both = {name: (theirs.get(name), value) for name, value in ours.items()}
    return {name: round(peer / own, 2) for name, (peer, own) in both.items() if peer and own}


def _answers(browser: Browser, sides: Sides, graph: str) -> dict[str, dict[str, Any]]:
    """Both viewers are open, and are moved over, clicked and pruned in turns."""
    pages = {side: opened(browser, viewer, graph) for side, viewer in sides.items()}
    found: dict[str, dict[str, Any]] = {
        side: {"elements": elements(pages[side], viewer), "hover": [], "click": [], "slider": []}
        for side, viewer in sides.items()
    }
    for kind, event, count in (("hover", "pointermove", MOVES), ("click", "click", CLICKS)):
        for turn in _turns(count):
            for side, viewer in _order(sides, turn[0] // TURN):
                found[side][kind] += pointed(pages[side], viewer, event, turn)
    for side, viewer in sides.items():
        unselect(pages[side], viewer)
    for turn in _turns(STEPS):
        for side, viewer in _order(sides, turn[0] // TURN):
            found[side]["slider"] += pruned(pages[side], viewer, turn, STEPS)
    for page in pages.values():
        page.context.close()
    return found


def _order(sides: Sides, number: int) -> list[tuple[str, Viewer]]:
    """Another begins each time."""
    return [*sides.items()][:: -1 if number % 2 else 1]


def _turns(count: int) -> Iterator[Sequence[int]]:
    return (range(count)[start : start + TURN] for start in range(0, count, TURN))


def _medians(one: dict[str, Any]) -> dict[str, float | None]:
    plain, slow = one["loads"], one["throttled"]
    lists = [time["lists"] for time in one["click"] if "lists" in time]
    return {
        "javascript_bytes": plain[-1]["javascript_bytes"],
        "foreign_requests": max(each["foreign_requests"] for each in plain),
        "data_bytes": plain[-1]["data_bytes"],
        **{
            f"{prefix}{name}": _median(each[name] for each in visits)
            for prefix, visits in (("", plain), ("throttled_", slow))
            for name in ("first_paint_ms", "first_graph_ms", "whole_page_ms")
        },
        **{
            f"{kind}_{name}p95_ms": _p95(time[which] for time in one[kind])
            for kind in ("hover", "click")
            for name, which in (("", "painted"), ("with_wait_", "waited"))
        },
        "click_lists_p95_ms": _p95(lists),
        "slider_median_ms": _median(time["painted"] for time in one["slider"]),
        "slider_p95_ms": _p95(time["painted"] for time in one["slider"]),
        **one["elements"],
    }


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return round(statistics.median(listed), 1) if listed else None


def _p95(values: Iterable[float]) -> float:
    """The smallest value that at least 95 % of them do not exceed."""
    ordered = sorted(values)
    return round(ordered[math.ceil(0.95 * len(ordered)) - 1], 1)


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
