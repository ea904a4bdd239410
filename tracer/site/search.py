"""Full-text search that needs no server: an index beside the pages, made by pagefind."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import tempfile
from pathlib import Path

from pagefind.index import IndexConfig, PagefindIndex

from tracer.errors import TracerError

FOLDER = "pagefind"
_HINT = "pip install 'pagefind[bin]', or set `search: false` in site_src/site.yaml"
# What readers load; the rest of what pagefind writes is a user interface of its own.
_WANTED = (".js", ".json", ".pagefind", ".pf_meta", ".pf_index", ".pf_fragment", ".pf_filter")


def check_search() -> None:
    """Raises TracerError where pagefind has no program for this machine."""
    names = ("pagefind_bin", "pagefind_bin_extended")
    if not any(map(importlib.util.find_spec, names)) and shutil.which("pagefind") is None:
        raise TracerError("the search index cannot be made: pagefind's program is missing", hint=_HINT)


def search_index(site: Path) -> dict[str, bytes]:
    """The index over all pages in the folder `site`, by path below the site's root."""
    with tempfile.TemporaryDirectory(prefix="tracer-search-") as scratch:
        try:
            asyncio.run(_index(site.resolve(), Path(scratch)))
        except (OSError, RuntimeError, AssertionError, FileNotFoundError) as error:
            raise TracerError(f"the search index cannot be made: {error}", hint=_HINT) from error
        return {
            f"{FOLDER}/{file.relative_to(scratch).as_posix()}": file.read_bytes()
            for file in sorted(Path(scratch).rglob("*"))
            if file.is_file() and file.suffix in _WANTED and "-ui" not in file.name
        }


async def _index(site: Path, out: Path) -> None:
    config = IndexConfig(output_path=str(out), keep_index_url=False)
    async with PagefindIndex(config=config) as index:
        await index.add_directory(str(site))
