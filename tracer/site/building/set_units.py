"""The units that are made from sets of prompts: their pages, and the files behind them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tracer.site.building.clock import phase
from tracer.site.building.units import Product, Unit
from tracer.site.content.gallery import GallerySource
from tracer.site.content.set_entries import SetEntry
from tracer.site.pages.pages import Pages
from tracer.site.sets.set_page import SetPage


def set_units(gallery: GallerySource, pages: Pages) -> Iterator[Unit]:
    """One for each set."""
    for entry in gallery.sets:
        yield Unit(
            f"set {entry.slug}", f"sets/{entry.slug}/", partial(_make, gallery, pages, entry)
        )


def _make(gallery: GallerySource, pages: Pages, entry: SetEntry) -> Product:
    gallery.prompt_set(entry.slug)  # so that the recording knows
    graphs = {key: slug for key, slug in entry.graphs.items() if gallery.entry(slug) is not None}
    page = SetPage(entry, graphs)
    with phase("sets"):
        files = {
            f"{page.folder}index.html": pages.set_page(page),
            f"{page.folder}{entry.revision}.json": entry.stored.content(),
        }
        if entry.stored_evidence is not None:
            name = entry.stored_evidence.file.name
            files[f"{page.folder}{name}"] = entry.stored_evidence.content()
    return Product(files, page.summary)
