"""`tracer changes`: a gallery's circuits before and after."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("changes")
@root_option
@click.argument(
    "before", metavar="BEFORE", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where pictures and `summary.md` go.",
)
def command(root: Path, before: Path, out: Path) -> None:
    """Say in words which circuits differ between the gallery in folder BEFORE and this one, and
    draw both sides of each."""
    from tracer.site.changes import changes

    click.echo(changes(before, root, out), nl=False)
