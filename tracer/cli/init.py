"""`tracer init`: a gallery of one's own."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", help="What the gallery is called.")
def command(folder: Path, title: str | None) -> None:
    """Begin a gallery in DIR, a folder that is new or empty.

    It holds one graph with a write-up, pages that explain, and files for static hosts; it builds
    as it is.
    """
    from tracer.site.starter import TITLE, start_gallery

    for name in start_gallery(folder, title=title or TITLE):
        click.echo(f"  {name}")
    click.echo(f"next: cd {folder}; tracer serve --watch")
