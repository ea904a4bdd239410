"""`tracer schema`: JSON Schemas for editors and other programs."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.cli.gallery_root import root_option
from tracer.documents.schemas import DOCUMENTS, schema_text, write_schemas


@click.command("schema")
@click.argument("document", type=click.Choice(list(DOCUMENTS)), required=False)
@click.option("--write", is_flag=True, help="Write those that editors use into the gallery.")
@root_option
def command(document: str | None, write: bool, root: Path) -> None:
    """Print the JSON Schema of DOCUMENT, or write all that a gallery's YAML needs.

    With --write they go to site_src/schemas/, where the line that begins each YAML file,
    `# yaml-language-server: $schema=…`, lets editors complete and check from them.
    """
    if document is None and not write:
        raise click.UsageError(f"name one of {', '.join(DOCUMENTS)}, or give --write")
    if document is not None:
        click.echo(schema_text(document), nl=False)
    if write:
        for file in write_schemas(root):
            click.echo(f"written: {file}", err=document is not None)
