"""`tracer serve`: the site on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracer.cli.gallery_root import root_option
from tracer.errors import TracerError

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


@click.command("serve")
@root_option
@click.option("--watch", is_flag=True, help="Rebuild and reload when a file changes; shows drafts.")
@click.option("--workbench/--no-workbench", default=True, help="With --watch: trace and poke, too.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free from 8000.")
@click.option("--host", help="Where to listen (default: 127.0.0.1); 0.0.0.0 in a container.")
@click.option("--allow-host", multiple=True, help="A name to answer to, besides localhost's.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the site is (default: public).")
def command(
    root: Path,
    watch: bool,
    workbench: bool,
    port: int | None,
    host: str | None,
    allow_host: tuple[str, ...],
    out: Path | None,
) -> None:
    """Build the site and serve it, to this machine only unless --host says otherwise. Ctrl-C
    ends it."""
    from tracer.serve import HOST, address, allowed_names, listen, make_app, serve, warning
    from tracer.site.build import build
    from tracer.site.preview import Preview

    host = host or HOST
    names = allowed_names(host, allow_host)
    folder = out or root / ("public" if not watch else ".tracer/preview")
    if not watch:
        build(root, folder)
    listener = listen(port, host)
    click.echo(f"{address(listener, host)}  (Ctrl-C to end)")
    if told := warning(host, allow_host, drafts=watch):
        click.echo(f"{click.style('note:', fg='blue')} {told}")
    preview = Preview(root, folder) if watch else None
    more = _workbench(root, address(listener, host)) if watch and workbench else []
    app = make_app(folder, gallery=root, preview=preview, tell=click.echo, names=names, more=more)
    serve(listener, app)


def _workbench(root: Path, home: str) -> list[BaseRoute]:
    """Where prompts are traced and poked, if what traces is installed; else a line that says how to
    get it."""
    from tracer.cli.needs_tracing import needs_tracing
    from tracer.serve import told

    try:
        needs_tracing()
    except TracerError as error:
        return told("/workbench/", str(error))
    from tracer.workbench.app import Gate, Later, routes

    def tell(token: str) -> None:
        click.echo(f"{home}workbench/#{token}  (the workbench; for one browser)")

    gate = Gate(tell)
    tell(gate.token)
    bench = Later(root)
    bench.prepare()
    return routes(root, gate, bench)
