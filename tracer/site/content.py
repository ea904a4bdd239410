"""A gallery folder, read: graphs with what people write about them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from tracer.documents.annotations import Annotations, load_annotations
from tracer.documents.evidence import StoredEvidence, evidence_file
from tracer.documents.feature_examples import FeatureFolder
from tracer.documents.feature_labels import load_feature_labels
from tracer.documents.files import read_text
from tracer.documents.front_matter import FrontMatter
from tracer.documents.graph_folder import GraphFolder, StoredGraph
from tracer.documents.prompts import PromptList, load_prompts
from tracer.documents.references import check_slug
from tracer.documents.site_config import SiteConfig, load_site_config
from tracer.documents.yaml_source import YamlSource, parse_yaml
from tracer.errors import Place, Problems, TracerError, did_you_mean
from tracer.site.comparisons import compared_slugs
from tracer.site.dangling import dangling_annotations
from tracer.site.gallery import Entry, Gallery, MarkdownFile, SharedLabels
from tracer.site.media import media_files
from tracer.site.memory import Memory
from tracer.site.tags import tags_written_differently

Loaded = TypeVar("Loaded")

RESERVED_NAMES = frozenset(
    {
        *("assets", "compare", "features", "files", "graphs", "models"),
        *("pagefind", "search", "tags"),
    }
)


@dataclass(frozen=True)
class Survey:
    """What could be read of a gallery, what is wrong with the rest, and what is only odd."""

    gallery: Gallery
    problems: tuple[TracerError, ...]
    notes: tuple[TracerError, ...]
    prompts: PromptList | None = None


def load_gallery(root: Path, *, drafts: bool = False) -> Gallery:
    """Read a gallery folder. Raises Problems with every mistake, each at its place."""
    found = survey(root, drafts=drafts)
    if found.problems:
        raise Problems(found.problems)
    return found.gallery


def survey(
    root: Path, *, drafts: bool = False, graphs: bool = True, memory: Memory | None = None
) -> Survey:
    """Read as much of a gallery as can be read, and collect what is wrong with the rest.

    With `graphs=False` graphs are not opened; `check_entry` does that later, one by one. `memory`
    holds what was read before. Raises TracerError only where `root` is no gallery at all.
    """
    if not (root / "graphs").is_dir() and not (root / "site_src").is_dir():
        raise TracerError(
            "this folder is no gallery: it has neither `graphs/` nor `site_src/`",
            hint="go to a gallery's folder or name it with --root",
            place=Place(root),
        )
    found = _Reader(root, memory or Memory()).read(drafts=drafts)
    if not graphs:
        return found
    problems = {entry.slug: check_entry(entry) for entry in found.gallery.entries}
    sound = tuple(one for one in found.gallery.entries if not _broken(one))
    return Survey(
        replace(found.gallery, entries=sound),
        (*found.problems, *(one for several in problems.values() for one in several)),
        found.notes,
        found.prompts,
    )


def check_entry(entry: Entry) -> list[TracerError]:
    """What is wrong with an entry's graphs, and with what annotations say of the newest."""
    problems = _broken(entry)
    annotations, source = entry.said, entry.annotation_source
    if source is None:
        return problems
    if annotations.revision is not None and annotations.revision not in entry.revisions:
        hint = f"there is {', '.join(map(str, entry.revisions))}"
        what = f"the graph has no revision {annotations.revision}"
        problems.append(TracerError(what, hint=hint, place=source.place(("revision",))))
    if not problems:
        said = annotations, source, entry.graph, entry.revision, entry.earlier
        problems += dangling_annotations(*said)
        problems += _of_claims(entry)
    return problems


def _of_claims(entry: Entry) -> list[TracerError]:
    """Claims that name what is not there, and evidence that cannot be read."""
    problems: list[TracerError] = []
    for number in range(len(entry.said.claims)):
        try:
            entry.resolve(number, entry.graph)
        except TracerError as error:
            problems += error.problems
    return problems


def _broken(entry: Entry) -> list[TracerError]:
    problems: list[TracerError] = []
    loads: list[Callable[[], object]] = [partial(getattr, entry.stored, "graph")]
    loads += [partial(getattr, one, "graph") for one in entry.older.values()]
    loads += [partial(getattr, one, "evidence") for one in entry.evidence.values()]
    for load in loads:
        try:
            load()
        except TracerError as error:
            problems += error.problems
    return problems


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

    def __init__(self, root: Path, memory: Memory):
        self.root = root
        self.memory = memory
        self.source = root / "site_src"
        self.folder = GraphFolder(root / "graphs")
        self.slugs = self.folder.listing()
        self.problems: list[TracerError] = []
        self.notes: list[TracerError] = []
        self.labels: dict[str, SharedLabels] = {}
        self.listed_tags: dict[str, tuple[str, ...]] = {}
        self.write_ups = {file.name: file for file in _files(self.source / "write-ups")}
        self.annotations = {file.name: file for file in _files(self.source / "annotations")}
        self.features = FeatureFolder(root / "features").files()

    def read(self, *, drafts: bool) -> Survey:
        config, source = self._load(load_site_config, self.source / "site.yaml") or (
            SiteConfig(),
            None,
        )
        prompts = self._prompts()
        self._report_orphans(prompts)
        self.labels = self._feature_labels()
        self.listed_tags = {one.slug: one.tags for one in (prompts.graphs if prompts else ())}
        known = [entry for slug in self.slugs if (entry := self._entry(slug))]
        entries = [self._with_others(entry, known) for entry in known]
        pages, comparisons = self._pages(), self._comparisons()
        write_ups = [entry.write_up for entry in entries]
        texts = [*write_ups, *pages.values(), *comparisons.values()]
        shown = {entry.slug for entry in entries if drafts or not entry.meta.draft}
        self.problems += tags_written_differently(self._tags(texts, prompts))
        media, problems = media_files(self.source)
        self.problems += problems
        gallery = Gallery(
            root=self.root,
            config=config,
            config_source=source,
            entries=tuple(sorted((e for e in entries if drafts or not e.meta.draft), key=_order)),
            pages={name: page for name, page in pages.items() if drafts or not page.meta.draft},
            comparisons={
                pair: text
                for pair, text in comparisons.items()
                if set(pair.split("/")) <= shown and (drafts or not text.meta.draft)
            },
            features=self.features,
            media=media,
        )
        return Survey(gallery, tuple(self.problems), tuple(self.notes), prompts)

    def _try(self, load: Callable[[], Loaded]) -> Loaded | None:
        try:
            return load()
        except TracerError as error:
            self.problems.extend(error.problems)
            return None

    def _prompts(self) -> PromptList | None:
        file = self.source / "prompts.yaml"
        prompts = self._load(load_prompts, file) if file.exists() else None
        if prompts is not None:
            listed = {entry.slug for entry in prompts.graphs}
            for slug in self.slugs:
                if slug not in listed:
                    what, hint = "this graph is not on the prompt list", "it stays as it is"
                    place = Place(self.folder.root / slug)
                    self.notes.append(TracerError(what, hint=hint, place=place))
            for entry in prompts.graphs:
                if entry.slug not in self.slugs:
                    what, hint = f"`{entry.slug}` has no graph yet", "run `tracer build-graphs`"
                    place = prompts.where(entry.slug)
                    self.notes.append(TracerError(what, hint=hint, place=place))
        return prompts

    def _report_orphans(self, prompts: PromptList | None) -> None:
        known = {*self.slugs, *(entry.slug for entry in (prompts.graphs if prompts else ()))}
        for files, ending in ((self.write_ups, ".md"), (self.annotations, ".yaml")):
            for file in files.values():
                if file.suffix != ending:
                    self.problems.append(_misnamed(file, ending))
                elif file.stem not in known:
                    near = did_you_mean(file.stem, sorted(known))
                    hint = near or f"trace it, or remove {file.name}"
                    what = f"there is no graph `{file.stem}`"
                    self.problems.append(TracerError(what, hint=hint, place=Place(file)))

    def _entry(self, slug: str) -> Entry | None:
        try:
            check_slug(slug)
        except ValueError as error:
            self.problems.append(TracerError(str(error), place=Place(self.folder.root / slug)))
            return None
        stored = {n: self._stored(slug, n) for n in self.slugs[slug]}
        write_up, (annotations, source) = self._write_up(slug), self._annotations(slug)
        known = {n: one for n, one in stored.items() if one is not None}
        if len(known) < len(stored):
            return None
        newest = max(known)
        tags = (*self.listed_tags.get(slug, ()), *(write_up.meta.tags if write_up else ()))
        return Entry(
            slug=slug,
            stored=known.pop(newest),
            revision=newest,
            older=known,
            said=annotations,
            annotation_source=source,
            labels=self.labels,
            write_up=write_up,
            tags=tuple(dict.fromkeys(tags)),
            examples={source: tuple(keys) for source, keys in self.features.items()},
            evidence=self._evidence(slug),
        )

    def _with_others(self, entry: Entry, known: Iterable[Entry]) -> Entry:
        """The entry with the graphs that its claims name."""
        named = {claim.swap.with_.graph for claim in entry.said.claims if claim.swap is not None}
        if not named:
            return self.memory.same(entry.slug, entry)
        others = {one.slug: (one.stored, one.said) for one in known if one.slug in named}
        return self.memory.same(entry.slug, replace(entry, others=others))

    def _evidence(self, slug: str) -> dict[int, StoredEvidence]:
        """By revision."""
        files = {n: evidence_file(self.folder.path(slug, n)) for n in self.slugs[slug]}
        stored = {n: self._load(StoredEvidence, file) for n, file in files.items() if file.exists()}
        return {n: one for n, one in stored.items() if one is not None}

    def _stored(self, slug: str, revision: int) -> StoredGraph | None:
        return self._load(StoredGraph, self.folder.path(slug, revision))

    def _load(self, loader: Callable[[Path], Loaded], file: Path) -> Loaded | None:
        return self._try(partial(self.memory.load, loader, file))

    def _tags(
        self, texts: Iterable[MarkdownFile | None], prompts: PromptList | None
    ) -> Iterator[tuple[str, Place]]:
        if prompts is not None:
            for listed in prompts.graphs:
                place = prompts.where(listed.slug, "tags")
                yield from ((tag, place) for tag in listed.tags)
        for text in texts:
            if text is not None and text.front is not None:
                for number, tag in enumerate(text.meta.tags):
                    yield tag, text.front.place(("tags", number))

    def _write_up(self, slug: str) -> MarkdownFile | None:
        file = self.write_ups.get(f"{slug}.md")
        return self._load(load_markdown, file) if file else None

    def _annotations(self, slug: str) -> tuple[Annotations, YamlSource | None]:
        file = self.annotations.get(f"{slug}.yaml")
        loaded = self._load(load_annotations, file) if file else None
        return loaded or (Annotations(), None)

    def _feature_labels(self) -> dict[str, SharedLabels]:
        """By feature source, as the files are called."""
        found = {}
        for file in _files(self.source / "labels"):
            if file.suffix != ".yaml":
                self.problems.append(_misnamed(file, ".yaml"))
            elif (loaded := self._load(load_feature_labels, file)) is not None:
                found[file.stem] = loaded
        return found

    def _comparisons(self) -> dict[str, MarkdownFile]:
        found = {}
        for file in _files(self.source / "comparisons"):
            pair = self._try(partial(compared_slugs, file, self.slugs))
            text = self._load(load_markdown, file)
            if pair is not None and text is not None:
                found["/".join(pair)] = text
        return found

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
            elif (page := self._load(load_markdown, file)) is not None:
                pages[name] = page
        return pages


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))
    return [folder / name for name in names]


def _misnamed(file: Path, ending: str) -> TracerError:
    hint = f"name it {file.stem}{ending}, or move it elsewhere"
    return TracerError(f"only `{ending}` files belong here", hint=hint, place=Place(file))


def _order(entry: Entry) -> tuple[bool, float, str]:
    meta = entry.meta
    order = float("inf") if meta.order is None else meta.order
    return (not meta.featured, order, entry.slug)
