"""The option that every publishing command has."""

from __future__ import annotations

from pathlib import Path

import click

from tracer.documents.enclosure import enclose


def _enclosed(_: click.Context, __: click.Parameter, root: Path) -> Path:
    enclose(root)
    return root


root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    callback=_enclosed,
    help="The gallery's folder (default: here).",
)
