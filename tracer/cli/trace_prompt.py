"""`tracer trace`: one graph now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import ADAPTERS, AGAINST, DEVICES, PRECISIONS, REMAINDERS, target_ids
from tracer.documents.listed_settings import DEFAULT_MODEL


@click.command("trace")
@click.argument("prompt")
@click.option("--target", metavar="TOKEN", help='The answer to explain, such as " Paris".')
@click.option(
    "--contrast", multiple=True, metavar="TOKEN", help="Against this one; may be repeated."
)
@target_ids
@click.option("--target-feature", metavar="L_F_P", help="What feeds this feature, instead.")
@click.option("--position", type=int, help="The answer behind this token (1 is the first).")
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="Name, hub id or folder.")
@ADAPTERS
@click.option("--features", default="neurons", show_default=True)
@click.option("--against", type=AGAINST, help="Without a contrast: what the answer is against.")
@click.option("--remainder", type=REMAINDERS, help="What becomes of features not listed.")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@click.option("--precision", type=PRECISIONS, default="float32", show_default=True)
@click.option(
    "--allow-misfit", is_flag=True, help="Trace with features that do not reconstruct the MLPs."
)
@as_json
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the graph.")
def command(prompt: str, as_json: bool, **options: Any) -> None:
    """Trace PROMPT now and say what was found.

    Prints the likely answers, the features that support and oppose the one explained most, with
    their effects in logits, and what adds up to the answer: words, and boxes of features with the
    words that they read and push.
    """
    needs_tracing()
    from tracer.batch.single import trace_prompt

    trace_prompt(prompt, told=print_json if as_json else None, **options)
