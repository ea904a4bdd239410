"""Markdown files of authors: with their front matter, and by the page that each makes."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial
from itertools import islice
from pathlib import Path

from tracer.documents.files import read_text
from tracer.documents.front_matter import FrontMatter
from tracer.documents.front_matter_fences import front_matter_lines
from tracer.documents.references import check_slug
from tracer.documents.yaml_source import parse_yaml
from tracer.errors import Place, TracerError
from tracer.site.content.comparisons import compared_slugs
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.content.reading import Reading

MAX_HEADINGS = 2_000
_HEADING = re.compile(r"^[ \t>*+\d.)-]*(?:#{1,6}(?:[ \t]|$)|[=-][ \t]*$)", re.MULTILINE)
RESERVED_NAMES = frozenset(
    {
        *("assets", "compare", "features", "files", "graphs", "models", "page", "sets"),
        *("pagefind", "search", "tags"),
    }
)


def load_markdown(file: Path) -> MarkdownFile:
    """Read a Markdown file with optional front matter. Raises TracerError or Problems."""
    text = read_text(file)
    _refuse_endless(text, file)
    lines = text.split("\n")
    found = front_matter_lines(lines, file)
    if found is None:
        return MarkdownFile(file, FrontMatter(), text)
    first, last = found
    # Blank lines in place of what was cut keep every later line number true.
    source = parse_yaml("\n" * (first + 1) + "\n".join(lines[first + 1 : last]), file)
    meta = FrontMatter() if source.data is None else source.validate(FrontMatter)
    return MarkdownFile(file, meta, "\n" * (last + 1) + "\n".join(lines[last + 1 :]), source)


def _refuse_endless(text: str, file: Path) -> None:
    """To give each heading an address of its own takes time by the square of their number."""
    found = list(islice(_HEADING.finditer(text), MAX_HEADINGS + 1))
    if len(found) > MAX_HEADINGS:
        place = Place(file, text.count("\n", 0, found[-1].start()) + 1)
        what = f"more than {MAX_HEADINGS:,} headings are not allowed here"
        raise TracerError(what, hint="split the file", place=place)


def read_pages(reading: Reading) -> dict[str, MarkdownFile]:
    """`site_src/pages/`, by name."""
    return reading.recall("pages", partial(_pages, reading))


def read_comparisons(reading: Reading, slugs: Collection[str]) -> dict[str, MarkdownFile]:
    """`site_src/comparisons/`, by `a/b`."""
    found = {}
    folder = reading.source / "comparisons"
    for name in reading.called(folder, ".md"):
        pair = reading.attempt(partial(compared_slugs, folder / name, slugs))
        text = reading.load(load_markdown, folder / name)
        if pair is not None and text is not None:
            found["/".join(pair)] = text
    return found


def _pages(reading: Reading) -> dict[str, MarkdownFile]:
    pages = {}
    for name, file in reading.files("pages", ".md").items():
        problem = _misnamed(name, file)
        if problem is not None:
            reading.problems.append(problem)
        elif (page := reading.load(load_markdown, file)) is not None:
            pages[name] = page
    return pages


def _misnamed(name: str, file: Path) -> TracerError | None:
    try:
        check_slug(name)
    except ValueError as error:
        return TracerError(str(error), place=Place(file))
    if name in RESERVED_NAMES:
        what = f"`{name}` is an address that the site itself uses"
        return TracerError(what, hint="choose another file name", place=Place(file))
    return None
