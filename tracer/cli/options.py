"""Choices that several commands offer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, get_args

import click

from tracer.documents.token_id import TokenId
from tracer.documents.trace_settings import Against, Device, Precision, Remainder

DEVICES = click.Choice(get_args(Device))
PRECISIONS = click.Choice(get_args(Precision))
AGAINST = click.Choice(get_args(Against))
ADAPTERS = click.option(
    "--adapter",
    multiple=True,
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A LoRA adapter merged into the model; may be repeated.",
)
REMAINDERS = click.Choice(get_args(Remainder))


def target_ids(command: Callable[..., None]) -> Callable[..., None]:
    """`--target-id` and `--contrast-id` beside `--target` and `--contrast`, as one of each."""

    @click.option("--target-id", type=click.IntRange(0), metavar="ID", help="By its id instead.")
    @click.option(
        "--contrast-id", type=click.IntRange(0), multiple=True, metavar="ID", help="By its id."
    )
    @wraps(command)
    def with_ids(target_id: int | None, contrast_id: tuple[int, ...], **options: Any) -> None:
        if target_id is not None and options["target"] is not None:
            raise click.UsageError("--target and --target-id name one token: give either")
        if target_id is not None:
            options["target"] = TokenId(id=target_id)
        options["contrast"] = (*options["contrast"], *(TokenId(id=one) for one in contrast_id))
        command(**options)

    return with_ids
