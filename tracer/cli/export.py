"""`tracer export`: a graph for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from tracer.cli.gallery_root import root_option
from tracer.documents.exchange.export import ENDINGS, Format, export
from tracer.errors import TracerError

HTML = "html"


@click.command("export")
@click.argument("slug")
@click.option("--format", "form", type=click.Choice([*get_args(Format), HTML]), required=True)
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--out", type=click.Path(path_type=Path), help="The file (default: named by SLUG).")
@root_option
def command(slug: str, form: str, revision: int | None, out: Path | None, root: Path) -> None:
    """Write the graph SLUG, with its annotations, for other programs.

    neuronpedia: the JSON file that Neuronpedia takes as an upload and circuit-tracer's viewer
    shows; labels, groups and pins are in it. csv: a zip file of nodes.csv and links.csv, and of
    heads.csv and looks.csv where it is known what attention heads did. html: the page with its
    viewer, as one file that needs nothing else.
    """
    from tracer.documents.files import write_atomically

    if form == HTML:
        data, ending = _page(root, slug, revision), HTML
    else:
        known: Format = "csv" if form == "csv" else "neuronpedia"
        data, ending = export(root, slug, known, revision=revision), ENDINGS[known]
    file = out or Path(f"{slug}.{ending}")
    write_atomically(file, data)
    click.echo(f"{file}: {len(data) / 1e3:,.0f} KB")


def _page(root: Path, slug: str, revision: int | None) -> bytes:
    from tracer.site.one_page import one_page

    if revision is not None:
        hint = "leave --revision out: the page is of the newest"
        raise TracerError("a page is of one revision", hint=hint)
    return one_page(root, slug).encode()
