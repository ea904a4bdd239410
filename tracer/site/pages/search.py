"""Full-text search that needs no server: an index beside the pages, made by pagefind."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tracer.errors import TracerError
from tracer.site.pages.unspaced import cut_up, is_unspaced

FOLDER = "pagefind"
_HINT = "pip install 'pagefind[bin]', or set `search: false` in site_src/site.yaml"
# What readers load; the rest of what pagefind writes is a user interface of its own.
_WANTED = (".js", ".json", ".pagefind", ".pf_meta", ".pf_index", ".pf_fragment", ".pf_filter")


def check_search() -> str:
    """The program that makes the index. Raises TracerError where there is none for this machine."""
    try:
        import pagefind_bin

        return str(pagefind_bin.get_executable())
    except (ImportError, OSError):
        if (found := shutil.which("pagefind")) is not None:
            return found
        what = "the search index cannot be made: pagefind's program is missing"
        raise TracerError(what, hint=_HINT) from None


def search_index(site: Path) -> dict[str, bytes]:
    """The index over all pages in the folder `site`, by path below the site's root.

    It is made beside that folder, where a killed build's is swept with the rest.
    """
    with tempfile.TemporaryDirectory(prefix=".search-", dir=site.parent) as scratch:
        pages = _pages(site.resolve(), Path(scratch) / "pages")
        made = Path(scratch) / "index"
        command = [check_search(), "--site", str(pages), "--output-path", str(made)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        if done.returncode != 0:
            reason = " ".join((done.stderr or done.stdout).split())[-300:]
            raise TracerError(f"the search index cannot be made: {reason}", hint=_HINT)
        return {
            f"{FOLDER}/{file.relative_to(made).as_posix()}": file.read_bytes()
            for file in sorted(made.rglob("*"))
            if file.is_file() and file.suffix in _WANTED and "-ui" not in file.name
        }


def _pages(site: Path, copies: Path) -> Path:
    """The folder to index: the site itself, or where scripts without spaces are written, its pages
    with their words cut up."""
    texts = {file: file.read_text(encoding="utf-8") for file in site.rglob("*.html")}
    if not any(map(is_unspaced, texts.values())):
        return site
    marked = {file: text for file, text in texts.items() if "data-pagefind-body" in text}
    for file, text in (marked or texts).items():  # as pagefind chooses
        copy = copies / file.relative_to(site)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(cut_up(text) if is_unspaced(text) else text, encoding="utf-8")
    return copies
