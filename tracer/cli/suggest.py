"""`tracer suggest`: annotations to begin from."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option


@click.command("suggest")
@click.argument("slug")
@click.option("--out", type=click.Path(path_type=Path), help="Where to (default: its annotations).")
@click.option("--revision", type=click.IntRange(1), help="Which one (default: the newest).")
@root_option
def command(slug: str, root: Path, out: Path | None, revision: int | None) -> None:
    """Write a draft of annotations for the graph SLUG, for a person to edit.

    Names by rule of its strongest features, groups of features that read and push alike, and
    claims worth testing. What is there already is never overwritten.
    """
    from tracer.documents.drafted import write_draft

    file = write_draft(root, slug, out, revision)
    click.echo(f"{file}: edit it, then `tracer check` and `tracer verify {slug}`")
