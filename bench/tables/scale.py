"""A gallery of ten thousand graphs."""

from __future__ import annotations

import json

from bench.tables.form import ROOT, table


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
            f"{one['load_ms']:.0f} ms" if one["load_ms"] else "not seen",
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
    machine = (
        f"{found['machine']}; {found['date']}; load {found['load']:.1f} before, "
        f"{found['load_after']:.1f} after."
    )
    return f"{table(head, rows)}\n\n{told} {machine}"
