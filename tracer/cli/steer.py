"""`tracer steer`: set features of a graph, and see what the model says then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.gallery_root import root_option
from tracer.cli.needs_tracing import needs_tracing
from tracer.cli.options import ADAPTERS, DEVICES


@click.command("steer")
@click.argument("slug")
@click.option("--set", "set_", multiple=True, metavar="REF=VALUE", help="To a value; `-2x` scales.")
@click.option("--scale", multiple=True, metavar="REF=FACTOR", help="To a multiple of what it is.")
@click.option("--ablate", multiple=True, metavar="REF", help="To zero.")
@click.option(
    "--swap", multiple=True, metavar="GROUP=SLUG/GROUP", help="To another graph's values."
)
@click.option("--onwards", is_flag=True, help="Keep the values at all later positions too.")
@click.option("--watch", multiple=True, metavar="REF", help="Compare this feature's activation.")
@click.option("--generate", type=click.IntRange(1, 1000), help="Go on for so many tokens.")
@click.option("--seed", type=int, help="Sample the continuation (default: the likeliest token).")
@click.option("--freeze-attention", is_flag=True, help="Hold attention patterns.")
@click.option("--constrain", metavar="LAYERS", help="Hold these layers' MLPs, such as 5-12.")
@click.option("--direct", is_flag=True, help="Direct effects only: hold everything.")
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@click.option("--model", help="Where the graph's model is (default: as the prompt list says).")
@ADAPTERS
@click.option("--features", help="Where its features are (default: as the prompt list says).")
@click.option("--device", type=DEVICES, default="auto", show_default=True)
@as_json
@root_option
def command(slug: str, root: Path, generate: int | None, as_json: bool, **options: Any) -> None:
    """Set features of the graph SLUG in the real model, and compare what it says.

    REF is a node (22_580_14), a feature at every position that the graph shows (22_580) or a group
    of its annotations (group:italy). The model recomputes everything unless told to hold some.
    """
    needs_tracing()
    from tracer.batch.steering import steer_graph

    kinds = {"set": "set_", "scale": "scale", "ablate": "ablate", "swap": "swap"}
    done = [(kind, text) for kind, name in kinds.items() for text in options.pop(name)]
    told = print_json if as_json else None
    steer_graph(root, slug, done=done, generate=generate or 0, told=told, **options)
