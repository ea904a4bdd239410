"""`tracer find-examples`: where in texts the features of the gallery's graphs are active."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import ADAPTERS, DEVICES


@click.command("find-examples")
@click.argument("texts", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[TEXT…]")
@click.option("--graph", "slugs", multiple=True, metavar="SLUG", help="Only of this graph.")
@click.option(
    "--tokens", type=click.IntRange(1), help="Stop after about so many (default: read all)."
)
@click.option(
    "--most",
    type=click.IntRange(0),
    help="Of each graph only so many features, the most influential, beside those that annotations "
    "name (default: all).",
)
@click.option("--force", is_flag=True, help="Look again for features that have a record.")
@click.option("--model", help="Where the graph's model is (default: as the prompt list says).")
@ADAPTERS
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@root_option
def command(texts: tuple[Path, ...], root: Path, slugs: tuple[str, ...], **options: Any) -> None:
    """Find where in texts the features of the gallery's graphs are active.

    \b
    tracer find-examples                 in the corpus that `make corpus` fetched
    tracer find-examples my-texts/       in files of yours: a.fr.txt is French, b.py is code

    Runs each model once over the texts for all features that any graph lists, and keeps for each
    in features/: its strongest places on either side of zero and some weaker ones, how its
    activations are spread, in which languages it is strong, what it promotes, and a suggested name.

    Ctrl-C stops, and the same command goes on where it was; so it does when it was killed. Records
    are written when it is through, or when --tokens are read. The build publishes them: texts must
    be free to be quoted.
    """
    needs_tracing()
    from tracer.batch.examples import find_examples

    done = find_examples(root, texts, slugs, **options)
    for found in done:
        read = f"{found.tokens:,} tokens" + (f" ({found.again:,} earlier)" if found.again else "")
        if found.interrupted:
            click.echo(f"{found.folder}: {read} read, and kept in .tracer/")
            continue
        written = f"{found.written:,} features written, from {read}; "
        there = f"{found.there:,} had a record already (--force looks again)"
        click.echo(f"{found.folder}: {written if found.tokens else ''}{there}")
    if not done:
        click.echo("no graph here was made by tracer, so there is no model to run")
    if any(found.interrupted for found in done):
        click.echo("interrupted: the same command goes on where this one was", err=True)
        sys.exit(130)
