"""`tracer build`: a gallery folder to a static site."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("build")
@root_option
@click.option("--out", type=click.Path(path_type=Path), help="Where to (default: ROOT/public).")
@click.option("--drafts", is_flag=True, help="Include what is marked as a draft.")
def command(root: Path, out: Path | None, drafts: bool) -> None:
    """Build the site from graphs, write-ups and annotations.

    The old site stays in place until the new one is complete.
    """
    from tracer.cli.progress import late_bar
    from tracer.site.build import build

    report = build(
        root,
        out or root / "public",
        drafts=drafts,
        track=lambda pages: late_bar(pages, "graph pages"),
    )
    graphs = f"{report.graphs} graph{'' if report.graphs == 1 else 's'}"
    size = f"{report.bytes / 1e6:.1f} MB"
    click.echo(f"{graphs}, {report.files} files, {size} in {report.out}")
