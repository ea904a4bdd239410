"""`tracer sets`: what holds for many prompts of one kind, in words or as JSON."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.as_json import as_json
from tracer.cli.gallery_root import root_option


@click.command("sets")
@click.argument("slug", required=False)
@click.option(
    "--most", type=click.IntRange(1), default=20, show_default=True, help="Lines a table."
)
@as_json
@root_option
def command(slug: str | None, root: Path, most: int, as_json: bool) -> None:
    """List the sets there are; or say of the set SLUG which neurons nearly always take part, what
    flows between words, which rows work otherwise and which the model does not answer."""
    from tracer.documents.set_folder import SetFolder
    from tracer.documents.set_words import json_of, json_of_all, say_all, say_set
    from tracer.errors import TracerError, did_you_mean

    folder = SetFolder(root / "sets")
    known = folder.slugs()
    if slug is None:
        found = [folder.load(one, folder.revisions(one)[-1]) for one in known]
        click.echo(json_of_all(found) if as_json else say_all(found))
        return
    latest = folder.latest(slug) if slug in known else None
    if latest is None:
        hint = did_you_mean(slug, known) or "run `tracer build-graphs`, or `tracer sets` for a list"
        raise TracerError(f"there is no set `{slug}`", hint=hint)
    account = folder.load(slug, latest)
    click.echo(json_of(account) if as_json else say_set(account, most))
