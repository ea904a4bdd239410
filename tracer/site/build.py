"""From a gallery folder to a static site, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tracer.errors import Problems, TracerError
from tracer.site.assets import load_assets
from tracer.site.content import Gallery, load_gallery, survey
from tracer.site.graph_page import GraphPage
from tracer.site.links import LinkCheck
from tracer.site.listings import KINDS, listings
from tracer.site.output import OutputFolder
from tracer.site.pages import Pages

Write = Callable[[str, bytes], None]
Track = Callable[[Sequence[GraphPage]], Iterable[GraphPage]]


@dataclass(frozen=True)
class BuildReport:
    """What a build made."""

    out: Path
    graphs: int
    files: int
    bytes: int


@dataclass(frozen=True)
class CheckReport:
    """What is wrong, and what is only worth knowing."""

    problems: tuple[TracerError, ...]
    notes: tuple[str, ...]


def build(
    root: Path, out: Path, *, drafts: bool = False, track: Track = lambda pages: pages
) -> BuildReport:
    """Build the gallery at `root` into the folder `out`; the old site stays until all is done.

    `track` wraps the list of graph pages to show progress. Raises Problems with every mistake.
    """
    output = OutputFolder(out, gallery=root)
    output.check()
    gallery = load_gallery(root, drafts=drafts)
    sizes: list[int] = []
    with output.replace() as write:

        def count(path: str, content: bytes) -> None:
            sizes.append(len(content))
            write(path, content)

        problems = publish(gallery, count, track=track)
        if problems:
            raise Problems(problems)
    return BuildReport(out, len(gallery.entries), len(sizes), sum(sizes))


def check(root: Path) -> CheckReport:
    """Everything that would stop a build, drafts included, and notes; writes nothing."""
    found = survey(root, drafts=True)
    problems = [*found.problems]
    # A page left out for its own fault would make every link to it look broken as well.
    problems += publish(found.gallery, lambda path, content: None, links=not found.problems)
    return CheckReport(tuple(problems), found.notes)


def publish(
    gallery: Gallery,
    write: Write,
    *,
    track: Track = lambda pages: pages,
    links: bool = True,
) -> list[TracerError]:
    """Write every file of the site through `write`; returns what is wrong with the pages."""
    problems: list[TracerError] = []
    theme = gallery.config.theme.stylesheet()
    pages = Pages(gallery, load_assets(gallery.root, theme=theme))
    link_check = LinkCheck(pages.base_path)

    def put(path: str, make: Callable[[], bytes]) -> None:
        try:
            content = make()
        except TracerError as error:
            problems.extend(error.problems)
            return
        link_check.add(path, content)
        write(path, content)

    for name, content in pages.assets.files.items():
        put(pages.assets.folder + name, partial(bytes, content))
    newest = [GraphPage(entry, entry.revision) for entry in gallery.entries]
    older = [GraphPage(entry, n) for entry in gallery.entries for n in sorted(entry.older)]
    for page in track([*newest, *older]):
        put(f"{page.folder}{page.data_name}", partial(bytes, page.data))
        put(f"{page.folder}index.html", partial(pages.graph_page, page))
        put(page.file, (gallery.root / page.file).read_bytes)
    for name, text in gallery.pages.items():
        put(f"{name}/index.html", partial(pages.text_page, name, text))
    for path, file in gallery.media.items():
        put(path, file.read_bytes)
    for kind in KINDS:
        found = listings(kind, newest)
        if found:
            put(f"{kind}/index.html", partial(pages.listings_page, kind, found))
        for listing in found:
            put(f"{listing.folder}index.html", partial(pages.listing_page, listing))
    put("index.html", lambda: pages.gallery_page(newest))
    put("404.html", pages.missing_page)
    if links and not problems:
        problems += link_check.problems(pages.place_of)
    return problems
