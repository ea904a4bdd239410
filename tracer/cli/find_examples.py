"""`tracer find-examples`: where in texts of one's own a graph's features are active."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import ADAPTERS, DEVICES


@click.command("find-examples")
@click.argument(
    "texts",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="TEXT…",
)
@click.option("--graph", "slugs", multiple=True, metavar="SLUG", help="Only of this graph.")
@click.option(
    "--most",
    type=click.IntRange(0),
    default=50,
    show_default=True,
    help="So many features a graph beside those that annotations name, the most influential.",
)
@click.option(
    "--tokens",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="Read at most so many.",
)
@click.option("--force", is_flag=True, help="Look again for features that have examples.")
@click.option("--model", help="Where the graph's model is (default: as the prompt list says).")
@ADAPTERS
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@root_option
def command(texts: tuple[Path, ...], root: Path, slugs: tuple[str, ...], **options: Any) -> None:
    """Find where in TEXT, files of plain text, the features of the gallery's graphs are active.

    Runs the graphs' models over them and writes features/<source>/<layer>_<feature>.json: the
    strongest places, some weaker ones, how activations are spread, and what the feature promotes.
    The build publishes these files, and the viewer shows them: texts must be free to be quoted.
    """
    needs_tracing()
    from tracer.batch.examples import find_examples

    done = find_examples(root, texts, slugs, **options)
    for found in done:
        written = f"{found.written:,} features written, from {found.tokens:,} tokens; "
        there = f"{found.there:,} had examples already (--force looks again)"
        click.echo(f"{found.folder}: {written if found.tokens else ''}{there}")
    if not done:
        click.echo("no graph here was made by tracer, so there is no model to run")
    if any(found.interrupted for found in done):
        click.echo("interrupted: no further texts were read", err=True)
        sys.exit(130)
