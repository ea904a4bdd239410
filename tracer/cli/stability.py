"""`tracer stability`: how much of a graph survives small changes of its question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import DEVICES


@click.command("stability")
@click.argument("slug")
@click.option(
    "--paraphrase",
    "paraphrases",
    multiple=True,
    metavar="PROMPT",
    help="The question in other words, with the same answer; may be repeated.",
)
@click.option(
    "--most", type=click.IntRange(1), default=10, show_default=True, help="Name so many as faint."
)
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--model", help="Where the graph's model is (default: as the prompt list says).")
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--write", is_flag=True, help="Store it beside the graph, where its page draws it.")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@as_json
@root_option
def command(slug: str, root: Path, as_json: bool, **options: Any) -> None:
    """Say how much of the graph SLUG survives when its question changes a little.

    It is traced again with fewer features listed, in `fast` precision, against alternatives drawn
    from the likely answers, and in other words. A feature survives if it is listed then too, with
    the same sign and between half and twice the size.
    """
    needs_tracing()
    from tracer.batch.stability import stability_of_graph

    stability_of_graph(root, slug, told=print_json if as_json else None, **options)
