"""What every document is made of: records that do not change once they are read.

Their validators are built when they are first used, since most commands use few of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, ValidationError

Item = TypeVar("Item")
# The first mistake ends the reading: a program's file may hold millions of the same.
Many = Annotated[tuple[Item, ...], FailFast()]


class Strict(BaseModel):
    """A record that people write: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Open(BaseModel):
    """A record that programs exchange: what is not known here passes through."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, defer_build=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, but for what was worked out from the fields: the copy may have others."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Plain(BaseModel):
    """A record of this program's own."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def first_mistake(error: ValidationError) -> str:
    """Where and what it is, for a file that a program wrote and nobody mends by hand."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
