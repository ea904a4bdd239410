"""`tracer new graph`: a prompt on the list, and files to write about it in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracer.cli.gallery_root import root_option
from tracer.cli.options import target_ids
from tracer.documents.token_id import TokenId


@click.group("new")
def command() -> None:
    """Begin something new in this gallery."""


@command.command("graph")
@click.argument("slug")
@click.option("--prompt", help="The text the model continues (asked for at a terminal).")
@click.option("--target", metavar="TOKEN", help='The answer to explain, such as " Paris".')
@click.option(
    "--contrast", multiple=True, metavar="TOKEN", help="Against this one; may be repeated."
)
@target_ids
@root_option
def graph(
    slug: str,
    prompt: str | None,
    target: str | TokenId | None,
    contrast: tuple[str | TokenId, ...],
    root: Path,
) -> None:
    """Put SLUG on the prompt list, and begin its write-up and its annotations.

    Comments in the list stay; nothing is overwritten.
    """
    from tracer.documents.new_graph import new_graph

    if prompt is None:
        if not sys.stdin.isatty():
            raise click.UsageError("give the prompt with --prompt")
        prompt = str(click.prompt("The text the model continues"))
    for file in new_graph(root, slug, prompt=prompt, target=target, contrast=contrast):
        click.echo(f"written: {file}")
    click.echo("next: `tracer build-graphs`, then `tracer serve --watch`")
