"""Everything wrong with a gallery, told at once; the gallery stays as it is."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from tracer.errors import Place, TracerError
from tracer.site.build import Site
from tracer.site.building.building import Signature
from tracer.site.building.links import link_problems
from tracer.site.building.manifest import Record
from tracer.site.building.units import Unit
from tracer.site.checks.findings import Finding
from tracer.site.checks.review import review
from tracer.site.content.read_cache import ReadCache
from tracer.site.features.addresses import INDEX, STANDINGS
from tracer.site.survey.survey import Survey, survey


def check(root: Path) -> list[Finding]:
    """Errors, which would stop a build with drafts or without; then warnings; then notes.

    Raises TracerError only where `root` is no gallery at all.
    """
    found = survey(root, drafts=True)
    problems = {str(one): one for one in found.problems}
    notes: list[TracerError] = []
    try:
        for one in _of_pages(found, links=not problems):
            problems.setdefault(str(one), one)
        if not problems and _has_drafts(found):
            # Without its drafts, what other pages say of them leads nowhere.
            without = survey(root, drafts=False, graphs=False)
            for one in _of_pages(without, links=True):
                told = f"{one.message} in a build without drafts"
                problems[str(one)] = TracerError(told, hint=one.hint, place=one.place)
            notes = _kept_back(found, without)
        more = review(found)
    except TracerError as error:
        problems.update((str(one), one) for one in error.problems)
        more = []
    return [
        *(Finding("error", one) for one in problems.values()),
        *more,
        *(Finding("note", one) for one in notes),
    ]


def _kept_back(found: Survey, without: Survey) -> list[TracerError]:
    """Files that nobody gets to see before the drafts that use them."""
    what, hint = "only a draft uses this file", "it is published along with the draft"
    return [
        TracerError(what, hint=hint, place=Place(file))
        for address, file in found.gallery.media.items()
        if address not in without.gallery.media
    ]


def _of_pages(found: Survey, *, links: bool) -> list[TracerError]:
    """What is wrong with the pages, and with the links between them where all could be made."""
    with tempfile.TemporaryDirectory(prefix="tracer-check-") as scratch:
        return _made_pages(Site(found, ReadCache()), Path(scratch), links=links)


def _made_pages(site: Site, scratch: Path, *, links: bool) -> list[TracerError]:
    problems: list[TracerError] = []
    maker = site.maker(partial(_keep, scratch))
    records: list[Record] = []

    def stage(units: list[Unit]) -> None:
        for made in maker.make_all(units):
            problems.extend(made.problems)
            if made.record is not None:
                records.append(made.record)

    stage(site.plan.from_sources(cards=False))
    stage(site.plan.from_summaries([one.summary for one in records if one.summary]))
    made = [path for record in records for path in record.files]
    stage(site.plan.from_features(made, lambda path: (scratch / path).read_bytes()))
    # A page left out for its own fault would make every link to it look broken as well.
    if links and not problems:
        files = {path: one.links for record in records for path, one in record.files.items()}
        pages = {path: links for path, links in files.items() if links is not None}
        cards = {f"graphs/{entry.slug}/card.png" for entry in site.gallery.entries}
        problems += link_problems(pages, files.keys() | cards, site.plan.place_of)
    return problems


def _keep(scratch: Path, path: str, content: bytes) -> Signature:
    """Of what is made, only what other pages are made from is kept, for all processes."""
    if path.endswith((f"/{STANDINGS}", f"/{INDEX}")):
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        (scratch / path).write_bytes(content)
    return (0, 0, 0)


def _has_drafts(found: Survey) -> bool:
    return any(text.meta.draft for text in found.gallery.texts)
