"""The project's own gallery cut to a few of its graphs, so that tests of it do not grow with it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path


def keep_only(
    root: Path,
    slugs: Collection[str],
    *,
    sets: Collection[str] = (),
    features: Collection[str] = (),
) -> None:
    """Takes from the gallery at `root` every other graph and set, the texts of them, and what is
    known of features but for those packs, such as `tiny.neurons/28`."""
    sources = root / "site_src"
    prompts = sources / "prompts.yaml"
    head, rest = prompts.read_text("utf-8").split("\ngraphs:\n")
    graphs, all_sets = rest.split("\nsets:\n")
    kept = f"{head}\ngraphs:\n{_entries(graphs, slugs)}"
    prompts.write_text(kept + (f"sets:\n{_entries(all_sets, sets)}" if sets else ""), "utf-8")
    for file in (sources / "sets").glob("*.yaml"):
        if file.stem not in sets:
            file.unlink()
    for pack in (root / "features").glob("*/*.features"):
        if f"{pack.parent.name}/{pack.stem}" not in features:
            pack.unlink()
    for folder in (root / "graphs").iterdir():
        if folder.name not in slugs:
            shutil.rmtree(folder)
    written = [*sources.glob("annotations/*.yaml"), *sources.glob("write-ups/*.md")]
    for file in [*written, *sources.glob("comparisons/*.md")]:
        if not set(file.stem.split("--")) <= set(slugs):
            file.unlink()
    site = sources / "site.yaml"
    lines = site.read_text("utf-8").splitlines(keepends=True)
    site.write_text("".join(line for line in lines if _is_kept(line, slugs)), "utf-8")
    for file in sources.rglob("*.md"):
        file.write_text(_without_links_to_other_pages(file.read_text("utf-8")), "utf-8")


def _entries(text: str, slugs: Collection[str]) -> str:
    entries = re.split(r"^(?=  - slug: )", text, flags=re.MULTILINE)
    kept = [one for one in entries if one.split("\n")[0].removeprefix("  - slug: ") in slugs]
    assert len(kept) == len(slugs)
    return "".join(one if one.endswith("\n") else f"{one}\n" for one in kept)


def _is_kept(line: str, slugs: Collection[str]) -> bool:
    led = re.search(r" to: graphs/([a-z0-9-]+)/", line)
    return led is None or led[1] in slugs


def _without_links_to_other_pages(text: str) -> str:
    return re.sub(r"(?<!!)\[([^\]]+)\]\(\.\.?/[^)]*\)", r"\1", text)
