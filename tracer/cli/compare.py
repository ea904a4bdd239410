"""`tracer compare`: what two graphs, or two sets, share and what one has that the other has not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracer.cli.as_json import as_json, print_json
from tracer.cli.gallery_root import root_option
from tracer.errors import TracerError

if TYPE_CHECKING:
    from tracer.documents.flow_changes import FlowChange


@click.command("compare")
@click.argument("left")
@click.argument("right")
@click.option(
    "--most", type=click.IntRange(1), default=10, show_default=True, help="Lines of each."
)
@as_json
@root_option
def command(left: str, right: str, root: Path, most: int, as_json: bool) -> None:
    """Say what RIGHT gains and loses against LEFT, feature by feature, and which flows differ: two
    graphs or two sets, of prompts of one model, or of a model before and behind an edit."""
    from tracer.documents.flow_changes import BECAME
    from tracer.documents.questions import ask

    gallery = ask(root)
    found = gallery.changed(left, right)
    try:
        flows = gallery.flows_changed(left, right)
    except TracerError as error:  # of graphs that have no account
        flows, why = None, error.message
    if as_json:
        told = None if flows is None else [_plain(one) for one in flows]
        print_json({"left": left, "right": right, **asdict(found), "flows": told})
        return
    click.echo(f"{left} → {right}: {found.alike} features hardly differ")
    told_changes = {
        "gained": found.gained,
        "lost": found.lost,
        "with another sign": found.turned,
        "with another size": found.moved,
    }
    for name, changes in told_changes.items():
        click.echo(f"\n{len(changes)} {name}")
        for one in changes[:most]:
            sides = " → ".join("–" if v is None else f"{v:+.2f}" for v in (one.before, one.after))
            click.echo(f"  {one.feature:<9} {sides:<16} {', '.join(w.strip() for w in one.words)}")
    if flows is None:
        click.echo(f"\nflows are not compared: {why}")
        return
    click.echo(f"\n{len(flows)} flows between words, boxes and the answer")
    for flow in flows[:most]:
        sides = f"{flow.before:+.2f} → {flow.after:+.2f}"
        sure = ", beyond what rows differ by" if flow.apart else ""
        became = f"{BECAME[flow.became]}{sure}"
        click.echo(f"  {sides:<16} {flow.source} → {flow.target}, {became}")


def _plain(one: FlowChange) -> dict[str, Any]:
    return {**asdict(one), "by": one.by, "became": one.became}
