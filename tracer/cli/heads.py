"""`tracer heads`: which attention heads carried an answer from word to word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tracer.cli.as_json import as_json
from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import DEVICES


@click.command("heads")
@click.argument("slug")
@click.option(
    "--most",
    type=click.IntRange(1, 200),
    default=10,
    show_default=True,
    help="Try so many looks of heads, the strongest.",
)
@click.option(
    "--link",
    nargs=2,
    metavar="SOURCE TARGET",
    help="Share out one link: nodes or groups at its ends, or `answer` at the second.",
)
@click.option(
    "--why",
    nargs=3,
    type=(str, int, int),
    metavar="HEAD FROM TO",
    help="Say why a head, such as 23.4, looks at token FROM, from token TO.",
)
@click.option("--write", is_flag=True, help="Store it beside the graph, where its page shows it.")
@as_json
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--model", help="Where the graph's model is (default: as the prompt list says).")
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@root_option
def command(slug: str, root: Path, **options: Any) -> None:
    """Say which attention heads carried the answer of the graph SLUG from word to word.

    What runs between groups, and from words to the answer, is shared out exactly among the heads
    that moved it, patterns frozen. Then the strongest looks, a head at one word looking at
    another, are taken away in the real model, one by one, beside other heads of the same layer
    that look there at least as much.
    """
    needs_tracing()
    from tracer.batch.heads import heads_of_graph

    heads_of_graph(root, slug, **options)
