"""Attention heads as people name them: `23.4` is head 4 of layer 23."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

_HEAD = re.compile(r"(?:0|[1-9][0-9]{0,3})\.(?:0|[1-9][0-9]{0,3})\Z")
PREFIX = "head:"


@dataclass(frozen=True, order=True)
class Head:
    """Both count from 0."""

    layer: int
    head: int

    def __str__(self) -> str:
        return f"{self.layer}.{self.head}"

    @staticmethod
    def parse(text: str) -> Head:
        """`23.4`, or `head:23.4` as notes and links have it.

        >>> str(Head.parse("head:23.4"))
        '23.4'

        Raises ValueError for anything else.
        """
        name = text.removeprefix(PREFIX)
        if not _HEAD.match(name):
            raise ValueError('a head is layer.head, in quotes, such as "23.4"')
        layer, head = map(int, name.split("."))
        return Head(layer, head)


def _quoted(found: Any) -> Any:
    # A number would lose the zero of head 10, and 23.10 be 23.1.
    if isinstance(found, int | float):
        raise ValueError(f'a head is text, in quotes: "{found}"')
    return found


def _checked(text: str) -> str:
    return str(Head.parse(text))


HeadName = Annotated[str, BeforeValidator(_quoted), AfterValidator(_checked)]
