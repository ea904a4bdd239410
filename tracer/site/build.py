"""From a gallery folder to a static site: only what changed is made, and all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from pydantic import ValidationError

from tracer.documents.enclosure import names_in
from tracer.documents.files import read_text
from tracer.documents.site_config import SiteConfig
from tracer.errors import Problems, TracerError
from tracer.site.building.building import Building, Signature
from tracer.site.building.clock import phase, taken
from tracer.site.building.fingerprint import code_fingerprint, fingerprint
from tracer.site.building.links import link_problems
from tracer.site.building.make import Made, Maker, Write
from tracer.site.building.manifest import (
    MadeFile,
    Manifest,
    Record,
    load_manifest,
    manifest_file,
    save_manifest,
)
from tracer.site.building.output import OutputFolder
from tracer.site.building.plan import Plan
from tracer.site.building.recording import Recording
from tracer.site.building.units import Product, Unit
from tracer.site.content.assets import load_assets
from tracer.site.content.gallery import Gallery
from tracer.site.content.read_cache import ReadCache
from tracer.site.content.resources import resource_files, resource_folders
from tracer.site.survey.survey import Survey, survey

Track = Callable[[Iterable[Made], int], Iterable[Made]]


@dataclass(frozen=True)
class BuildReport:
    """What a build made; `made` of its `files` were made afresh."""

    out: Path
    graphs: int
    files: int
    made: int
    drafts: int = 0  # left out
    notes: tuple[TracerError, ...] = ()
    warnings: tuple[TracerError, ...] = ()  # of what is left out; `check` has more
    unset: tuple[str, ...] = ()  # settings that a public gallery wants, and why
    seconds: dict[str, float] = field(default_factory=dict)


class Site:
    """A gallery as it was found, and what is needed to make any part of its site."""

    def __init__(self, found: Survey, read_cache: ReadCache, *, base_url: str | None = None):
        gallery = _at(found.gallery, base_url)
        root, theme = gallery.root, gallery.config.theme.stylesheet()
        load = partial(load_assets, root, theme=theme, read_cache=read_cache)
        assets = read_cache.recall("assets", load, theme, resource_folders("assets", root))
        read = partial(_templates, root, read_cache)
        templates = read_cache.recall("templates", read, resource_folders("templates", root))
        self.gallery = gallery
        self.recording = Recording(gallery)
        self.plan = Plan(self.recording, assets, read_cache, templates)
        self._base = fingerprint([_code(), templates, assets.folder])

    def maker(self, write: Write) -> Maker:
        return Maker(self.recording, self._base, self.plan.base_path, write)


def build(
    root: Path,
    out: Path,
    *,
    drafts: bool = False,
    base_url: str | None = None,
    strict: bool = False,
    read_cache: ReadCache | None = None,
    processes: int = 0,
    reindex: bool = True,
    track: Track = lambda made, total: made,
) -> BuildReport:
    """Build the gallery at `root` into the folder `out`; the old site stays until all is done.

    `base_url` takes the place of the configured one, `strict` makes warnings errors, `track` sees
    units as they are made, `processes` is how many there may be (0: as many as the machine has
    processors); without `reindex` a search index that is there is good enough. Raises Problems
    with every mistake.
    """
    taken()
    read_cache = read_cache or ReadCache()
    file = manifest_file(root, out)
    output = OutputFolder(out, gallery=root, spare=file.with_suffix(""))
    with output.alone():
        with phase("read sources"):
            present = output.check()
            site, found = _site(root, read_cache, drafts=drafts, base_url=base_url, strict=strict)
            if site.gallery.config.search:
                from tracer.site.pages.search import check_search  # which not every site needs

                check_search()
        with phase("read what was made"):
            known = load_manifest(file)
        with output.replace(present) as building:
            job = _Job(site, building, known, present, processes, reindex)
            job.run(track)
            with phase("check links"):
                job.raise_problems()
        save_manifest(file, job.manifest)
    return BuildReport(
        out=out,
        graphs=len(site.gallery.entries),
        files=len(building.paths) - 1,
        made=job.made_files,
        notes=found.notes,
        warnings=found.warnings,
        drafts=found.drafts,
        unset=site.gallery.config.unset,
        seconds=taken(),
    )


class _Job:
    """One build: takes over what is fresh, makes the rest."""

    def __init__(
        self,
        site: Site,
        building: Building,
        known: Manifest,
        present: dict[str, Signature],
        processes: int,
        reindex: bool,
    ):
        self.manifest = Manifest(units={})
        self.made_files = 0
        self._site = site
        self._building = building
        self._known = known.units
        self._present = present
        self._processes = processes
        self._reindex = reindex
        self._problems: dict[str, tuple[TracerError, ...]] = {}
        self._maker = site.maker(building.write)

    def run(self, track: Track) -> None:
        """Stage by stage; a later one needs what an earlier one says."""
        plan = self._site.plan
        first = plan.from_sources()
        self._stage(first, track)
        if self._problems:
            return
        records = (self.manifest.units[unit.name] for unit in first)
        summaries = [record.summary for record in records if record.summary]
        self._stage(plan.from_summaries(summaries), lambda made, total: made)
        paths = list(self._files())
        folder = self._building.folder
        units = plan.from_features(paths, lambda path: (folder / path).read_bytes())
        self._stage(units, lambda made, total: made)
        pages = {path: one.digest for path, one in self._files().items() if one.links is not None}
        if self._site.gallery.config.search:
            make = partial(self._search, self._building.folder)
            search = Unit("search", "pagefind/", make, fingerprint(sorted(pages.items())))
            self._stage([search], lambda made, total: made)

    def raise_problems(self) -> None:
        """Raises Problems with whatever is wrong, in the order of the gallery."""
        if not self._problems:
            files = self._files()
            pages = {path: one.links for path, one in files.items() if one.links is not None}
            self._problems["links"] = tuple(link_problems(pages, files, self._site.plan.place_of))
        problems = [one for several in self._problems.values() for one in several]
        if problems:
            raise Problems(problems)

    def _files(self) -> dict[str, MadeFile]:
        return {
            p: one for record in self.manifest.units.values() for p, one in record.files.items()
        }

    def _stage(self, units: list[Unit], track: Track) -> None:
        with phase("take over"):
            stale = [unit for unit in units if not self._take_over(unit)]
        found: dict[str, Record] = {}
        wrong: dict[str, tuple[TracerError, ...]] = {}
        for made in track(self._maker.make_all(stale, self._processes), len(stale)):
            if made.record is None:
                wrong[made.unit.name] = made.problems
            else:
                found[made.unit.name] = made.record
                self._building.paths.update(made.record.files)
                self.made_files += len(made.record.files)
        for unit in stale:
            if unit.name in found:
                self.manifest.units[unit.name] = found[unit.name]
            else:
                self._problems[unit.name] = wrong[unit.name]

    def _search(self, folder: Path) -> Product:
        from tracer.site.pages.search import search_index

        with phase("search index"):
            self._building.tidy(".html")
            return Product(search_index(folder))

    def _take_over(self, unit: Unit) -> bool:
        record = self._known.get(unit.name)
        if record is None:
            return False
        good_enough = unit.name == "search" and not self._reindex
        if not good_enough and not self._maker.fresh(unit, record):
            return False
        if any(self._present.get(p) != one.signature for p, one in record.files.items()):
            return False
        for path in record.files:
            self._building.keep(path)
        self.manifest.units[unit.name] = record
        return True


def _site(
    root: Path, read_cache: ReadCache, *, drafts: bool, base_url: str | None, strict: bool
) -> tuple[Site, Survey]:
    """The gallery as it is now, and what was read of it. Raises Problems with every mistake."""
    with read_cache.looking():
        found = survey(root, drafts=drafts, graphs=False, read_cache=read_cache)
        if found.problems:
            # What is wrong inside graphs is told along with the rest.
            raise Problems(survey(root, drafts=drafts, read_cache=read_cache).problems)
        if strict:
            _refuse_warnings(found)
        return Site(found, read_cache, base_url=base_url), found


def _refuse_warnings(found: Survey) -> None:
    from tracer.site.checks.review import (
        review,  # which few builds need, and which knows everything
    )

    if warnings := [one.problem for one in review(found) if one.level == "warning"]:
        raise Problems(warnings)


def _at(gallery: Gallery, base_url: str | None) -> Gallery:
    """The gallery as if `site.yaml` gave this address."""
    if base_url is None:
        return gallery
    fields = {**gallery.config.model_dump(), "base_url": base_url}
    try:
        config = SiteConfig.model_validate(fields)
    except ValidationError:
        hint = "an address like https://example.org/gallery"
        raise TracerError(f"--base-url {base_url} is no web address", hint=hint) from None
    return replace(gallery, config=config)


def _templates(root: Path, read_cache: ReadCache) -> str:
    files = resource_files("templates", root, partial(read_cache.load, names_in))
    return fingerprint({name: read_cache.load(read_text, file) for name, file in files.items()})


_code = cache(code_fingerprint)
