"""`tracer export`: a graph for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from tracer.cli.gallery_root import root_option
from tracer.documents.exchange.export import ENDINGS, Format, export


@click.command("export")
@click.argument("slug")
@click.option("--format", "form", type=click.Choice(get_args(Format)), required=True)
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--out", type=click.Path(path_type=Path), help="The file (default: named by SLUG).")
@root_option
def command(slug: str, form: Format, revision: int | None, out: Path | None, root: Path) -> None:
    """Write the graph SLUG, with its annotations, for other programs.

    neuronpedia: the JSON file that Neuronpedia takes as an upload and circuit-tracer's viewer
    shows; labels, groups and pins are in it. csv: a zip file of nodes.csv and links.csv.
    """
    from tracer.documents.files import write_atomically

    data = export(root, slug, form, revision=revision)
    file = out or Path(f"{slug}.{ENDINGS[form]}")
    write_atomically(file, data)
    click.echo(f"{file}: {len(data) / 1e3:,.0f} KB")
