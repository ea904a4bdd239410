"""Writes README's generated tables from the measurements in this folder.

`python bench/readme.py` rewrites them; a test checks that they agree.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
sys.path.insert(0, str(ROOT))

from tracer.documents.graph import load_graph  # noqa: E402
from tracer.documents.revisions import revision_numbers  # noqa: E402
from tracer.documents.size_curve import SHARES, area_from_one, area_under  # noqa: E402


def runs_table() -> str:
    """What was run where. What has no result was never run, and says so."""
    runs: list[dict[str, Any]] = json.loads((ROOT / "bench" / "runs.json").read_text())
    rows = [
        (f"`{run['command']}`", run["where"], run["date"] or "", run["result"] or "not run")
        for run in runs
    ]
    return table(("command", "machine", "date", "result"), rows)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def peer_table() -> str:
    """Ratios of medians, both sides in one run on the same weights."""
    file = ROOT / "bench" / "peer.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text())
    rows = []
    for size in found["sizes"]:
        ratios, peer = size["ratios"], size["peer"]
        best = min(peer["runs"], key=lambda run: run["trace"] + run["prune"])
        what = f"{ratios['size']}: {peer['active']:,} active, {peer['expanded']:,} expanded"
        rows.append(
            (
                what,
                f"circuit-tracer 0.5, batches of {best['batch']}",
                f"{ratios['peer_seconds']:.1f} s",
                f"{_process(peer, ratios['peer_seconds']):.0f} s",
                "",
                f"{ratios['peer_peak_gib']:.2f} GiB",
                "",
                "",
            )
        )
        for precision in ("float32", "fast"):
            one = ratios[precision]
            rows.append(
                (
                    "",
                    f"tracer, {precision}",
                    f"{one['seconds']:.1f} s",
                    f"{_process(size['ours'][precision], one['seconds']):.0f} s",
                    f"{one['times_faster']:.1f} ×",
                    f"{one['peak_gib']:.2f} GiB ({one['of_peer_memory']:.2f})",
                    f"{one['row_error']:.0e} ({one['rows_compared']:,} rows)",
                    _shares(one),
                )
            )
    head = (
        "workload",
        "",
        "trace + score + prune",
        "whole process, one run",
        "faster",
        "memory",
        "rows differ by",
        "same nodes, links",
    )
    runs = "; ".join(_run_of(size) for size in found["sizes"])
    machine = found["sizes"][-1]["machine"]
    return f"{table(head, rows)}\n\n{_told(_peer_goals(found))} {machine}. {runs}."


def _run_of(size: dict[str, Any]) -> str:
    load = f"load {size['load']:.1f} at the end"
    return f"{size['ratios']['size']}: {size['date']}, {load}, commit {size['commit']}"


def _peer_goals(found: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """What each workload should reach, and whether it does."""
    goals = {"M": ({"float32": 5, "fast": 12}, 1 / 2), "L": ({"float32": 8, "fast": 20}, 1 / 3)}
    for size in found["sizes"]:
        ratios = size["ratios"]
        if ratios["size"] not in goals:
            continue
        times, memory = goals[ratios["size"]]
        for precision, goal in times.items():
            one, what = ratios[precision], f"{ratios['size']}, {precision}"
            yield f"{what}: {goal} × faster", one["times_faster"] >= goal
            yield f"{what}: {memory:.2f} of the memory", one["of_peer_memory"] <= memory


def _told(goals: Iterable[tuple[str, bool]]) -> str:
    short = [goal for goal, reached in goals if not reached]
    return f"Short of the goal: {'; '.join(short)}." if short else "Every goal is reached."


def _process(side: dict[str, Any], seconds: float) -> float:
    """What a process takes for one run: imports and loading too."""
    return float(side["import_seconds"] + side["load_seconds"]) + seconds


def engine_table() -> str:
    """Our own figures by size, and how far the sweep is from the machine's matrix products."""
    file = ROOT / "bench" / "engine.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text())
    load = f"; load {found['load']:.1f} before"
    return (
        f"{_speed(found)}\n\n{_neurons(found['neurons'])}{_on(found, 'neurons')}\n\n"
        f"{_texts(found)}\n\n"
        f"{found['machine']}; {found['date']}{load}."
    )


ACCOUNT_GOALS = {15: 1.5, 64: 4.0, 256: 30.0, 1024: 90.0}  # tokens: seconds
HEADS_TOKENS, HEADS_SHARE = 15, 0.4
ACCOUNT_GIB = 2.0


READING_SHARE = 0.7  # of the bare pass's speed


def _on(found: dict[str, Any], part: str) -> str:
    """Where a part was measured, if not together with the rest."""
    other = found.get(f"{part}_on")
    name = part.capitalize()
    return "" if other is None else f"\n\n{name}: {other['machine']}; {other['date']}."


def _texts(found: dict[str, Any]) -> str:
    """How fast texts are read for every feature that the gallery lists."""
    one = found.get("texts")
    if one is None:
        return "Texts read for features beside the bare pass (`make bench`): not run."
    goal = f"≥ {READING_SHARE:.0%}" + (": missed" if one["share"] < READING_SHARE else "")
    row = (
        f"{one['features']:,}",
        f"{one['reading']:,.0f}",
        f"{one['bare']:,.0f}",
        f"{one['share']:.0%}",
        goal,
    )
    head = ("`tracer find-examples`: features", "tokens/s", "bare pass", "share", "goal")
    return table(head, [row]) + _on(found, "texts")


def _neurons(found: Sequence[dict[str, Any]]) -> str:
    """Neurons of the default model by length and mode, with the account's goals."""
    if not found:
        return "Neurons of the default model by length and mode (`make bench`): not run."
    rows = []
    for one in found:
        goal = ACCOUNT_GOALS.get(one["tokens"]) if one["mode"] == "transparent" else None
        missed = goal is not None and (one["seconds"] > goal or one["peak_gib"] > ACCOUNT_GIB)
        told = "" if goal is None else f"{goal:g} s, {ACCOUNT_GIB:g} GiB"
        rows.append(
            (
                one["mode"],
                f"{one['tokens']:,}",
                str(one.get("listed", "")),
                f"{one['seconds']:.1f} s",
                f"{one['peak_gib']:.1f} GiB",
                f"{told}: missed" if missed else told,
            )
        )
        if "heads_seconds" in one:
            rows.append(_heads(one))
    head = ("neurons of the default model", "tokens", "listed", "time", "peak memory", "goal")
    return table(head, rows)


def _heads(one: dict[str, Any]) -> tuple[str, str, str, str, str, str]:
    """What it takes beside a trace to say what heads carry."""
    share = one["heads_seconds"] / one["seconds"]
    goal = f"{HEADS_SHARE:.0%} of the trace" if one["tokens"] == HEADS_TOKENS else ""
    told = f"{goal}: missed" if goal and share > HEADS_SHARE else goal
    time = f"+{one['heads_seconds']:.1f} s ({share:.0%})"
    return f"{one['mode']}, its heads", f"{one['tokens']:,}", "", time, "", told


def gpu_table() -> str:
    """The same on a card: a row for each part that was measured there."""
    file = ROOT / "bench" / "gpu.json"
    if not file.exists():
        return "On a CUDA card (`python bench/gpu.py`): not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    parts = found["parts"]
    rows = [_gpu_row(name, one) for name, one in parts.items() if name != "matrix products"]
    if not any(name.startswith("circuit-tracer") for name in parts):
        rows.append(("circuit-tracer", "not run", "", ""))
    head = ("on a CUDA card", "time", "card memory", "what")
    peak = parts.get("matrix products", {})
    rates = [f"{one} {peak[one]:,.0f}" for one in ("float32", "fast") if one in peak]
    told = f" GFLOP/s of matrix products: {', '.join(rates)}." if rates else ""
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{where}.{told}"


def _gpu_row(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    """One part: its median time, and what stopped it."""
    counts = {"active": "active", "expanded": "expanded", "listed": "listed", "links": "links"}
    told = [f"{one[key]:,} {word}" for key, word in counts.items() if key in one]
    if name.startswith("longest") and "tokens" in one:
        told.insert(0, f"{one['tokens']:,} tokens")
    words = {"stopped": "", "left_out": "left out: ", "out_of_memory": "does not fit: "}
    told += [f"{word}{one[key]}" for key, word in words.items() if key in one]
    told += [f"failed: {one['error']}"] if "error" in one else []
    seconds = f"{one['seconds']:.2f} s" if "seconds" in one else "–"
    card = f"{one['card_gib']:.1f} GiB" if "card_gib" in one else ""
    return (name, seconds, card, "; ".join(told))


def _speed(found: dict[str, Any]) -> str:
    rows = []
    for one in found["sizes"]:
        peak = found["peak_gflops"][one["precision"]]
        floor = one["gflop"] / peak
        card = one["peak_card_gib"]
        rows.append(
            (
                f"{one['size']}, {one['precision']}: {one['active']:,} active, "
                f"{one['expanded']:,} expanded",
                f"{one['forward_seconds']:.2f} + {one['sweep_seconds']:.2f} + "
                f"{one['prune_seconds']:.2f} s",
                f"{one['process_seconds']:.1f} s",
                f"{one['peak_gib']:.2f} GiB" + (f", card {card:.1f} GiB" if card else ""),
                f"{one['gflop']:,.0f} ({one['gflop_without_cut']:,.0f})",
                f"{one['gflop'] / one['sweep_seconds']:,.0f} of {peak:,.0f}",
                f"{one['sweep_seconds'] / floor:.1f} ×",
            )
        )
    head = (
        "workload",
        "forward + sweep + prune",
        "whole process, one run",
        "memory",
        "GFLOP counted (without meeting half-way)",
        "GFLOP/s, of the machine's",
        "sweep over its floor",
    )
    return table(head, rows)


def _shares(agreement: dict[str, float]) -> str:
    if "nodes_in_common" not in agreement:
        return ""
    return f"{agreement['nodes_in_common']:.1%}, {agreement['links_in_common']:.1%}"


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
            told = f"{statistics.median(taken):.0f} ms (p95 of {len(taken)}: {_p95(taken):.0f} ms)"
            if kind == "markdown" and (phases := found["edits"].get("phases")):
                look, page = (f"{phases[name]:.0f} ms" for name in ("look", "page"))
                told += f"; of that {look} looking at sources, {page} making the page"
                told += ", the rest noticing, sending and showing"
            name = {"markdown": "Markdown", "yaml": "YAML"}[kind]
            rows.append((f"{name} saved → changed in the open page, 1,000 graphs there", told))
    for name, page in found.get("pages", {}).items():
        if name != "load":
            told = (
                f"{page['requests']} requests, {page['kilobytes']:.0f} KB gzipped, first paint "
                f"after {statistics.median(page['first_paint_ms']):.0f} ms"
            )
            rows.append((f"the {name} page of this gallery", told))
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    told = _told(_site_goals(found))
    return f"{table(('what', 'measured'), rows)}\n\n{told} {where}."


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
            yield f"100 ms from saved {kind} to the page, p95", _p95(taken) <= 100


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def _first(phases: dict[str, float], most: int, scale: int) -> str:
    """The phases that take most; in seconds, or with `scale` 1000 in milliseconds."""
    first = sorted(phases.items(), key=lambda item: -item[1])[:most]
    unit = "s" if scale == 1 else "ms"
    return ", ".join(f"{name} {seconds * scale:.0f} {unit}" for name, seconds in first)


def torture_table() -> str:
    """What was killed, run twice at once and starved of room, and what was wrong afterwards."""
    file = ROOT / "bench" / "torture.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    kinds = ("killed by the clock", "killed before a change", "two at once")
    rows = []
    for name, counts in found["commands"].items():
        full = counts.get("disk full", 0) + counts.get("file size limited", 0)
        numbers = (*(counts.get(kind, 0) for kind in kinds), full, counts["ended"])
        rows.append((f"`tracer {name}`", *map(str, numbers)))
    head = ("", *kinds, "disk full", "ended the work when run again")
    kills = sum(n.get(kind, 0) for n in found["commands"].values() for kind in kinds[:2])
    faults = f"{len(found['faults'])} faults" if found["faults"] else "nothing was wrong"
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{kills} kills: {faults}. {where}."


def viewer_table() -> str:
    """The viewer against its budgets and the two viewers that people know."""
    file = ROOT / "bench" / "viewer.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    others = json.loads((ROOT / "bench" / "viewer_others.json").read_text(encoding="utf-8"))
    rows, short = [], []
    for row in others["rows"]:
        graph, goal = found["graphs"].get(row["graph"]), row["at_most"]
        value = _in_unit(graph["medians"][row["figure"]], row["unit"]) if graph else None
        if value is not None and goal is not None and value > goal:
            short.append(row["what"])
        asked = "" if goal is None else f"{'≤ ' if goal else ''}{_written(goal, row['unit'])}"
        ours = "not run" if value is None else _written(value, row["unit"])
        rows.append((row["what"], row["circuit_tracer"], row["neuronpedia"], asked, ours))
    table_text = table(("", "circuit-tracer’s", "Neuronpedia’s", "goal", "ours"), rows)
    missed = f"Short of the goal: {'; '.join(short)}." if short else "Every goal is reached."
    where = f"{found['machine']}; {found['browser']}; {found['date']}; commit {found['commit']}"
    return f"{table_text}\n\n{missed} Ours: {where}; {others['measured']}."


def _in_unit(value: float, unit: str) -> float:
    return value / 1000 if unit == "KB" else value


def _written(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".strip()


def fuzz_table() -> str:
    """How many hostile documents each reader was given, and how many it failed at."""
    file = ROOT / "bench" / "fuzz.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            row["reader"],
            f"{row['hypothesis']:,}",
            "not run" if row["atheris"] is None else f"{row['atheris']:,}",
            f"{row['seconds']:.0f} s",
            f"{row['failures']:,}",
        )
        for row in found["readers"]
    ]
    total = sum(row["hypothesis"] + (row["atheris"] or 0) for row in found["readers"])
    failures = sum(row["failures"] for row in found["readers"])
    head = ("reader", "hypothesis", "atheris", "time", "failures")
    where = f"{found['machine']}; Python {found['python']}; {found['date']}"
    return (
        f"{table(head, rows)}\n\n{total:,} documents, {failures:,} failures; {found['kept']} kept "
        f"from earlier runs. {where}; commit {found['commit']}."
    )


def xss_table() -> str:
    """Hostile texts in every field and address, and what ran of them."""
    file = ROOT / "bench" / "xss.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    texts, fields = found["payloads"], len(found["fields"])
    placed = f"{texts:,} texts in {fields} fields and parameters of addresses: {found['placed']:,}"
    refused = f"{found['refused']:,} more refused by `tracer check`"
    rows = [("put where they can be written", f"{placed} places, {refused}")]
    rows.append(("run where a page takes them for markup", f"{found['run_as_they_are']:,} texts"))
    for side, name in (("without_policy", "without"), ("with_policy", "with")):
        one = found[side]
        told = f"{one['pages']:,} pages and {one['states']:,} states of them opened: "
        told += f"{len(one['ran'])} ran, {len(one['could_run'])} could have"
        rows.append((f"{name} the Content-Security-Policy", told))
    where = f"{found['machine']}; {found['browser']}; {found['date']}; commit {found['commit']}"
    return f"{table(('what', 'found'), rows)}\n\n{where}."


PREDICTS = 0.85  # the goal for the median over the gallery's graphs


def trials_table() -> str:
    """What the gallery's graphs, as they are committed, predict of their strongest neurons."""
    found = {}
    for folder in sorted((ROOT / "graphs").iterdir()):
        newest = max(revision_numbers([file.name for file in folder.iterdir()]))
        info = load_graph(folder / f"{newest}.json").metadata.tracer
        if info is not None and info.account is not None and info.account.trial is not None:
            found[folder.name] = info.account, info.account.trial
    head = ("graph", "flow", "input flow", "bound by", "correlation", "wrong signs of 20", "of 5")
    rows = [
        (
            name,
            f"{account.flow:.2f}",
            f"{account.input_flow:.2f}",
            account.bound_by,
            "" if trial.correlation is None else f"{trial.correlation:.2f}",
            str(sum(one.predicted * one.actual < 0 for one in trial.nodes)),
            str(len(trial.wrong_signs)),
        )
        for name, (account, trial) in found.items()
    ]
    known = [trial.correlation for _, trial in found.values() if trial.correlation is not None]
    median = statistics.median(known)
    goals = [(f"a median of {PREDICTS}", median >= PREDICTS)]
    return f"{table(head, rows)}\n\nMedian correlation {median:.3f}. {_told(goals)}"


FOUND = 0.95  # the goal for areas under the curve
WAYS = ("transparent", "nodes", "circuit-tracer")


def truth_table() -> str:
    """Planted circuits: the worst area of nodes and of links over seeds, of neurons and
    transcoders; and how much of the strongest is planted, where that is not all."""
    file = ROOT / "bench" / "truth.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            one["name"],
            one["told"],
            f"{one['nodes']}, {one['links']}",
            *(_area_cell(one, way) for way in WAYS),
        )
        for one in found["circuits"]
    ]
    head = ("circuit", "what it does", "planted", "`transparent`", "`nodes`", "circuit-tracer’s")
    missed = "\n".join(
        f"- _{one['name']}_ is not found whole, as was foretold when it was planted: "
        f"{one['foretold']}." + (f" {one['learnt']}." if one["learnt"] else "")
        for one in found["circuits"]
        if one["foretold"]
    )
    where = f"{found['machine']}, {found['cpu_seconds']} s of one core; {found['date']}"
    told = _told(_truth_goals(found["circuits"]))
    return f"{table(head, rows)}\n\n{missed}\n\n{told} {where}; commit {found['commit']}."


def _area_cell(circuit: dict[str, Any], way: str) -> str:
    worst = {name: _worst(circuit, way, name) for name in ("nodes", "links")}
    top = {name: _worst(circuit, way, f"top_{name}") for name in ("nodes", "links")}
    areas = f"{worst['nodes']:.2f}, {worst['links']:.2f}"
    if min(top.values()) == 1:
        return areas
    return f"{areas} ({top['nodes']:.0%}, {top['links']:.0%})"


def _worst(circuit: dict[str, Any], way: str, name: str) -> float:
    """Over seeds, of neurons and of transcoders."""
    return min(float(kind[way][name]["worst"]) for kind in circuit["found"].values())


def _truth_goals(circuits: Sequence[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for way in WAYS:
        for name in ("nodes", "links"):
            low = [one["name"] for one in circuits if _worst(one, way, name) < FOUND]
            yield f"{name} {FOUND} in `{way}` (_{'_, _'.join(low)}_)", not low


def exchange_table() -> str:
    """Eight pairs, with the most neurons; what overshoots is a miss too, and both are told."""
    file = ROOT / "bench" / "exchange.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    head = ("pair", "enough", "needed", "middle only", "controls", "answers turned")
    rows = [_exchanged_row(one) for one in found["pairs"]]
    means = _exchange_means(found["pairs"])
    mean_row = tuple(f"{means[key]:.2f}" for key in ("enough", "needed", "middle", "controls"))
    turned = sum(_turned(one["curve"][-1]) for one in found["pairs"])
    rows.append(("mean", *mean_row, f"{turned} of {2 * len(rows)}"))
    hits = (
        f"Counted as a miss like too little, what overshoots leaves 1 − |1 − enough| at "
        f"{means['hit_enough']:.2f} and the same of needed at {means['hit_needed']:.2f} in the "
        f"mean, {means['worst_hit']:.2f} at the worst."
    )
    where = f"{found['machine']}; {found['date']}"
    return f"{table(head, rows)}\n\n{hits} {_told(_exchange_goals(means))} {where}."


def workbench_table() -> str:
    """What the workbench takes, on the default model; aims beside, misses told."""
    file = ROOT / "bench" / "workbench.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    aims = (("typing", "typing → tokens and next words", 0.15), ("poke", "poke → new bars", 0.2))
    rows = []
    for key, name, aim in aims:
        times = [_p95(found[key]), _p95(found["long"][key])]
        rows.append((f"{name}, p95", f"{aim * 1000:.0f} ms", *(f"{one:.3f} s" for one in times)))
    traces = [statistics.median(one["trace"]) for one in (found, found["long"])]
    rows.append(("trace → circuit painted, median", "2.5 s", *(f"{one:.1f} s" for one in traces)))
    rows.append(("first words, the model's load included", "3 s", f"{found['load'][0]:.1f} s", ""))
    head = ("what", "aim", f"{found['tokens']} tokens", f"{found['long']['tokens']} tokens")
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    return f"{table(head, rows)}\n\n{found.get('note', '')}{where}."


def _exchanged_row(pair: dict[str, Any]) -> tuple[str, ...]:
    last, middle = pair["curve"][-1], pair["middle"][-1]
    drawn = [*pair["controls_enough"], *pair["controls_needed"]]
    controls = f"{statistics.fmean(drawn):.2f} ({min(drawn):.2f} to {max(drawn):.2f})"
    shares = (f"{last['enough']:.2f}", f"{last['needed']:.2f}", f"{middle['enough']:.2f}")
    return (pair["pair"], *shares, controls, f"{_turned(last)} of 2")


def _turned(point: dict[str, Any]) -> int:
    return int(point["turns_there"]) + int(point["turns_here"])


def _exchange_means(pairs: Sequence[dict[str, Any]]) -> dict[str, float]:
    last = [pair["curve"][-1] for pair in pairs]
    enough, needed = ([one[key] for one in last] for key in ("enough", "needed"))
    hits = [[1 - abs(1 - value) for value in values] for values in (enough, needed)]
    drawn = [pair[f"controls_{key}"] for pair in pairs for key in ("enough", "needed")]
    return {
        "enough": statistics.fmean(enough),
        "needed": statistics.fmean(needed),
        "worst": min(*enough, *needed),
        "hit_enough": statistics.fmean(hits[0]),
        "hit_needed": statistics.fmean(hits[1]),
        "worst_hit": min(*hits[0], *hits[1]),
        "middle": statistics.fmean(pair["middle"][-1]["enough"] for pair in pairs),
        "least_middle": min(pair["middle"][-1]["enough"] for pair in pairs),
        "controls": statistics.fmean(abs(statistics.fmean(one)) for one in drawn),
    }


def _exchange_goals(means: dict[str, float]) -> Iterator[tuple[str, bool]]:
    yield "enough .8 in the mean", means["enough"] >= 0.8
    yield "needed .8 in the mean", means["needed"] >= 0.8
    yield "none below .6", means["worst"] >= 0.6
    yield (
        "the same where overshoot counts as a miss: .8 in the mean",
        (min(means["hit_enough"], means["hit_needed"]) >= 0.8),
    )
    yield "and none below .6", means["worst_hit"] >= 0.6
    yield "middle only .5 in the mean", means["middle"] >= 0.5
    yield "middle only .5 in every pair", means["least_middle"] >= 0.5
    yield "controls .1 or less in the mean over draws", means["controls"] <= 0.1


def groups_table() -> str:
    """Whether features of a group belong together, beside groups by position and at random."""
    file = ROOT / "bench" / "groups.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        (
            f"{row['slug']}, {row['made_by']}",
            f"{row['groups']} of {row['features']}",
            *(
                "" if row[score][kind] is None else f"{row[score][kind]:.3f}"
                for score in ("words", "patterns")
                for kind in ("groups", "position", "random")
            ),
        )
        for row in found["graphs"]
    ]
    compared = ("position", "random")
    head = ("graph, groups by", "groups", "peak words", *compared, "patterns", *compared)
    where = f"{found['machine']}; {found['date']}; {found['draws']} random draws"
    return f"{table(head, rows)}\n\n{_of_all(found['graphs'])} {where}."


def _of_all(rows: Sequence[dict[str, Any]]) -> str:
    """Means over graphs, of people's groups and of the account's."""
    told = []
    for who in ("people", "account"):
        own = [row for row in rows if row["made_by"] == who]
        if not own:
            continue
        means = {
            (score, kind): statistics.fmean(
                row[score][kind] for row in own if row[score][kind] is not None
            )
            for score in ("words", "patterns")
            for kind in ("groups", "position", "random")
        }
        sides = [
            f"{name} {means[score, 'groups']:.3f} against {means[score, 'position']:.3f} by "
            f"position and {means[score, 'random']:.3f} at random"
            for score, name in (("words", "peak words"), ("patterns", "patterns"))
        ]
        told.append(f"Groups by {who if who == 'people' else 'the account'}: {', '.join(sides)}.")
    return " ".join(told)


def curve_table() -> str:
    """Faithfulness over circuit size: MIB's areas over each set of sentences, and its picture."""
    file = ROOT / "bench" / "curve.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    names = {"agreement": "agreement", "objects": "indirect objects"}
    sets = {
        told: [one for slug, one in found["parts"].items() if slug.startswith(name)]
        for name, told in names.items()
    }
    if any(len(ones) < SENTENCES for ones in sets.values()):
        done = sum(map(len, sets.values()))
        return f"Not run to its end: {done} of {SENTENCES * len(sets)} sentences are measured."
    columns = ("all, median", "right, median", "mean (95%)", "control (95%)", "pooled")
    head = ("", "right", "", *columns)
    rows = [row for told, ones in sets.items() for row in _curve_rows(told, ones)]
    parts = sorted(one["parts"] for ones in sets.values() for one in ones if "parts" in one)
    small = "; ".join(_at_least_share(name, ones) for name, ones in sets.items())
    likeliest = " and ".join(str(sum(one["likeliest"] for one in ones)) for ones in sets.values())
    notes = (
        f"With a thousandth of the parts, in the median: {small}. A CPR above 1 is too much, not "
        "good: what holds an answer back comes last in its order. Right: the answer leads the "
        f"other one here and trails it in the counterfactual; in {likeliest} it is the likeliest "
        "word of all. Pooled: means over the sentences before the ratio, as MIB has it. A sentence "
        f"has {parts[0]:,} to {parts[-1]:,} parts that differ; {_unmeasured(sets)}."
    )
    where = f"{found['machine']}; {found['date']}; commit {found['commit']}"
    told = "; ".join(_at_one_percent(name, ones) for name, ones in sets.items())
    picture = f"![Faithfulness over circuit size. With 1% of the parts, medians: {told}]"
    return f"{picture}(bench/curve.svg)\n\n{table(head, rows)}\n\n{notes} {where}."


SENTENCES = 50  # in each set


def _curve_rows(told: str, ones: Sequence[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """CPR and CMD of one set, over the sentences that have a curve."""
    have = [one for one in ones if "error" not in one]
    right = [one for one in have if one["lead"] > 0 > one["lead_there"]]
    first = (told, f"{len(right)} of {len(ones)}")
    for key, kind, digits in (("cpr", "supporters", 2), ("cmd", "strongest", 3)):
        values, controls = ([one[name] for one in have] for name in (key, f"controls_{key}"))
        yield (
            *first,
            key.upper(),
            f"{statistics.median(values):.{digits}f}",
            f"{statistics.median(one[key] for one in right):.{digits}f}" if right else "–",
            _mean(values, digits),
            _mean(controls, digits),
            f"{_pooled(have, key, kind):.{digits}f}",
        )
        first = ("", "")


def _mean(values: Sequence[float], digits: int) -> str:
    """With its 95% interval, by the normal approximation."""
    middle, off = statistics.fmean(values), 1.96 * statistics.stdev(values) / len(values) ** 0.5
    return f"{middle:.{digits}f} ({middle - off:.{digits}f} to {middle + off:.{digits}f})"


def _pooled(ones: Sequence[dict[str, Any]], key: str, kind: str) -> float:
    """The area of the curve of means: leads are averaged before the ratio is taken."""
    moves = [one["lead"] - one["lead_there"] for one in ones]
    whole = sum(moves)
    curve = [
        sum(move * one[kind][at] for move, one in zip(moves, ones, strict=True)) / whole
        for at in range(len(SHARES))
    ]
    return (area_under if key == "cpr" else area_from_one)(SHARES, curve)


def _unmeasured(sets: dict[str, list[dict[str, Any]]]) -> str:
    count = sum("error" in one for ones in sets.values() for one in ones)
    if not count:
        return "all of them moved the lead enough to be measured"
    return f"{count} did not move the lead enough to have a curve, and are counted as not right"


def _at_least_share(name: str, ones: Sequence[dict[str, Any]]) -> str:
    """What the smallest circuit of the strongest either way brings, and its control."""
    have = [one for one in ones if "error" not in one]
    brought = statistics.median(one["strongest"][0] for one in have)
    control = statistics.median(one["controls_strongest"][0] for one in have)
    return f"{name}, the strongest either way bring {brought:.2f} of the lead, others {control:.2f}"


def _at_one_percent(name: str, ones: Sequence[dict[str, Any]]) -> str:
    at = SHARES.index(0.01)
    medians = [
        statistics.median(one[kind][at] for one in ones if "error" not in one)
        for kind in ("supporters", "strongest", "controls_strongest")
    ]
    return "{}, supporters {:.2f}, strongest {:.2f}, control {:.2f}".format(name, *medians)


def sets_table() -> str:
    """Picked on one half of a set and exchanged in the other, over several splits."""
    file = ROOT / "bench" / "sets.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    head = ("set", "splits", "50", "200", "needed, 200", "1,000", "answers turned, 200", "controls")
    rows, means = [], {}
    for slug, splits in found["sets"].items():
        means[slug] = statistics.fmean(one["enough"]["200"] for one in splits)
        turned = sum(one["turned"]["200"] for one in splits)
        rows.append(
            (
                slug,
                str(len(splits)),
                _over([one["enough"]["50"] for one in splits]),
                _over([one["enough"]["200"] for one in splits]),
                _over([one["needed"]["200"] for one in splits]),
                _over([one["enough"]["1000"] for one in splits]),
                f"{turned} of {sum(one['pairs'] for one in splits)}",
                _over([one["controls"] for one in splits]),
            )
        )
    told = _told(_sets_goals(found["sets"], means))
    return f"{table(head, rows)}\n\n{told} {found['machine']}; {found['date']}."


def many_table() -> str:
    """A hundred prompts in one run."""
    file = ROOT / "bench" / "many.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    many, few = found["many"], found["few"]
    more = many["peak_gib"] - few["peak_gib"]
    goals = [
        (f"5 min for 100 prompts ({many['seconds']:.0f} s)", many["seconds"] <= 300),
        (f"memory flat ({more:+.2f} GiB from {few['prompts']} prompts)", abs(more) <= 0.1),
    ]
    told = (
        f"{many['prompts']} prompts of 12 tokens, {many['traced']} of them traced: "
        f"{many['seconds']:.0f} s, {many['peak_gib']:.2f} GiB at most; {few['prompts']} of them "
        f"{few['seconds']:.0f} s, {few['peak_gib']:.2f} GiB."
    )
    machine = f"{found['machine']}; {found['date']}; load {found['load']:.1f} before."
    return f"{told} {_told(goals)} {machine}"


def scale_table() -> str:
    """Ten thousand graphs: what a build takes, and what lists weigh."""
    file = ROOT / "bench" / "scale.json"
    if not file.exists():
        return "Not run."
    found = json.loads(file.read_text(encoding="utf-8"))
    cold, again, site = found["cold"], found["again"], found["site"]
    head = ("page", "HTML", "with all it asks for, gzipped", "elements", "painted", "loaded")
    rows = [
        (
            name,
            f"{one['html_kilobytes']:,.0f} KB" if "html_kilobytes" in one else "",
            f"{one['kilobytes']:,.0f} KB in {one['requests']:.0f} requests",
            f"{one['elements']:,.0f}",
            f"{one['paint_ms']:.0f} ms" if "paint_ms" in one else "",
            f"{one['load_ms']:.0f} ms",
        )
        for name, one in found["pages"].items()
    ]
    told = (
        f"{found['graphs']:,} graphs: {cold['seconds']:,.0f} s from nothing "
        f"({cold['cpu_seconds']:,.0f} s of processors), {again['seconds']:.0f} s when nothing "
        f"changed, at most {max(cold['peak_gib'], again['peak_gib']):.1f} GiB in one process; "
        f"{site['files']:,} files, {site['megabytes']:,.0f} MB, of it "
        f"{site['index_megabytes']:.0f} MB of search index in {site['index_files']:,} files."
    )
    machine = f"{found['machine']}; {found['date']}; load {found['load']:.1f} before."
    return f"{table(head, rows)}\n\n{told} {machine}"


def _over(values: Sequence[float]) -> str:
    """The mean, and the range over splits where there are several."""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{statistics.fmean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _sets_goals(
    sets: dict[str, list[dict[str, Any]]], means: dict[str, float]
) -> Iterator[tuple[str, bool]]:
    capitals = means.get("capitals-languages", 0.0)
    yield f".5 of the lead with 200 neurons on capitals ({capitals:.2f})", capitals >= 0.5
    for slug, splits in sets.items():
        controls = statistics.fmean(one["controls"] for one in splits)
        yield f"controls .1 or less on {slug}", abs(controls) <= 0.1


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
