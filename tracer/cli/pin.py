"""`tracer pin`: the tracer that a gallery's host installs."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("pin")
@root_option
def command(root: Path) -> None:
    """Let the gallery's host install the tracer that runs here.

    Puts its wheel into `wheels/` and writes `requirements.txt` anew, with the sha256 of everything
    that is installed. `tracer init` does this for a new gallery.
    """
    from tracer.site.starter import pin_gallery

    for name in pin_gallery(root):
        click.echo(f"  {name}")
    click.echo("next: commit these two")
