"""`tracer init`: a gallery of one's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", help="What the gallery is called.")
@click.option("--base-url", metavar="URL", help="Where it will be seen; asked for at a terminal.")
@click.option("--repository", metavar="URL", help="Where changes are proposed; likewise.")
def command(folder: Path, title: str | None, base_url: str | None, repository: str | None) -> None:
    """Begin a gallery in DIR, a folder that is new or empty.

    It holds one graph with a write-up, pages that explain, and files for static hosts; it builds
    as it is.
    """
    from tracer.documents.site_config import SiteConfig
    from tracer.site.starter import TITLE, start_gallery

    base_url = base_url or _asked("The public address, such as https://example.org/gallery")
    repository = repository or _asked("The repository that changes are proposed to")
    made = start_gallery(folder, title=title or TITLE, base_url=base_url, repository=repository)
    for name in made:
        click.echo(f"  {name}")
    for lack in SiteConfig(base_url=base_url, repository=repository).unset:
        click.echo(f"warning: {lack}; give it in {folder / 'site_src' / 'site.yaml'}", err=True)
    click.echo(f"next: cd {folder}; tracer serve --watch")


def _asked(what: str) -> str | None:
    """An answer that may be left out; nobody is asked where nobody could answer."""
    if not sys.stdin.isatty():
        return None
    return str(click.prompt(what, default="", show_default=False)).strip() or None
