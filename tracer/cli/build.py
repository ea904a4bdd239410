"""`tracer build`: a gallery folder to a static site."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("build")
@root_option
@click.option("--out", type=click.Path(path_type=Path), help="Where to (default: ROOT/public).")
@click.option("--drafts", is_flag=True, help="Include what is marked as a draft.")
@click.option("--base-url", metavar="URL", help="The public address, in place of site.yaml's.")
@click.option("--strict", is_flag=True, help="Let warnings of `tracer check` stop it too.")
@click.option("--timings", is_flag=True, help="Say where the time went, over all processes.")
def command(
    root: Path, out: Path | None, drafts: bool, base_url: str | None, strict: bool, timings: bool
) -> None:
    """Build the site from graphs, write-ups and annotations.

    Only what changed is made again. The old site stays in place until the new one is complete.
    """
    # What an edit needs is imported and read, and stays: to look through it was in vain.
    gc.set_threshold(500_000, 20, 20)
    from tracer.cli.progress import late_bar
    from tracer.site.build import build

    report = build(
        root,
        out or root / "public",
        drafts=drafts,
        base_url=base_url,
        strict=strict,
        track=lambda made, total: late_bar(made, total, "pages"),
    )
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    for lack in report.unset:
        click.echo(f"warning: {lack}; give it in {root / 'site_src' / 'site.yaml'}", err=True)
    graphs, left = _counted(report.graphs, "graph"), _counted(report.drafts, "draft")
    click.echo(f"{graphs}, {report.files} files ({report.made} made anew) in {report.out}")
    if report.drafts:
        click.echo(f"{left} left out (--drafts shows them)")
    if timings:
        for name, seconds in sorted(report.seconds.items(), key=lambda item: -item[1]):
            click.echo(f"{seconds:9.3f} s  {name}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
