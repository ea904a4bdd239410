"""Files of a gallery that nothing reads, mostly for a slip in a name."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from tracer.documents.files import read_bytes, read_text
from tracer.documents.litter import is_litter
from tracer.errors import Place, TracerError, did_you_mean
from tracer.site.content.gallery import Gallery
from tracer.site.content.resources import Kind, resource_files, resource_folders
from tracer.site.content.style_parts import SHEETS, parts_named, sheet_of
from tracer.site.survey.file_uses import files_used, said_in, said_of

# What is read below `site_src/`; a folder's files stand in it directly, but for `files/`.
_FILES = frozenset({"site.yaml", "prompts.yaml"})
_FOLDERS = frozenset(
    {"annotations", "comparisons", "files", "labels", "pages", "schemas", "sets", "write-ups"}
)
_TELLING = frozenset({"annotations", "comparisons", "labels", "pages", "sets", "write-ups"})
_GRAPH_FILE = re.compile(r"[1-9][0-9]*(?:\.evidence)?\.json\Z")
_PART = re.compile(r"(?P<revision>[1-9][0-9]*)\.(?:flows|words|heads|stability)\.bin\Z")


def unused(gallery: Gallery, unread: Collection[Path] = ()) -> Iterator[TracerError]:
    """A warning for each file that changes nothing; what a file that could not be read may use is
    not judged."""
    yield from _stray_sources(gallery.root / "site_src")
    yield from _stray_graphs(gallery.root / "graphs")
    told = {file.parent.name for file in unread} & _TELLING
    if not told and not gallery.unread:
        yield from _media(gallery)
        yield from _labels(gallery)
    for kind in ("templates", "assets"):
        yield from _resources(gallery.root, kind)


def _stray_sources(source: Path) -> Iterator[TracerError]:
    for path in _shown(source):
        if path.is_dir() and path.name in _FOLDERS:
            if path.name != "files":
                yield from (_nothing_reads(one) for one in _shown(path) if one.is_dir())
        elif path.is_dir() or path.name not in _FILES:
            near = did_you_mean(path.name, _FOLDERS if path.is_dir() else _FILES)
            yield _nothing_reads(path, near)


def _stray_graphs(folder: Path) -> Iterator[TracerError]:
    for path in _shown(folder):
        if not path.is_dir():
            yield _nothing_reads(path, "graphs are `<slug>/<revision>.json`")
            continue
        for file in _shown(path):
            part = _PART.match(file.name)
            if part and not (path / f"{part['revision']}.json").exists():
                hint = f"it lay beside {part['revision']}.json; bring that back, or remove this"
                yield TracerError("there is no graph beside this", hint=hint, place=Place(file))
            elif not part and not _GRAPH_FILE.match(file.name):
                yield _nothing_reads(file, "a graph's file is named by its revision: `1.json`")


def _media(gallery: Gallery) -> Iterator[TracerError]:
    said = [*said_in(gallery.texts), *said_of(gallery.entries)]
    used, written = files_used(said, gallery.media), written_elsewhere(gallery.root)
    for address, file in gallery.media.items():
        if address not in used and address not in written:
            yield _nothing_reads(file, "show it in a text, link to it, or remove it")


def _labels(gallery: Gallery) -> Iterator[TracerError]:
    infos = (entry.graph.metadata.tracer for entry in gallery.entries)
    sources = {info.features.source for info in infos if info is not None}
    shared = gallery.entries[0].labels if gallery.entries else {}
    for source, (_, labels) in shared.items():
        if source not in sources:
            near = did_you_mean(source, sources)
            hint = near or f"feature sources here: {', '.join(sorted(sources)) or 'none'}"
            place = Place(labels.file)
            yield TracerError(f"no graph is made of `{source}`", hint=hint, place=place)


def _resources(root: Path, kind: Kind) -> Iterator[TracerError]:
    """Own templates and styles that take no packaged one's place and that nothing names; parts
    that their style sheet does not import."""
    own = root.resolve() / kind
    packaged = {
        file.relative_to(folder).as_posix()
        for folder in resource_folders(kind, root)
        if folder != own
        for file in folder.rglob("*")
    }
    if not packaged:  # the gallery is the checkout itself
        return
    templates, found = _template_texts(root), resource_files(kind, root)
    parts = {one: parts_named(read_bytes(found[one])) for one in SHEETS if one in found}
    for name, file in found.items():
        if not file.is_relative_to(own):
            continue
        if sheet := sheet_of(name):
            named = parts.get(sheet, ())
            if name not in named:
                hint = did_you_mean(name, named) or f"`{kind}/{sheet}` does not import it"
                yield _nothing_reads(root / kind / name, hint)
        elif name not in packaged and name not in templates:
            hint = did_you_mean(name, packaged) or "no template names it"
            yield _nothing_reads(root / kind / name, hint)


def written_elsewhere(root: Path) -> str:
    """The text of settings and templates, which may name files too."""
    settings = ""
    with contextlib.suppress(TracerError):  # told where settings are read
        settings = read_text(root / "site_src" / "site.yaml")
    return settings + _template_texts(root)


def _template_texts(root: Path) -> str:
    return "".join(read_text(file) for file in resource_files("templates", root).values())


def _shown(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not is_litter(path.name))


def _nothing_reads(path: Path, hint: str | None = None) -> TracerError:
    return TracerError("nothing reads this", hint=hint or "move it or remove it", place=Place(path))
