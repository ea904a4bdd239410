"""`tracer check`: everything a reviewer would catch, before a reviewer sees it."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("check")
@root_option
def command(root: Path) -> None:
    """Find mistakes in everything people write, with file:line:col.

    Errors would stop a build, and end this with status 1. Notes are only worth knowing.
    """
    from tracer.errors import Problems
    from tracer.site.build import check

    report = check(root)
    for note in report.notes:
        click.echo(f"{click.style('note:', fg='blue')} {note}")
    if report.problems:
        raise Problems(report.problems)
    click.echo("No mistakes found.")
