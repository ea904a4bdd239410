"""`tracer compare`: what two graphs share and what one has that the other has not."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("compare")
@click.argument("left")
@click.argument("right")
@click.option(
    "--most", type=click.IntRange(1), default=10, show_default=True, help="Lines of each."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: docs/questions.md says what.")
@root_option
def command(left: str, right: str, root: Path, most: int, as_json: bool) -> None:
    """Say what the graph RIGHT gains and loses against LEFT, feature by feature: prompts of one
    model, or a model before and behind an edit."""
    from tracer.documents.questions import ask

    found = ask(root).changed(left, right)
    if as_json:
        click.echo(json.dumps({"left": left, "right": right, **asdict(found)}, indent=1))
        return
    click.echo(f"{left} → {right}: {found.alike} features hardly differ")
    told = {
        "gained": found.gained,
        "lost": found.lost,
        "with another sign": found.turned,
        "with another size": found.moved,
    }
    for name, changes in told.items():
        click.echo(f"\n{len(changes)} {name}")
        for one in changes[:most]:
            sides = " → ".join("–" if v is None else f"{v:+.2f}" for v in (one.before, one.after))
            click.echo(f"  {one.feature:<9} {sides:<16} {', '.join(w.strip() for w in one.words)}")
