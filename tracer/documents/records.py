"""What every document is made of: records that do not change once they are read.

Their validators are built when they are first used, since most commands use few of them.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A record that people write: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Open(BaseModel):
    """A record that programs exchange: what is not known here passes through."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True, defer_build=True)


class Plain(BaseModel):
    """A record of this program's own."""

    model_config = ConfigDict(frozen=True, defer_build=True)
