"""`tracer find-examples`: where in texts of one's own a graph's features are active."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import DEVICES


@click.command("find-examples")
@click.argument("slug")
@click.argument(
    "texts",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="TEXT…",
)
@click.option(
    "--most",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="So many features beside those that annotations name, the most influential first.",
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
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@root_option
def command(slug: str, texts: tuple[Path, ...], root: Path, **options: Any) -> None:
    """Find where in TEXT, files of plain text, the features of the graph SLUG are active.

    Runs the graph's model over them and writes features/<source>/<layer>_<feature>.json: the
    strongest places, some weaker ones, how activations are spread, and what the feature promotes.
    The build publishes these files, and the viewer shows them: texts must be free to be quoted.
    """
    needs_tracing()
    from tracer.batch.examples import find_examples

    found = find_examples(root, slug, texts, **options)
    if found.written:
        where = found.written[0].parent
        click.echo(f"{len(found.written):,} features written to {where}, {found.tokens:,} tokens")
    if found.there:
        click.echo(f"{found.there:,} features had examples already (--force looks again)")
    if found.interrupted:
        click.echo("interrupted: no further texts were read", err=True)
        sys.exit(130)
