"""The site's build, beside Eleventy and Hugo."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

from bench.tables.form import ROOT, p95, table, told_goals


def site_table() -> str:
    """How fast the site is built and how soon an edit shows; medians, or what is named."""
    file = ROOT / "bench" / "site.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text())
    rows: list[tuple[str, ...]] = []
    if posts := found.get("posts"):
        for side in ("tracer", "eleventy", "hugo"):
            cold, edit = (statistics.median(posts[side][kind]) for kind in ("cold", "edit"))
            told = f"{cold:.2f} s from nothing, {edit:.2f} s after one edit, in a new process"
            if side == "tracer" and (phases := posts.get("phases")):
                told += f"; of that {_first(phases, 3, 1000)}, the rest starting and importing"
            rows.append((f"{posts['posts']:,} posts, {side}", told))
    if graphs := found.get("graphs"):
        rate = graphs["graphs"] / graphs["seconds"]
        told = f"{rate:.0f} pages a second from nothing; over all processes: "
        told += _first(graphs["phases"], 6, 1)
        rows.append((f"{graphs['graphs']:,} graphs of 300 nodes and 2,000 links", told))
    if features := found.get("features"):
        told = (
            f"{features['seconds']:.0f} s from nothing, {features['edit']:.0f} s after one edit, "
        )
        told += f"in a new process; over all processes: {_first(features['phases'], 4, 1)}"
        rows.append((f"{features['pages']:,} features with texts, in 50 graphs", told))
    for kind in ("markdown", "yaml"):
        if taken := found.get("edits", {}).get(kind, []):
            told = f"{statistics.median(taken):.0f} ms (p95 of {len(taken)}: {p95(taken):.0f} ms)"
            if kind == "markdown" and (phases := found["edits"].get("phases")):
                look, page = (f"{phases[name]:.0f} ms" for name in ("look", "page"))
                told += f"; of that {look} looking at sources, {page} making the page"
                told += ", the rest noticing, sending and showing"
            name = {"markdown": "Markdown", "yaml": "YAML"}[kind]
            rows.append((f"{name} saved → changed in the open page, 1,000 graphs there", told))
    for name, page in found.get("pages", {}).items():
        if isinstance(page, dict):
            told = (
                f"{page['requests']} requests, {page['kilobytes']:.0f} KB gzipped, first paint "
                f"after {statistics.median(page['first_paint_ms']):.0f} ms"
            )
            rows.append((f"the {name} page of this gallery", told))
    told = told_goals(_site_goals(found))
    return f"{table(('what', 'measured'), rows)}\n\n{told} {found['machine']}; {_when(found)}."


def _when(found: dict[str, Any]) -> str:
    """Each part was measured when it was: the newest first."""
    runs: dict[tuple[str, str], list[str]] = {}
    for name, part in found.items():
        if isinstance(part, dict):
            runs.setdefault((part["date"], part["commit"]), []).append(name)
    told = sorted(runs.items(), reverse=True)
    return "; ".join(
        f"{', '.join(names)}: {date}, commit {commit}" for (date, commit), names in told
    )


def _site_goals(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What the site's speed should be, and whether it is, of all that was measured."""
    if posts := found.get("posts"):
        ours, theirs = (
            {kind: statistics.median(posts[side][kind]) for kind in ("cold", "edit")}
            for side in ("tracer", "eleventy")
        )
        yield "posts from nothing, as fast as Eleventy", ours["cold"] <= theirs["cold"]
        yield "one edit, three times as fast as Eleventy", 3 * ours["edit"] <= theirs["edit"]
    if graphs := found.get("graphs"):
        yield "40 graphs a second", graphs["graphs"] >= 40 * graphs["seconds"]
    if features := found.get("features"):
        yield (
            "10,000 features’ pages in a minute",
            features["seconds"] * 10_000 <= (60 * features["pages"]),
        )
    for kind in ("markdown", "yaml"):
        if taken := found.get("edits", {}).get(kind):
            yield f"100 ms from saved {kind} to the page, p95", p95(taken) <= 100


def _first(phases: dict[str, float], most: int, scale: int) -> str:
    """The phases that take most; in seconds, or with `scale` 1000 in milliseconds."""
    first = sorted(phases.items(), key=lambda item: -item[1])[:most]
    unit = "s" if scale == 1 else "ms"
    return ", ".join(f"{name} {seconds * scale:.0f} {unit}" for name, seconds in first)
