"""Choices that several commands offer."""

from __future__ import annotations

import click

from tracer.documents.token_id import TokenId

DEVICES = click.Choice(["auto", "cpu", "cuda", "mps"])
PRECISIONS = click.Choice(["float32", "bf16", "fp16"])


def token_named(text: str | None, token_id: int | None) -> str | TokenId | None:
    """What `--target` and `--target-id` name. Raises UsageError for both at once."""
    if text is not None and token_id is not None:
        raise click.UsageError("--target and --target-id name one token: give either")
    return text if token_id is None else TokenId(id=token_id)
