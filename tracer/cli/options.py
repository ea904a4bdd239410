"""Choices that both tracing commands offer."""

from __future__ import annotations

import click

DEVICES = click.Choice(["auto", "cpu", "cuda", "mps"])
PRECISIONS = click.Choice(["float32", "bf16", "fp16"])
