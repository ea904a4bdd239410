"""A gallery folder, read: graphs with what people write about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.feature_labels import FeatureLabels, labels_file, load_feature_labels
from tracer.documents.files import read_text
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph import Graph
from tracer.documents.graph_folder import GraphFolder
from tracer.documents.prompts import PromptList, load_prompts
from tracer.documents.references import check_slug
from tracer.documents.site_config import SiteConfig, load_site_config
from tracer.documents.yaml_source import YamlSource, parse_yaml
from tracer.errors import Place, Problems, TracerError, did_you_mean
from tracer.site.dangling import dangling_annotations
from tracer.site.media import media_files
from tracer.site.tags import tags_written_differently

Loaded = TypeVar("Loaded")

RESERVED_NAMES = frozenset({"assets", "compare", "features", "files", "graphs", "models", "tags"})


@dataclass(frozen=True)
class MarkdownFile:
    """A Markdown file; `body` keeps the file's own line numbers."""

    file: Path
    meta: FrontMatter
    body: str = field(repr=False)
    front: YamlSource | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Entry:
    """One graph of the gallery, in its newest revision, and all that is said about it."""

    slug: str
    graph: Graph = field(repr=False)
    revision: int
    older: Mapping[int, Graph] = field(repr=False, default_factory=dict)
    annotations: Annotations = field(default_factory=Annotations)
    annotation_source: YamlSource | None = field(repr=False, default=None)
    shared_source: YamlSource | None = field(repr=False, default=None)  # of labels of all graphs
    write_up: MarkdownFile | None = None
    tags: tuple[str, ...] = ()

    @property
    def meta(self) -> FrontMatter:
        return self.write_up.meta if self.write_up else FrontMatter()

    @property
    def revisions(self) -> tuple[int, ...]:
        """All revision numbers, lowest first."""
        return (*sorted(self.older), self.revision)


@dataclass(frozen=True)
class Gallery:
    """Everything that a site is made from."""

    root: Path
    config: SiteConfig
    entries: tuple[Entry, ...]
    pages: Mapping[str, MarkdownFile]
    config_source: YamlSource | None = None
    media: Mapping[str, Path] = field(default_factory=dict)  # address below the root -> file


@dataclass(frozen=True)
class Survey:
    """What could be read of a gallery, what is wrong with the rest, and what is only odd."""

    gallery: Gallery
    problems: tuple[TracerError, ...]
    notes: tuple[str, ...]


def load_gallery(root: Path, *, drafts: bool = False) -> Gallery:
    """Read a gallery folder. Raises Problems with every mistake, each at its place."""
    found = survey(root, drafts=drafts)
    if found.problems:
        raise Problems(found.problems)
    return found.gallery


def survey(root: Path, *, drafts: bool = False) -> Survey:
    """Read as much of a gallery as can be read, and collect what is wrong with the rest.

    Raises TracerError only where `root` is no gallery at all.
    """
    if not (root / "graphs").is_dir() and not (root / "site_src").is_dir():
        raise TracerError(
            "this folder is no gallery: it has neither `graphs/` nor `site_src/`",
            hint="go to a gallery's folder or name it with --root",
            place=Place(root),
        )
    return _Reader(root).read(drafts=drafts)


def load_markdown(file: Path) -> MarkdownFile:
    """Read a Markdown file with optional front matter. Raises TracerError or Problems."""
    text = read_text(file)
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return MarkdownFile(file, FrontMatter(), text)
    end = next((i for i, line in enumerate(lines) if i and line.rstrip() == "---"), None)
    if end is None:
        raise TracerError(
            "the front matter has no end", hint="close it with a line `---`", place=Place(file, 1)
        )
    # Blank lines in place of what was cut keep every later line number true.
    source = parse_yaml("\n" + "\n".join(lines[1:end]), file)
    meta = FrontMatter() if source.data is None else source.validate(FrontMatter)
    return MarkdownFile(file, meta, "\n" * (end + 1) + "\n".join(lines[end + 1 :]), source)


class _Reader:
    """Reads one gallery, keeping errors aside so that all are told at once."""

    def __init__(self, root: Path):
        self.root = root
        self.source = root / "site_src"
        self.folder = GraphFolder(root / "graphs")
        self.slugs = self.folder.slugs()
        self.problems: list[TracerError] = []
        self.notes: list[str] = []
        self._labels: dict[Path, tuple[FeatureLabels, YamlSource] | None] = {}

    def read(self, *, drafts: bool) -> Survey:
        file = self.source / "site.yaml"
        config, source = self._try(lambda: load_site_config(file)) or (SiteConfig(), None)
        prompts = self._prompts()
        self._report_orphans(prompts)
        entries = [entry for slug in self.slugs if (entry := self._entry(slug, prompts))]
        self.problems += tags_written_differently(self._tags(entries, prompts))
        pages = self._pages()
        media, problems = media_files(self.source)
        self.problems += problems
        gallery = Gallery(
            root=self.root,
            config=config,
            config_source=source,
            entries=tuple(sorted((e for e in entries if drafts or not e.meta.draft), key=_order)),
            pages={name: page for name, page in pages.items() if drafts or not page.meta.draft},
            media=media,
        )
        return Survey(gallery, tuple(self.problems), tuple(self.notes))

    def _try(self, load: Callable[[], Loaded]) -> Loaded | None:
        try:
            return load()
        except TracerError as error:
            self.problems.extend(error.problems)
            return None

    def _prompts(self) -> PromptList | None:
        file = self.source / "prompts.yaml"
        prompts = self._try(lambda: load_prompts(file)) if file.exists() else None
        if prompts is not None:
            listed = {entry.slug for entry in prompts.graphs}
            for slug in self.slugs:
                if slug not in listed:
                    self.notes.append(f"graphs/{slug}: not on the prompt list (that is allowed)")
            for entry in prompts.graphs:
                if entry.slug not in self.slugs:
                    place = prompts.where(entry.slug)
                    self.notes.append(f"{place}: `{entry.slug}` has no graph yet")
        return prompts

    def _report_orphans(self, prompts: PromptList | None) -> None:
        known = [*self.slugs, *(entry.slug for entry in (prompts.graphs if prompts else ()))]
        for folder, ending in (("write-ups", ".md"), ("annotations", ".yaml")):
            for file in _files(self.source / folder):
                if file.suffix != ending:
                    self.problems.append(_misnamed(file, ending))
                elif file.stem not in known:
                    near = did_you_mean(file.stem, known)
                    hint = near or f"trace it, or remove {file.name}"
                    what = f"there is no graph `{file.stem}`"
                    self.problems.append(TracerError(what, hint=hint, place=Place(file)))

    def _entry(self, slug: str, prompts: PromptList | None) -> Entry | None:
        try:
            check_slug(slug)
        except ValueError as error:
            self.problems.append(TracerError(str(error), place=Place(self.folder.root / slug)))
            return None
        *older, newest = self.folder.revisions(slug)
        graph = self._try(lambda: self.folder.load(slug, newest))
        earlier = {n: self._try(partial(self.folder.load, slug, n)) for n in older}
        write_up = self._write_up(slug)
        if graph is None:
            return None
        listed = next((e for e in prompts.graphs if e.slug == slug), None) if prompts else None
        known = {n: one for n, one in earlier.items() if one is not None}
        annotations, source = self._annotations(slug, graph, newest, known)
        shared = self._shared_labels(graph)
        tags = (*(listed.tags if listed else ()), *(write_up.meta.tags if write_up else ()))
        return Entry(
            slug=slug,
            graph=graph,
            revision=newest,
            older=known,
            annotations=shared[0].added_to(annotations, graph) if shared else annotations,
            annotation_source=source,
            shared_source=shared[1] if shared else None,
            write_up=write_up,
            tags=tuple(dict.fromkeys(tags)),
        )

    def _tags(
        self, entries: list[Entry], prompts: PromptList | None
    ) -> Iterator[tuple[str, Place]]:
        if prompts is not None:
            for listed in prompts.graphs:
                place = prompts.where(listed.slug, "tags")
                yield from ((tag, place) for tag in listed.tags)
        for text in (entry.write_up for entry in entries):
            if text is not None and text.front is not None:
                for number, tag in enumerate(text.meta.tags):
                    yield tag, text.front.place(("tags", number))

    def _write_up(self, slug: str) -> MarkdownFile | None:
        file = self.source / "write-ups" / f"{slug}.md"
        return self._try(lambda: load_markdown(file)) if file.exists() else None

    def _shared_labels(self, graph: Graph) -> tuple[FeatureLabels, YamlSource] | None:
        file = labels_file(self.source, graph)
        if file is None or not file.exists():
            return None
        if file not in self._labels:
            self._labels[file] = self._try(lambda: load_feature_labels(file))
        return self._labels[file]

    def _annotations(
        self, slug: str, graph: Graph, newest: int, older: Mapping[int, Graph]
    ) -> tuple[Annotations, YamlSource | None]:
        file = self.source / "annotations" / f"{slug}.yaml"
        loaded = self._try(lambda: load_annotations(file)) if file.exists() else None
        if loaded is None:
            return Annotations(), None
        annotations, source = loaded
        self._check_revision(slug, annotations, source)
        self.problems += dangling_annotations(annotations, source, graph, newest, older)
        return annotations, source

    def _check_revision(self, slug: str, annotations: Annotations, source: YamlSource) -> None:
        known = self.folder.revisions(slug)
        if annotations.revision is not None and annotations.revision not in known:
            hint = f"there is {', '.join(map(str, known))}"
            what = f"the graph has no revision {annotations.revision}"
            place = source.place(("revision",))
            self.problems.append(TracerError(what, hint=hint, place=place))

    def _pages(self) -> dict[str, MarkdownFile]:
        pages = {}
        for file in _files(self.source / "pages"):
            if file.suffix != ".md":
                self.problems.append(_misnamed(file, ".md"))
                continue
            try:
                name = check_slug(file.stem)
            except ValueError as error:
                self.problems.append(TracerError(str(error), place=Place(file)))
                continue
            if name in RESERVED_NAMES:
                what = f"`{name}` is an address that the site itself uses"
                hint = "choose another file name"
                self.problems.append(TracerError(what, hint=hint, place=Place(file)))
            elif (page := self._try(partial(load_markdown, file))) is not None:
                pages[name] = page
        return pages


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def _misnamed(file: Path, ending: str) -> TracerError:
    hint = f"name it {file.stem}{ending}, or move it elsewhere"
    return TracerError(f"only `{ending}` files belong here", hint=hint, place=Place(file))


def _order(entry: Entry) -> tuple[bool, float, str]:
    meta = entry.meta
    order = float("inf") if meta.order is None else meta.order
    return (not meta.featured, order, entry.slug)
