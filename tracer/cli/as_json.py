"""`--json`, alike in every command that prints a table: one document on standard output.

Keys are only ever added; `docs/json.md` says what they mean. What is told besides goes to standard
error, as always.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import click

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document: docs/json.md says what."
)


def print_json(value: Any) -> None:
    """Dataclasses as objects, paths as texts, numbers that JSON has not as null."""
    click.echo(json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
