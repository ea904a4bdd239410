"""`tracer serve`: the site on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("serve")
@root_option
@click.option("--watch", is_flag=True, help="Rebuild and reload when a file changes; shows drafts.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free from 8000.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the site is (default: public).")
def command(root: Path, watch: bool, port: int | None, out: Path | None) -> None:
    """Build the site and serve it to this machine only. Ctrl-C ends it."""
    from tracer.serve import HOST, listen, make_app, serve
    from tracer.site.build import build
    from tracer.site.preview import Preview

    folder = out or root / ("public" if not watch else ".tracer/preview")
    if not watch:
        build(root, folder)
    listener = listen(port)
    click.echo(f"http://{HOST}:{listener.getsockname()[1]}/  (Ctrl-C to end)")
    preview = Preview(root, folder) if watch else None
    serve(listener, make_app(folder, gallery=root, preview=preview, tell=click.echo))
